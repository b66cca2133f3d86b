// SPDX-License-Identifier: Apache-2.0
//
// The stage type "notify.webhook": reads its settings, answers the one method of tidegate.notify/1.
#include <tidegate/plugin.hpp>

#include "delivery.hpp"
#include "message.hpp"
#include "sign.hpp"
#include "tidegate_manifest.h"

namespace tidegate::notify_webhook {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

bool starts_with_any_case(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  for (std::size_t i = 0; i < lower_prefix.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower_prefix[i]) return false;
  }
  return true;
}

class WebhookStage : public sdk::Stage {
 public:
  explicit WebhookStage(sdk::Host host) : host_(host) {}

  Result<void> validate(sdk::Report&) override {
    const auto target = read_target();
    if (!target) return target.error();
    return {};
  }

  /// Notifications come as events; there is nothing else to do.
  Result<sdk::Verdict> run(const sdk::Run&, sdk::Report&) override { return sdk::Verdict::pass; }

  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments_json,
                           sdk::Report& report) override {
    if (extension != "tidegate.notify/1" || method != "event") return Stage::call(extension, method, arguments_json, report);
    const auto target = read_target();
    if (!target) return target.error();
    const auto body = message_for(arguments_json, std::chrono::system_clock::now());
    if (!body) return body.error();
    const World world{[this](const sdk::HttpRequest& request) { return host_.http(request); }, sdk::waiting_on(host_)};
    if (const auto done = deliver(world, *target, new_message_id(), *body); !done) return done.error();
    return std::string("{}");
  }

 private:
  Result<Target> read_target() const {
    Target out;
    const auto url = host_.secret("url");
    if (!url)
      return Error{Status::config, "the webhook has no URL: the variable that its setting 'url' names is not set",
                   "set that variable, or take the notification out of the pipeline"};
    if (!starts_with_any_case(*url, "https://") && !starts_with_any_case(*url, "http://"))
      return Error{Status::config, "the webhook's URL starts with neither https:// nor http://", "set the variable to the whole URL"};
    out.url = *url;
    if (const auto secret = host_.secret("secret")) {
      auto key = signing_key(*secret);
      if (!key) return key.error();
      out.key = std::move(*key);
    } else if (secret.error().code != Status::not_found) {  // asked for: not signing would be a surprise
      return Error{Status::config, "the webhook's signing secret cannot be read: the variable that its setting 'secret' names is not set",
                   "set that variable; ${NAME:-} makes the signature optional"};
    }
    out.timeout_ms = host_.integer("timeout", out.timeout_ms);
    out.attempts = static_cast<std::uint32_t>(host_.integer("attempts", out.attempts));
    if (auto read = read_headers(out.headers); !read) return read.error();
    return out;
  }

  Result<void> read_headers(std::vector<std::string>& out) const {
    bool has_type = false;
    const auto* config = host_.table<tg_config_v1>(TG_CONFIG);
    tg_str raw{};
    for (std::uint32_t i = 0; config != nullptr && config->key_at(host_.raw(), sdk::to_abi("headers"), i, &raw) == TG_OK; ++i) {
      const std::string name(sdk::view(raw));
      const auto value = host_.setting("headers." + name);
      if (!value || value->type != TG_TEXT)
        return Error{Status::config, "the webhook's header '" + name + "' must be text", "write it as name = \"value\""};
      if (starts_with_any_case(name, "webhook-"))
        return Error{Status::config, "the webhook's header '" + name + "' is one of the signature, which cannot be given"};
      has_type = has_type || (starts_with_any_case(name, "content-type") && name.size() == std::string_view("content-type").size());
      out.push_back(name + ": " + std::string(sdk::view(value->s)));
    }
    if (!has_type) out.emplace_back("Content-Type: application/json");
    return {};
  }

  sdk::Host host_;
};

Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "notify.webhook") return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<WebhookStage>(host));
}

}  // namespace
}  // namespace tidegate::notify_webhook

TIDEGATE_PLUGIN(tidegate::notify_webhook::make);
