// SPDX-License-Identifier: Apache-2.0
#include "vercel/api.hpp"

#include <algorithm>

namespace tidegate::rollback::vercel {

using sdk::Error;
using sdk::HttpResponse;
using sdk::Result;
using sdk::Status;

namespace {

constexpr std::size_t kLongestWords = 200;

/// What an answer says of itself, as one line: it may be anything.
std::string in_words(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = ' ';
  if (text.size() > kLongestWords) text = text.substr(0, kLongestWords) + "...";
  return text;
}

struct Meaning {
  Status status;
  const char* message;
  const char* hint;
};

Meaning meaning_of(std::int32_t code) {
  switch (code) {
    case 400:
      return {Status::failed, "Vercel does not understand the request", "check `project`, `team` and `deployment`"};
    case 401:
      return {Status::denied, "Vercel does not accept the token",
              "make a new one in the account's settings under Tokens, for the team that owns the project, and set its variable"};
    case 402:
      return {Status::denied, "the plan of this Vercel account does not allow it",
              "the Hobby plan goes back one deployment only: promote the one you want in the dashboard, or deploy its commit again"};
    case 403:
      return {Status::denied, "the token may not do this in Vercel",
              "its scope must include the team that owns the project, and `team` must name that team"};
    case 404:
      return {Status::not_found, "Vercel knows no such project or deployment",
              "check `project`; a team's project is found only with `team`"};
    case 409:
      return {Status::conflict, "Vercel is at another promotion or rollback of this project",
              "wait for its end (`vercel rollback status`), look at what is live, then `vercel rollback`"};
    case 410:
      return {Status::not_found, "the deployment to go back to is gone from Vercel", "deploy its commit again"};
    case 422:
      return {Status::failed, "Vercel cannot go back to this deployment",
              "promote another one in the dashboard, or deploy its commit again"};
    case 429:
      return {Status::unavailable, "Vercel is asked too often", "wait, then `vercel rollback`"};
    default:
      break;
  }
  if (code >= 500) return {Status::unavailable, "Vercel failed at it", "look at vercel-status.com, then `vercel rollback`"};
  return {Status::failed, "Vercel did not do it", "look at what is live in the dashboard, then `vercel rollback`"};
}

Error not_vercel() {
  return {Status::failed, "what answered instead of Vercel's API is not it: its answer has another form",
          "check `base_url`, and what a proxy in between does; then look at what is live"};
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

std::string text_in(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Error refusal(std::int32_t code, const std::string& body) {
  const auto meaning = meaning_of(code);
  Error out{meaning.status, std::string(meaning.message) + " (HTTP status " + std::to_string(code), meaning.hint};
  const auto json = Json::parse(body, nullptr, false);
  const auto error = json.is_object() && json.contains("error") ? json["error"] : Json();
  const auto word = in_words(text_in(error, "code")), words = in_words(text_in(error, "message"));
  out.message += (word.empty() ? "" : ", " + word) + ")" + (words.empty() ? "" : ": " + words);
  return out;
}

Result<HttpResponse> Api::send(const char* method, const std::string& path, Query query, std::uint32_t attempts,
                               const std::function<Result<void>()>& before_again) {
  if (!account_.team.empty()) query.emplace_back(account_.team.starts_with("team_") ? "teamId" : "slug", account_.team);
  sdk::HttpRequest request;
  request.method = method;
  request.url = account_.base_url + path;
  for (std::size_t i = 0; i < query.size(); ++i)
    request.url += (i == 0 ? "?" : "&") + query[i].first + "=" + percent_encoded(query[i].second);
  request.headers = {"Authorization: Bearer " + account_.token, "Accept: application/json"};
  if (request.method == "POST") {
    request.headers.emplace_back("Content-Type: application/json");
    request.body = "{}";
  }
  request.timeout_ms = account_.request_timeout_ms;
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
      error.message = "Vercel could not be asked: " + error.message;
      return {error, error.code == Status::unavailable};
    }
    got = std::move(*response);
    if (got.code >= 200 && got.code < 300) return {};
    return {refusal(got.code, got.body), sdk::may_pass(got.code), got.retry_after_ms};
  });
  if (!tried) return tried.error();
  return got;
}

Result<Json> Api::get(const std::string& path, Query query, std::uint32_t attempts) {
  auto response = send("GET", path, std::move(query), attempts);
  if (!response) return response.error();
  auto json = Json::parse(response->body, nullptr, false);
  if (!json.is_object()) return not_vercel();
  return json;
}

Result<void> Api::post(const std::string& path, Query query, const std::function<Result<void>()>& before_again) {
  // Going back twice to the same deployment is going back once, so a lost answer may be asked for again.
  auto response = send("POST", path, std::move(query), account_.attempts, before_again);
  if (!response) return response.error();
  return {};
}

}  // namespace tidegate::rollback::vercel
