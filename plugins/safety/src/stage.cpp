// SPDX-License-Identifier: Apache-2.0
//
// The stage type "safety": asks what is pending, and closes the gate when this is no safe moment for it.
#include <algorithm>
#include <tidegate/extensions.hpp>
#include <tidegate/plugin.hpp>

#include "live/live.hpp"
#include "migrations/json.hpp"
#include "pending.hpp"
#include "static/drift.hpp"
#include "static/effects.hpp"
#include "static/lint.hpp"
#include "tidegate_manifest.h"

namespace tidegate::safety {
namespace {

using sdk::Result;
using sdk::Verdict;

class SafetyStage : public sdk::Stage {
 public:
  explicit SafetyStage(sdk::Host host) : host_(host) {}

  Result<void> validate(sdk::Report&) override {
    if (host_.table<tg_control_v1>(TG_CONTROL) == nullptr)
      return sdk::Error{sdk::Status::config, "the checks may have to wait, for which they need the service " TG_CONTROL,
                        "allow it in [plugins.allow]"};
    const auto settings = static_settings(host_);
    return settings ? Result<void>() : Result<void>(settings.error());
  }

  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments_json,
                           sdk::Report& report) override {
    if (extension == TG_LINT && method == TG_LINT_FILES) return lint_files(host_, arguments_json);
    if (extension == TG_EFFECTS && method == TG_EFFECTS_PENDING) {
      const auto pending = ask_pending(host_);
      if (!pending) return pending.error();
      return effects_of_pending(host_, pending->migrations);
    }
    return Stage::call(extension, method, arguments_json, report);
  }

  Result<Verdict> run(const sdk::Run& run, sdk::Report& report) override {
    auto pending = ask_pending(host_);
    if (!pending) return pending.error();
    host_.publish("pending", migrations::json_list(pending->names));
    if (pending->failed_stand) {
      host_.info("not checked: the history has a migration that began and did not end, on top of which nothing runs");
      return Verdict::skipped;
    }
    if (pending->known && pending->names.empty()) {
      host_.publish("blockers", "[]");
      return Verdict::pass;
    }
    // What the SQL says by itself first: nobody waits for a moment to do what may not be done at all. Where a table is
    // locked so that it cannot be looked at, the live checks say by whom, and wait.
    const auto judge_sql = [&]() -> Result<Verdict> {
      return pending->migrations.empty() ? Result<Verdict>(Verdict::pass) : check_pending_sql(host_, pending->migrations, report);
    };
    auto sql = judge_sql();
    if (!sql && sql.error().code != sdk::Status::locked) return sql.error();
    const auto live = check_live(host_, *pending, run.dry || (sql && *sql == Verdict::block), report);
    if (!live) return live.error();
    if (live->verdict != Verdict::block) ask_again_while_locked(sql, judge_sql);
    if (!sql && live->verdict != Verdict::block && !run.dry) return sql.error();
    if (!sql) {
      report.finding({Verdict::warn, "check-could-not-run", "the rules about the pending SQL: " + sql.error().message});
      sql = Verdict::warn;
    }
    host_.publish("blockers", migrations::json_list(live->blockers));
    const auto verdict = std::max(*sql, live->verdict);
    if (verdict == Verdict::block) return verdict;
    auto drift = check_drift(host_, report);
    if (!drift) {
      report.finding({Verdict::warn, "check-could-not-run", "whether the schema has drifted: " + drift.error().message});
      drift = Verdict::warn;
    }
    return std::max(verdict, *drift);
  }

 private:
  /// A change that is tried again and again, each time under a short lock timeout, holds its table at times only: whoever
  /// looks at the table gets a turn between two tries.
  template <class Judge>
  void ask_again_while_locked(Result<Verdict>& sql, const Judge& judge_sql) const {
    constexpr int turns = 10;
    constexpr std::int64_t pause_ms = 100;
    for (int turn = 0; turn < turns && !sql && sql.error().code == sdk::Status::locked; ++turn) {
      if (turn > 0 && host_.wait_ms(pause_ms)) return;
      sql = judge_sql();
    }
  }

  sdk::Host host_;
};

Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "safety") return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<SafetyStage>(host));
}

}  // namespace
}  // namespace tidegate::safety

TIDEGATE_PLUGIN(tidegate::safety::make);
