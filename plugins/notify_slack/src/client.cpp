// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <algorithm>
#include <initializer_list>

namespace tidegate::notify_slack {
namespace {

using sdk::Error;
using sdk::HttpResponse;
using sdk::Status;
using sdk::Try;

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// Slack's words for errors are all of this form; anything else is not repeated.
bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

bool passes(std::string_view code) {
  return is_one_of(code, {"ratelimited", "rate_limited", "fatal_error", "internal_error", "request_timeout", "service_unavailable"});
}

bool too_much(std::string_view code) {
  return is_one_of(
      code, {"msg_too_long", "msg_blocks_too_long", "too_many_attachments", "invalid_blocks", "invalid_attachments", "invalid_payload"});
}

/// The message that would be replaced is not there any more, or may not be touched.
bool gone(std::string_view code) {
  return is_one_of(code, {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"});
}

std::string hint_for(std::string_view code) {
  if (is_one_of(code, {"not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"}))
    return "check the token: it is shown under \"OAuth & Permissions\" of the Slack app, and begins with xoxb-";
  if (code == "missing_scope") return "give the Slack app the scope chat:write and install it again";
  if (code == "not_in_channel") return "add the Slack app to the channel: /invite @its-name";
  if (code == "channel_not_found")
    return "check the setting 'channel': its id is in the channel's details; a private one must have the app as a member";
  if (is_one_of(code, {"is_archived", "channel_is_archived"})) return "the channel is archived: choose another one";
  if (is_one_of(code, {"action_prohibited", "restricted_action"})) return "the workspace's administrators do not allow it";
  if (is_one_of(code, {"no_service", "no_service_id", "no_team", "invalid_token"}))
    return "the webhook was removed: make a new one and set the variable to its URL";
  return {};
}

Status status_for(std::string_view code) {
  if (passes(code)) return Status::unavailable;
  if (is_one_of(code, {"not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope",
                       "not_in_channel", "restricted_action", "action_prohibited"}))
    return Status::denied;
  return code == "channel_not_found" || code == "no_service" ? Status::not_found : Status::failed;
}

std::string member(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

/// HTTP 200 is what the API answers to failures too; a webhook answers with a word as text.
Try Client::judge(const HttpResponse& response, bool webhook) {
  const Json body = webhook ? Json() : Json::parse(response.body, nullptr, false);
  const bool said_ok =
      webhook ? response.code == 200 : body.is_object() && body.contains("ok") && body["ok"].is_boolean() && body["ok"].get<bool>();
  if (said_ok && response.code == 200) {
    answer_ = {"", member(body, "channel"), member(body, "ts")};
    return {};
  }
  answer_.code = webhook ? response.body : member(body, "error");
  if (!is_code(answer_.code)) answer_.code.clear();
  Try out;
  out.wait_ms = response.retry_after_ms;
  out.again = sdk::may_pass(response.code) || passes(answer_.code);
  if (!answer_.code.empty()) {
    out.error = Error{status_for(answer_.code), "Slack did not take the message: " + answer_.code, hint_for(answer_.code)};
  } else if (response.code == 429) {
    out.error = Error{Status::unavailable, "Slack did not take the message: too many were sent"};
  } else if (response.code == 200) {
    out.error = Error{Status::failed, "what answered instead of Slack is not Slack: HTTP status 200 without its form",
                      "check the setting 'base_url', and what a proxy in between does"};
  } else {
    out.error = Error{response.code >= 500 ? Status::unavailable : Status::failed,
                      "Slack did not take the message: HTTP status " + std::to_string(response.code)};
  }
  return out;
}

sdk::Result<void> Client::send(const Account& account, const std::string& method, const Json& message) {
  const bool webhook = !account.webhook_url.empty();
  sdk::HttpRequest request;
  request.method = "POST";
  request.url = webhook ? account.webhook_url : account.base_url + method;
  request.body = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  request.headers = {"Content-Type: application/json; charset=utf-8"};
  if (!webhook) request.headers.push_back("Authorization: Bearer " + account.token);
  request.timeout_ms = account.timeout_ms;
  return sdk::keep_trying(account.attempts, world_.waiting, [&]() -> Try {
    answer_ = {};
    const auto response = world_.send(request);
    if (response) return judge(*response, webhook);
    Error error = response.error();
    error.message = "Slack could not be told: " + error.message;
    return {error, error.code == Status::unavailable};
  });
}

sdk::Result<void> Client::bring(const Account& account, Json message) {
  if (!account.webhook_url.empty()) return send(account, {}, message);
  message["unfurl_links"] = false;
  message["unfurl_media"] = false;
  if (!posted_.ts.empty()) {
    message["channel"] = posted_.channel;
    message["ts"] = posted_.ts;
    auto done = send(account, "chat.update", message);
    if (done || !gone(answer_.code)) return done;
    posted_ = {};
    message.erase("ts");
  }
  message["channel"] = account.channel;
  auto done = send(account, "chat.postMessage", message);
  if (done && !answer_.ts.empty()) posted_ = {"", answer_.channel.empty() ? account.channel : answer_.channel, answer_.ts};
  return done;
}

sdk::Result<void> Client::tell(const Account& account, const Message& message) {
  auto done = bring(account, message.full());
  return done || !too_much(answer_.code) ? done : bring(account, message.plain());
}

}  // namespace tidegate::notify_slack
