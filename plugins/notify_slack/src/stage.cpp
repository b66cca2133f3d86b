// SPDX-License-Identifier: Apache-2.0
//
// The stage type "notify.slack": reads its settings, answers the one method of tidegate.notify/1.
#include <tidegate/plugin.hpp>

#include "client.hpp"
#include "tidegate_manifest.h"

namespace tidegate::notify_slack {
namespace {

using sdk::Result;

class SlackStage : public sdk::Stage {
 public:
  explicit SlackStage(sdk::Host host)
      : host_(host), client_({[this](const sdk::HttpRequest& request) { return host_.http(request); }, sdk::waiting_on(host_)}) {}

  Result<void> validate(sdk::Report&) override {
    const auto account = read_account(host_);
    if (!account) return account.error();
    if (!*account) host_.info("Slack is not told: the variable that names its secret is not set");
    return {};
  }

  /// Notifications come as events; there is nothing else to do.
  Result<sdk::Verdict> run(const sdk::Run&, sdk::Report&) override { return sdk::Verdict::pass; }

  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments_json,
                           sdk::Report& report) override {
    if (extension != "tidegate.notify/1" || method != "event") return Stage::call(extension, method, arguments_json, report);
    const auto account = read_account(host_);
    if (!account) return account.error();
    const auto message = message_for(arguments_json);
    if (!message) return message.error();
    if (*account)
      if (const auto done = client_.tell(**account, *message); !done) return done.error();
    return std::string("{}");
  }

 private:
  sdk::Host host_;
  Client client_;  // knows the run's message
};

Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "notify.slack") return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<SlackStage>(host));
}

}  // namespace
}  // namespace tidegate::notify_slack

TIDEGATE_PLUGIN(tidegate::notify_slack::make);
