// SPDX-License-Identifier: Apache-2.0
//
// Vercel's REST API: the shared Api with Vercel's own refusals in words, and the team in each request. Made for one call
// into the stage; stage thread.
#pragma once
#include <utility>

#include "http_api.hpp"

namespace tidegate::deployment::vercel {

struct Account {
  std::string token, project, team;  ///< team: an id (team_…), a slug, or empty
  std::string base_url;              ///< ends with '/'
  std::int64_t request_timeout_ms = 10'000;
  std::uint32_t attempts = 3;
  std::int64_t wait_ms = 180'000, every_ms = 2'000;  ///< for the outcome of a rollback
};

using Query = std::vector<std::pair<std::string, std::string>>;

class VercelApi {
 public:
  VercelApi(sdk::Host host, Account account);
  [[nodiscard]] const Account& account() const { return account_; }

  /// The object that it answers with.
  sdk::Result<Json> get(const std::string& path, Query query, std::uint32_t attempts);
  /// Whatever it answers, as long as it took it. `before_again`: see Api::post.
  sdk::Result<void> post(const std::string& path, Query query, const std::function<sdk::Result<void>()>& before_again);

 private:
  [[nodiscard]] std::string with(const std::string& path, Query query) const;
  Account account_;
  Api api_;
};

}  // namespace tidegate::deployment::vercel
