// SPDX-License-Identifier: Apache-2.0
#include "delivery.hpp"

#include <optional>
#include <tidegate/retries.hpp>

#include "sign.hpp"

namespace tidegate::notify_webhook {
namespace {

using sdk::Error;
using sdk::Status;

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

}  // namespace

sdk::Result<void> deliver(const World& world, const Target& target, const std::string& id, const std::string& body) {
  return sdk::keep_trying(target.attempts, world.waiting, [&]() -> sdk::Try {
    const auto answer = world.send(request_for(world, target, id, body));
    if (!answer) return {answer.error(), answer.error().code == Status::unavailable};
    return {refusal(*answer), sdk::may_pass(answer->code), answer->retry_after_ms};
  });
}

}  // namespace tidegate::notify_webhook
