// SPDX-License-Identifier: Apache-2.0
//
// Seams to the world that the layers read through, so that tests can put their own in place: environment variables,
// whole files, the monotonic clock. The real ones are stateless: any thread.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tidegate::base {

/// Looks up an environment variable; the empty string counts as unset (platforms set empty ones).
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();

/// The whole file, byte for byte. not_found when there is none; otherwise failed with the system's reason.
Result<std::string> read_file(const std::string& path);

using Clock = std::chrono::steady_clock;

/// A point in time after which work must end; the default one never comes.
class Deadline {
 public:
  Deadline() = default;
  explicit Deadline(Clock::time_point at) : at_(at) {}
  static Deadline in(std::chrono::milliseconds span) { return Deadline(Clock::now() + span); }
  [[nodiscard]] bool never() const { return at_ == Clock::time_point::max(); }
  [[nodiscard]] bool over() const { return !never() && Clock::now() >= at_; }
  /// Milliseconds left, not below 0; INT64_MAX when it never comes.
  [[nodiscard]] std::int64_t remaining_ms() const;
  [[nodiscard]] Deadline sooner(Deadline other) const { return other.at_ < at_ ? other : *this; }
  [[nodiscard]] Clock::time_point at() const { return at_; }

 private:
  Clock::time_point at_ = Clock::time_point::max();
};

}  // namespace tidegate::base
