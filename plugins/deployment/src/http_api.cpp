// SPDX-License-Identifier: Apache-2.0
#include "http_api.hpp"

namespace tidegate::deployment {

using sdk::Error;
using sdk::HttpResponse;
using sdk::Result;
using sdk::Status;

namespace {

constexpr std::size_t kLongestWords = 200;

Meaning usual_meaning(int code, const Service& of) {
  switch (code) {
    case 401:
      return {Status::denied, of.name + " does not accept the token", "make a new one, and set its variable"};
    case 403:
      return {Status::denied, "the token may not do this in " + of.name, "take one of somebody who may deploy there"};
    case 404:
      return {Status::not_found, of.name + " knows no such thing", "check the settings, and that the token is of the account that owns it"};
    case 409:
      return {Status::conflict, of.name + " is at something else there", "wait for its end, then " + of.look};
    case 429:
      return {Status::unavailable, of.name + " is asked too often", "wait, then " + of.look};
    default:
      break;
  }
  if (code >= 500) return {Status::unavailable, of.name + " failed at it", of.look};
  return {Status::failed, of.name + " did not do it", of.look};
}

/// The object with the words of a refusal: {"error":{…}}, {"errors":[{…}]}, or the answer itself.
Json words_of(const Json& answer) {
  if (auto error = member(answer, "error"); error.is_object()) return error;
  if (auto errors = member(answer, "errors"); errors.is_array() && !errors.empty()) return errors.front();
  return answer;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string in_words(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = ' ';
  if (text.size() > kLongestWords) text = text.substr(0, kLongestWords) + "...";
  return text;
}

std::string text_in(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json member(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object[key] : Json();
}

std::int64_t moment_in(const Json& object, const char* key) {
  // The zone has to be UTC; then the digits, to the millisecond, are in the order of time.
  const auto text = text_in(object, key);
  if (text.size() < 20 || text.back() != 'Z' || text[10] != 'T') return 0;
  std::int64_t out = 0;
  int digits = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || digits == 17) continue;
    out = out * 10 + (c - '0');
    ++digits;
  }
  for (; digits < 17; ++digits) out *= 10;
  return out;
}

Error Api::not_it(const std::string& why) const {
  return {Status::failed, "what answered instead of " + service_.name + "'s API is not it: " + why,
          "check `base_url`, and what a proxy in between does; then look at what is live"};
}

Error Api::refusal(int code, const std::string& body) const {
  auto meaning = service_.meaning != nullptr ? service_.meaning(code) : std::nullopt;
  if (!meaning) meaning = usual_meaning(code, service_);
  Error out{meaning->status, meaning->message + " (HTTP status " + std::to_string(code), meaning->hint};
  const auto said = words_of(Json::parse(body, nullptr, false));
  auto word = in_words(text_in(said, "code"));
  if (word.empty()) word = in_words(text_in(said, "id"));
  const auto words = in_words(text_in(said, "message"));
  out.message += (word.empty() ? "" : ", " + word) + ")" + (words.empty() ? "" : ": " + words);
  return out;
}

Result<HttpResponse> Api::send(const char* method, const std::string& path, const std::string& body, std::uint32_t attempts,
                               const std::function<Result<void>()>& before_again) {
  sdk::HttpRequest request;
  request.method = method;
  request.url = service_.base_url + path;
  request.headers = {"Authorization: Bearer " + service_.token, "Accept: " + service_.accept};
  if (!body.empty()) {
    request.headers.emplace_back("Content-Type: application/json");
    request.body = body;
  }
  request.timeout_ms = service_.request_timeout_ms;
  HttpResponse got;
  bool first = true;
  auto tried = sdk::keep_trying(attempts, sdk::waiting_on(host_), [&]() -> sdk::Try {
    if (!first && before_again) {
      if (auto still = before_again(); !still) return {still.error()};
    }
    first = false;
    auto response = host_.http(request);
    if (!response) {
      Error error = response.error();
      error.message = service_.name + " could not be asked: " + error.message;
      return {error, error.code == Status::unavailable};
    }
    got = std::move(*response);
    if (got.code >= 200 && got.code < 300) return {};
    return {refusal(got.code, got.body), sdk::may_pass(got.code), got.retry_after_ms};
  });
  if (!tried) return tried.error();
  return got;
}

Result<Json> Api::get(const std::string& path, std::uint32_t attempts) {
  auto response = send("GET", path, {}, attempts, {});
  if (!response) return response.error();
  auto json = Json::parse(response->body, nullptr, false);
  if (!json.is_structured()) return not_it("its answer has another form");
  return json;
}

Result<Json> Api::post(const std::string& path, const std::string& body, const std::function<Result<void>()>& before_again) {
  // Going back twice to the same deployment is going back once, so a lost answer may be asked for again.
  auto response = send("POST", path, body, service_.attempts, before_again);
  if (!response) return response.error();
  auto json = Json::parse(response->body, nullptr, false);
  return json.is_structured() ? json : Json();
}

Result<Service> service_in_settings(const sdk::Host& host, const char* name, const char* token_variable) {
  Service out;
  out.name = name;
  auto token = host.secret("token");
  if (!token)
    return Error{Status::config, std::string("the ") + name + " token could not be read: " + token.error().message,
                 std::string("set `token` to \"${") + token_variable + "}\""};
  out.token = std::move(*token);
  out.base_url = host.text("base_url");
  if (!out.base_url.ends_with('/')) out.base_url += '/';
  return out;
}

Result<std::string> required_text(const sdk::Host& host, const char* setting, const char* what) {
  auto text = host.text(setting);
  if (text.empty()) return Error{Status::config, std::string("`") + setting + "` is empty", std::string("set it to ") + what};
  return text;
}

}  // namespace tidegate::deployment
