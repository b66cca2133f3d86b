// SPDX-License-Identifier: Apache-2.0
#include "cli/http_message.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

std::string_view reason_of(int code) {
  switch (code) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

/// RFC 9110, 5.6.2: what methods and names of headers are made of.
bool is_token(std::string_view text) {
  constexpr std::string_view kMore = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMore.find(c) != std::string_view::npos;
  });
}

/// Of "name:port", "127.0.0.1:port" or "[::1]:port".
std::string without_port(const std::string& host) {
  const auto bracket = host.find(']');
  return host.substr(0, host.find(':', bracket == std::string::npos ? 0 : bracket));
}

HttpParsed refuse(int code, std::string_view message) { return {std::nullopt, http_error(code, "config", message)}; }

}  // namespace

HttpAnswer http_error(int code, std::string_view error_class, std::string_view message) {
  return {code, run::to_json(base::Table{{"error", base::Table{{"class", error_class}, {"message", message}}}})};
}

HttpParsed parse_http(std::string_view received) {
  const auto end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (received.size() >= kMostHead) return refuse(431, "the request's head is larger than 8 kB");
    if (!received.empty() && !is_token(received.substr(0, 1))) return refuse(400, "this is no HTTP request");
    return {};
  }
  if (end > kMostHead) return refuse(431, "the request's head is larger than 8 kB");
  auto rest = received.substr(0, end);
  const auto next_line = [&rest] {
    const auto at = rest.find("\r\n");
    const auto line = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 2);
    return line;
  };
  const auto first = next_line();
  const auto space = first.find(' '), last_space = first.rfind(' ');
  if (space == std::string_view::npos || space == last_space) return refuse(400, "the request line is not METHOD TARGET VERSION");
  const auto method = first.substr(0, space), target = first.substr(space + 1, last_space - space - 1), version = first.substr(last_space + 1);
  if (!is_token(method) || target.empty() || target.find(' ') != std::string_view::npos) return refuse(400, "the request line is not METHOD TARGET VERSION");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "HTTP/1.1 is spoken here");
  HttpRequest out{std::string(method), std::string(target.substr(0, target.find('?'))), {}};
  while (!rest.empty()) {
    const auto line = next_line();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return refuse(400, "a header is not NAME: VALUE");
    const auto name = base::to_lower(line.substr(0, colon));
    const auto value = base::trim(line.substr(colon + 1));
    if (name == "authorization") out.authorization = std::string(value);
    if (name == "host") out.host = without_port(base::to_lower(value));
    if (name == "transfer-encoding") return refuse(413, "requests have no body here");
    if (name != "content-length") continue;
    std::size_t length = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
    if (parsed.ec == std::errc::invalid_argument || parsed.ptr != value.data() + value.size()) return refuse(400, "Content-Length is no number");
    if (parsed.ec != std::errc{} || length > kMostHead) return refuse(413, "requests have no body here");
  }
  return {std::move(out), std::nullopt};
}

std::string to_http(const HttpAnswer& answer, bool head_only) {
  std::string out = "HTTP/1.1 " + std::to_string(answer.code) + " " + std::string(reason_of(answer.code)) +
                    "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(answer.body.size() + 1) +
                    "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n";
  for (const auto& [name, value] : answer.headers) out += name + ": " + value + "\r\n";
  out += "\r\n";
  return head_only ? out : out + answer.body + "\n";
}

bool same_secret(std::string_view given, std::string_view wanted) {
  if (wanted.empty()) return false;
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)  // as long as what was given, which who gave it knows
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(wanted[i % wanted.size()]);
  return difference == 0;
}

}  // namespace tidegate::cli
