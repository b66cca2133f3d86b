// SPDX-License-Identifier: Apache-2.0
//
// Platform: what serves one of several deployments of an application, and can be told to serve an earlier one again. One
// implementation a platform; it knows nothing of runs. Made for one call into the stage; stage thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tidegate/result.hpp>
#include <vector>

namespace tidegate::deployment {

struct Deployment {
  std::string id;
  std::string url;                     ///< its own host name, without a scheme; empty: not known
  std::int64_t created = 0;            ///< the platform's own measure; 0: not known
  std::vector<std::string> also = {};  ///< what else it is known by: its commit, its images
};

/// What is different after going back, and how to have it as it was.
struct Aftermath {
  std::string message, fix;
};

class Platform {
 public:
  Platform() = default;
  virtual ~Platform() = default;
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  /// "Vercel"
  [[nodiscard]] virtual std::string name() const = 0;
  /// What serves production now; nullopt: nothing does.
  virtual sdk::Result<std::optional<Deployment>> live() = 0;
  /// What served it before `live`, and can again; nullopt: nothing did.
  virtual sdk::Result<std::optional<Deployment>> previous(const Deployment& live) = 0;
  /// Asks for it, and waits until it is so.
  virtual sdk::Result<void> go_back(const Deployment& to) = 0;
  [[nodiscard]] virtual Aftermath aftermath(const Deployment& from) const = 0;
};

}  // namespace tidegate::deployment
