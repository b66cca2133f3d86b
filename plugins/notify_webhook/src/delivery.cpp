// SPDX-License-Identifier: Apache-2.0
#include "delivery.hpp"

#include <algorithm>
#include <optional>

#include "retry_after.hpp"
#include "sign.hpp"

namespace tidegate::notify_webhook {
namespace {

using sdk::Error;
using sdk::Status;

constexpr std::int64_t kFirstWaitMs = 500;
constexpr std::int64_t kLongestWaitMs = 30'000;

sdk::HttpRequest request_for(const World& world, const Target& target, const std::string& id, const std::string& body) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(world.now().time_since_epoch()).count();
  const std::string timestamp = std::to_string(seconds);
  sdk::HttpRequest request;
  request.method = "POST";
  request.url = target.url;
  request.body = body;
  request.headers = target.headers;
  request.headers.push_back("webhook-id: " + id);
  request.headers.push_back("webhook-timestamp: " + timestamp);
  if (!target.key.empty()) request.headers.push_back("webhook-signature: " + sign(target.key, id, timestamp, body));
  request.timeout_ms = target.timeout_ms;
  request.attempts = 1;
  return request;
}

/// The beginning of what the receiver says, on one line.
std::string excerpt(const std::string& body) {
  constexpr std::size_t longest = 200;
  std::string out;
  for (const char c : body) {
    if (out.size() == longest) break;
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U && out.size() == longest)
    out.pop_back();  // inside a character
  return out;
}

/// Why an answer is none to be content with; nullopt for 2xx.
std::optional<Error> refusal(const sdk::HttpResponse& answer) {
  if (answer.code >= 200 && answer.code < 300) return std::nullopt;
  Error error{Status::failed, "the webhook's receiver answered with HTTP status " + std::to_string(answer.code)};
  error.detail = excerpt(answer.body);
  if (answer.code >= 300 && answer.code < 400) {
    error.message += ", a redirect, which is not followed";
    error.hint = "give the address that it redirects to";
  } else if (answer.code == 410) {
    error.message += ": it is gone and wants no more messages";
    error.hint = "take this notification out of the pipeline, or give it a new URL";
  } else if (answer.code == 401 || answer.code == 403) {
    error.hint = "check the signing secret and the headers";
  }
  return error;
}

/// A later try may be welcome: too many requests, and whatever went wrong on the receiver's own side.
bool worth_another_try(std::int32_t code) {
  return code == 408 || code == 429 || code >= 500;
}

}  // namespace

sdk::Result<void> deliver(const World& world, const Target& target, const std::string& id, const std::string& body) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    const auto answer = world.send(request_for(world, target, id, body));
    std::optional<Error> error;
    bool again = false;
    std::int64_t wait = std::min(kFirstWaitMs << std::min<std::uint32_t>(attempt - 1, 10), kLongestWaitMs);
    if (!answer) {
      error = answer.error();
      again = error->code == Status::unavailable;
    } else {
      error = refusal(*answer);
      again = worth_another_try(answer->code);
      if (const auto asked = retry_after(answer->headers, world.now())) wait = std::max<std::int64_t>(wait, asked->count());
    }
    if (!error) return {};
    const bool in_time = wait < world.remaining_ms();
    if (!again || attempt >= target.attempts || !in_time) {
      if (attempt > 1) error->message += " (tried " + std::to_string(attempt) + " times)";
      if (again && attempt < target.attempts && !in_time) error->message += "; no time is left for another try";
      return *error;
    }
    if (world.wait(wait)) return Error{Status::cancelled, "the notification was interrupted while waiting for another try"};
  }
}

}  // namespace tidegate::notify_webhook
