// SPDX-License-Identifier: Apache-2.0
//
// The stage type "health": asks the database and the application, reports all that it finds, and asks again during a soak.
#include <chrono>
#include <tidegate/plugin.hpp>

#include "database.hpp"
#include "probes.hpp"
#include "soak.hpp"
#include "tidegate_manifest.h"

namespace tidegate::health {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class HealthStage : public sdk::Stage {
 public:
  explicit HealthStage(sdk::Host host) : host_(host), database_(host_) {}

  Result<void> validate(sdk::Report&) override {
    if (const auto tables = database_.read_tables(); !tables) return tables.error();
    const auto probes = read_probes(host_);
    if (!probes) return probes.error();
    if (!probes->empty() && host_.table<tg_http_v1>(TG_HTTP) == nullptr)
      return Error{Status::config, "HTTP probes need the service " TG_HTTP ", which this stage was not given"};
    const Soak soak = read_soak();
    if (soak.span_ms != 0 && host_.table<tg_control_v1>(TG_CONTROL) == nullptr)
      return Error{Status::config, "a soak needs the service " TG_CONTROL ", which this stage was not given"};
    if (soak.span_ms != 0 && host_.remaining_ms() <= soak.span_ms)
      return Error{Status::config, "the soak of " + span_of(soak.span_ms) + " does not end before the stage's timeout",
                   "give the stage a longer 'timeout', or a shorter 'for'"};
    return {};
  }

  Result<Verdict> run(const sdk::Run&, sdk::Report& report) override {
    auto probes = read_probes(host_);
    if (!probes) return probes.error();
    probes_ = std::move(*probes);
    Findings found;
    const auto asked = ask(found);
    tell(found, report);
    if (!asked) return asked.error();
    if (found.worst == Verdict::pass) host_.info("healthy: " + summary());
    const Soak soak = read_soak();
    if (found.worst == Verdict::block || soak.span_ms == 0) return found.worst;
    return run_soak(soak, found, report);
  }

 private:
  Soak read_soak() const {
    Soak out;
    out.span_ms = host_.integer("for", out.span_ms);
    out.every_ms = host_.integer("every", out.every_ms);
    out.failures = host_.integer("failures", out.failures);
    return out;
  }

  Result<void> ask(Findings& found) {
    if (auto done = database_.run(found); !done) return done;
    return run_probes(host_, probes_, found);
  }

  static void tell(const Findings& found, sdk::Report& report) {
    for (const auto& finding : found.all) report.finding(finding);
  }

  std::string summary() const {
    return database_.summary() + (probes_.empty() ? "" : ", " + count_of(probes_.size(), "HTTP probe", "HTTP probes"));
  }

  /// `before`: what the first look found, which is not told again.
  Result<Verdict> run_soak(const Soak& settings, const Findings& before, sdk::Report& report) {
    const SoakWorld world{[this](std::int64_t ms) { return host_.wait_ms(ms); }, [this] { return host_.remaining_ms() <= 0; }, &now_ms,
                          [this](std::int64_t elapsed_ms, std::int64_t span_ms) {
                            host_.progress(static_cast<std::uint64_t>(elapsed_ms / 1'000), static_cast<std::uint64_t>(span_ms / 1'000),
                                           "seconds of the soak");
                          },
                          [this](const std::string& text) { host_.warn(text); }};
    auto soaked = soak(settings, world, [this](Findings& found) { return ask(found); });
    std::erase_if(soaked.found.all, [&](const sdk::Finding& finding) {
      return std::any_of(before.all.begin(), before.all.end(),
                         [&](const sdk::Finding& f) { return f.rule == finding.rule && f.message == finding.message; });
    });
    tell(soaked.found, report);
    if (soaked.error) return *soaked.error;
    if (soaked.found.worst == Verdict::block) return Verdict::block;
    host_.info("healthy for " + span_of(settings.span_ms) + ", asked " + count_of(soaked.rounds, "time", "times"));
    return soaked.found.worst == Verdict::pass ? before.worst : soaked.found.worst;
  }

  sdk::Host host_;
  DatabaseChecks database_;
  std::vector<Probe> probes_;  // of the run that is under way
};

Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "health") return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<HealthStage>(host));
}

}  // namespace
}  // namespace tidegate::health

TIDEGATE_PLUGIN(tidegate::health::make);
