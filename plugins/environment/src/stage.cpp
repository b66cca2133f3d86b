// SPDX-License-Identifier: Apache-2.0
//
// The stage type "environment": publishes what detect() finds.
#include <cstdlib>
#include <tidegate/plugin.hpp>

#include "detect.hpp"
#include "tidegate_manifest.h"

namespace tidegate::environment {
namespace {

std::string variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value != nullptr ? value : "";
}

/// "production (Vercel, built by GitHub Actions, branch main, commit 1a2b3c4)".
std::string describe(const Detected& found) {
  std::string out = found.name;
  if (found.env_class != found.name)
    out += found.env_class == "unknown" ? ", a class of its own" : ", a " + found.env_class + " environment";
  std::string where;
  const auto add = [&](const std::string& words) { where += (where.empty() ? "" : ", ") + words; };
  if (found.platform != "unknown") add(found.platform_title);
  if (found.runner != "unknown" && found.runner != found.platform) add("built by " + found.runner_title);
  if (!found.branch.empty()) add("branch " + found.branch);
  if (!found.pull_request.empty()) add("pull request " + found.pull_request);
  if (!found.commit.empty()) add("commit " + found.commit.substr(0, 7));
  return where.empty() ? out : out + " (" + where + ")";
}

class EnvironmentStage : public sdk::Stage {
 public:
  explicit EnvironmentStage(sdk::Host host) : host_(host) {}

  sdk::Result<sdk::Verdict> run(const sdk::Run&, sdk::Report&) override {
    const Detected found = detect(&variable, {host_.text("name"), host_.text("production_branch")});
    publish("environment.name", found.name);
    publish("environment.class", found.env_class);
    publish("name", found.name);
    publish("platform", found.platform);
    publish("runner", found.runner);
    publish("commit", found.commit);
    publish("branch", found.branch);
    publish("deployment", found.deployment);
    publish("url", found.url);
    publish("pull_request", found.pull_request);
    const bool shared = found.env_class == "preview" && host_.text("preview_database") == "shared";
    publish("own_database", shared ? "false" : "true");
    host_.log(TG_LOG_DEBUG, "detected " + describe(found));
    return sdk::Verdict::pass;
  }

 private:
  /// Nothing to say is not published: conditions on it are then false.
  void publish(std::string_view key, const std::string& value) const {
    if (!value.empty()) host_.publish(key, value);
  }
  sdk::Host host_;
};

sdk::Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "environment") return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<EnvironmentStage>(host));
}

}  // namespace
}  // namespace tidegate::environment

TIDEGATE_PLUGIN(tidegate::environment::make);
