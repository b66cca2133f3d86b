// SPDX-License-Identifier: Apache-2.0
//
// What the checks found in one look, before it is settled what becomes of it; and their settings. Stage thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/services.hpp>
#include <vector>

#include "live/targets.hpp"

namespace tidegate::safety {

enum class Level { info, warn, wait, block };

struct Notice {
  Level level = Level::warn;
  std::string rule;
  std::string message;
  std::string fix;
  Place place = {};
  std::vector<std::string> blockers = {};  ///< who, in words
  std::string relation = {};               ///< and `lock`: what the pending SQL takes there
  migrations::Lock lock = migrations::Lock::none;
};

/// `action` and the limits of each check, by the name of its setting. A check that is not set is ignored, so that what
/// plugin.toml says is all there is.
class Settings {
 public:
  explicit Settings(sdk::Host host) : host_(host) {}
  [[nodiscard]] bool wanted(std::string_view check) const;
  /// What becomes of a finding beyond the check's limit.
  [[nodiscard]] Level action(std::string_view check) const;
  [[nodiscard]] std::int64_t number(std::string_view check, std::string_view limit) const;
  [[nodiscard]] std::string text(std::string_view check, std::string_view key) const;
  [[nodiscard]] std::int64_t plain(std::string_view name) const { return host_.integer(name); }

 private:
  sdk::Host host_;
};

/// "long_transaction" is the setting of the rule "long-transaction".
std::string rule_of(std::string_view check);
std::string check_of(std::string_view rule);

}  // namespace tidegate::safety
