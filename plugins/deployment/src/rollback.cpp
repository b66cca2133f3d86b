// SPDX-License-Identifier: Apache-2.0
#include "rollback.hpp"

#include <algorithm>

namespace tidegate::deployment {
namespace {

using sdk::Error;
using sdk::Report;
using sdk::Result;
using sdk::Run;
using sdk::Status;
using sdk::Verdict;

/// The host of "https://shop-4f0c.vercel.app/path", in lower case; an id comes back as it is.
std::string host_of(std::string text) {
  const auto scheme = text.find("://");
  if (scheme != std::string::npos) text.erase(0, scheme + 3);
  text.erase(std::min(text.find_first_of("/?#"), text.size()));
  if (text.find('.') != std::string::npos)
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string context_of(const sdk::Host& host, const char* key) {
  const auto value = host.context(key);
  return value ? *value : std::string();
}

std::string shown(const Deployment& deployment) {
  return deployment.url.empty() ? deployment.id : deployment.id + " (" + deployment.url + ")";
}

bool is(const Deployment& deployment, const std::string& own) {
  return own == deployment.id || host_of(own) == deployment.id || (!deployment.url.empty() && host_of(own) == deployment.url) ||
         std::find(deployment.also.begin(), deployment.also.end(), own) != deployment.also.end();
}

class DeploymentRollback final : public sdk::Stage {
 public:
  DeploymentRollback(sdk::Host host, std::string platform_key, MakePlatform make_platform)
      : host_(host), platform_key_(std::move(platform_key)), make_platform_(std::move(make_platform)) {}

  Result<void> validate(Report&) override {
    auto platform = make_platform_(host_);
    return platform ? Result<void>() : platform.error();
  }

  Result<Verdict> run(const Run& run, Report& report) override {
    auto platform = make_platform_(host_);
    if (!platform) return platform.error();
    Platform& on = **platform;
    const std::string own = own_deployment();
    if (own.empty())
      return Error{Status::config, "it is not known which deployment this run is about, so nothing was asked of " + on.name(),
                   "set `deployment` to its id or its own URL, like \"${DEPLOYMENT_URL}\""};
    auto live = on.live();
    if (!live) return live.error();
    if (!*live) return skip(own + " never went live: " + on.name() + " has nothing in production");
    if (!is(**live, own))
      return skip(own + " is not what " + on.name() + " has in production, so it never went live, or has been replaced; that is " +
                  shown(**live));
    auto to = on.previous(**live);
    if (!to) return to.error();
    if (!*to)
      return Error{
          Status::not_found,
          "there is no deployment to go back to: " + shown(**live) + " has no predecessor in production that " + on.name() + " can restore",
          "deploy what is mended, or an older commit"};
    if (run.dry) {
      host_.info("would go back from " + shown(**live) + " to " + shown(**to));
      return Verdict::pass;
    }
    host_.info("going back from " + shown(**live) + " to " + shown(**to));
    if (auto gone = on.go_back(**to); !gone) return gone.error();
    host_.publish("deployment", (*to)->id);
    const auto after = on.aftermath(**live);
    report.finding({Verdict::warn,
                    "deployment-rolled-back",
                    on.name() + " serves " + shown(**to) + " again instead of " + shown(**live) + "; " + after.message,
                    {},
                    0,
                    0,
                    after.fix});
    return Verdict::warn;
  }

 private:
  [[nodiscard]] std::string own_deployment() const {
    if (auto set = host_.text("deployment"); !set.empty()) return set;
    if (platform_key_.empty() || context_of(host_, "environment.platform") != platform_key_) return {};
    if (auto id = context_of(host_, "environment.deployment"); !id.empty()) return id;
    return host_of(context_of(host_, "environment.url"));
  }

  Verdict skip(const std::string& why) const {
    host_.info("nothing was rolled back: " + why);
    return Verdict::skipped;
  }

  sdk::Host host_;
  std::string platform_key_;
  MakePlatform make_platform_;
};

}  // namespace

std::unique_ptr<sdk::Stage> make_rollback(sdk::Host host, std::string platform_key, MakePlatform make_platform) {
  return std::make_unique<DeploymentRollback>(host, std::move(platform_key), std::move(make_platform));
}

}  // namespace tidegate::deployment
