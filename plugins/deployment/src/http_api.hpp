// SPDX-License-Identifier: Apache-2.0
//
// Api: a platform's JSON API as far as going back needs it: a request with its tries, and every refusal in words. Knows
// nothing of what is asked for. Made for one call into the stage; stage thread.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tidegate/retries.hpp>
#include <tidegate/services.hpp>
#include <vector>

namespace tidegate::deployment {

using Json = nlohmann::json;

/// What an HTTP status means.
struct Meaning {
  sdk::Status status;
  std::string message, hint;
};

struct Service {
  std::string name;      ///< "Netlify"
  std::string base_url;  ///< ends with '/'
  std::string token;
  std::string look;  ///< how to see what is live: "look at the site's deploys"
  std::string accept = "application/json";
  std::optional<Meaning> (*meaning)(int code) = {};  ///< where it differs from what is usual
  std::int64_t request_timeout_ms = 10'000;
  std::uint32_t attempts = 3;
};

class Api {
 public:
  Api(sdk::Host host, Service service) : host_(host), service_(std::move(service)) {}
  [[nodiscard]] const Service& service() const { return service_; }

  /// The object or array that it answers with.
  sdk::Result<Json> get(const std::string& path) { return get(path, service_.attempts); }
  sdk::Result<Json> get(const std::string& path, std::uint32_t attempts);
  /// What it answers, null when that is no JSON. `before_again`: asked before each further try; its error ends them.
  sdk::Result<Json> post(const std::string& path, const std::string& body, const std::function<sdk::Result<void>()>& before_again);
  /// An answer that is not the API's own.
  [[nodiscard]] sdk::Error not_it(const std::string& why) const;

 private:
  sdk::Result<sdk::HttpResponse> send(const char* method, const std::string& path, const std::string& body, std::uint32_t attempts,
                                      const std::function<sdk::Result<void>()>& before_again);
  [[nodiscard]] sdk::Error refusal(int code, const std::string& body) const;
  sdk::Host host_;
  Service service_;
};

/// From the settings token and base_url; what differs is then set by the platform.
sdk::Result<Service> service_in_settings(const sdk::Host& host, const char* name, const char* token_variable);
/// A setting that has to be there; an error says what it is.
sdk::Result<std::string> required_text(const sdk::Host& host, const char* setting, const char* what);

/// For a path or a query.
std::string percent_encoded(std::string_view text);
/// A text as one short line: it may be anything.
std::string in_words(std::string text);
/// A text member; "" when there is none.
std::string text_in(const Json& object, const char* key);
/// A member; null when there is none.
Json member(const Json& object, const char* key);
/// "2026-11-20T10:11:12.345Z" as a number that grows with time; 0: it is not of that form.
std::int64_t moment_in(const Json& object, const char* key);

}  // namespace tidegate::deployment
