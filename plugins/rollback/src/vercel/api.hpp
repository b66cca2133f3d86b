// SPDX-License-Identifier: Apache-2.0
//
// Api: Vercel's REST API as far as going back needs it: a request with its tries, and every refusal in words. Knows
// nothing of what is asked for. Made for one call into the stage; stage thread.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <tidegate/retries.hpp>
#include <tidegate/services.hpp>
#include <utility>
#include <vector>

namespace tidegate::rollback::vercel {

using Json = nlohmann::json;

struct Account {
  std::string token, project, team;  ///< team: an id (team_…), a slug, or empty
  std::string base_url;              ///< ends with '/'
  std::int64_t request_timeout_ms = 10'000;
  std::uint32_t attempts = 3;
  std::int64_t wait_ms = 180'000, every_ms = 2'000;  ///< for the outcome of a rollback
};

using Query = std::vector<std::pair<std::string, std::string>>;

class Api {
 public:
  Api(sdk::Host host, Account account) : host_(host), account_(std::move(account)) {}
  [[nodiscard]] const Account& account() const { return account_; }

  /// The object that it answers with.
  sdk::Result<Json> get(const std::string& path, Query query, std::uint32_t attempts);
  /// Whatever it answers, as long as it took it.
  /// `before_again`: asked before each further try; its error ends them.
  sdk::Result<void> post(const std::string& path, Query query, const std::function<sdk::Result<void>()>& before_again);

 private:
  sdk::Result<sdk::HttpResponse> send(const char* method, const std::string& path, Query query, std::uint32_t attempts,
                                      const std::function<sdk::Result<void>()>& before_again = {});
  sdk::Host host_;
  Account account_;
};

/// For a path or a query.
std::string percent_encoded(std::string_view text);

/// A refusal, by HTTP status and Vercel's own words.
sdk::Error refusal(std::int32_t code, const std::string& body);

/// A text member; "" when there is none.
std::string text_in(const Json& object, const char* key);

}  // namespace tidegate::rollback::vercel
