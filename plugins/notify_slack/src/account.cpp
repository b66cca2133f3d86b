// SPDX-License-Identifier: Apache-2.0
#include "account.hpp"

namespace tidegate::notify_slack {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

/// A secret is not given by `config`, but whether it is set can be told from how that refuses.
bool is_set(const sdk::Host& host, std::string_view path) {
  tg_value value{};
  const auto* config = host.table<tg_config_v1>(TG_CONFIG);
  return config != nullptr && config->get(host.raw(), sdk::to_abi(path), &value) == TG_E_DENIED;
}

/// "" when it is optional and absent.
Result<std::string> read_secret(const sdk::Host& host, const std::string& path) {
  auto secret = host.secret(path);
  if (secret) return *secret;
  if (secret.error().code == Status::not_found) return std::string{};
  return Error{Status::config, "Slack cannot be told: the variable that the setting '" + path + "' names is not set",
               "set that variable; written as ${NAME:-}, the notification is left out without it"};
}

bool is_address(const std::string& url) {
  return url.starts_with("https://") || url.starts_with("http://");
}

}  // namespace

Result<std::optional<Account>> read_account(const sdk::Host& host) {
  Account out;
  out.channel = host.text("channel");
  out.timeout_ms = host.integer("timeout", out.timeout_ms);
  out.attempts = static_cast<std::uint32_t>(host.integer("attempts", out.attempts));
  out.base_url = host.text("base_url", "https://slack.com/api/");
  if (!out.base_url.ends_with('/')) out.base_url += '/';
  const bool by_token = is_set(host, "token");
  const bool by_webhook = is_set(host, "webhook_url");
  if (by_token == by_webhook)
    return Error{Status::config,
                 by_token ? "Slack is told either by 'token' or by 'webhook_url': both are set"
                          : "Slack cannot be told: neither 'token' nor 'webhook_url' is set",
                 "give token = \"${SLACK_BOT_TOKEN}\" and channel, or webhook_url = \"${SLACK_WEBHOOK_URL}\""};
  if (by_token && out.channel.empty())
    return Error{Status::config, "Slack cannot be told: the setting 'channel' is not set",
                 "give the id of a channel, like \"C0123456789\""};
  if (by_webhook && !out.channel.empty())
    return Error{Status::config, "the setting 'channel' means nothing with 'webhook_url': a webhook writes to the channel it was made for",
                 "leave 'channel' out, or give 'token' instead"};
  if (!is_address(out.base_url))
    return Error{Status::config, "the setting 'base_url' starts with neither https:// nor http://", "leave it out to talk to Slack itself"};
  auto secret = read_secret(host, by_token ? "token" : "webhook_url");
  if (!secret) return secret.error();
  if (secret->empty()) return std::optional<Account>{};
  if (by_webhook && !is_address(*secret))
    return Error{Status::config, "the webhook's URL starts with neither https:// nor http://",
                 "set the variable to the whole URL that Slack showed"};
  (by_token ? out.token : out.webhook_url) = std::move(*secret);
  return std::optional<Account>(std::move(out));
}

}  // namespace tidegate::notify_slack
