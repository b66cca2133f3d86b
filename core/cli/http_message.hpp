// SPDX-License-Identifier: Apache-2.0
//
// The little of HTTP/1.1 that `serve` speaks: a request's head (a small body is passed over, a large one refused) and an answer. Pure: any thread.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::cli {

struct HttpRequest {
  std::string method, path;   ///< the path without what follows '?'
  std::string authorization;  ///< the header's value
  std::string host;           ///< the Host header's, without the port; "": none was sent
};

struct HttpAnswer {
  int code = 200;
  std::string body;  ///< JSON
  std::vector<std::pair<std::string, std::string>> headers = {};
};
/// {"error":{"class","message"}} with that code.
HttpAnswer http_error(int code, std::string_view error_class, std::string_view message);

constexpr std::size_t kMostHead = 8 * 1024;

/// What has come of a request so far: nothing yet, a request, or why it is none.
struct HttpParsed {
  std::optional<HttpRequest> request;
  std::optional<HttpAnswer> refusal;
  [[nodiscard]] bool unfinished() const { return !request && !refusal; }
};
HttpParsed parse_http(std::string_view received);

/// The whole message; the connection is closed after it. `head_only`: the answer to HEAD.
std::string to_http(const HttpAnswer& answer, bool head_only);

/// Takes as long for a wrong one as for the right one.
bool same_secret(std::string_view given, std::string_view wanted);

}  // namespace tidegate::cli
