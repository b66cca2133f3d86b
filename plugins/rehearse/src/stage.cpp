// SPDX-License-Identifier: Apache-2.0
//
// safety.rehearse: a precheck that runs what is pending on a scratch copy of the schema before it runs on the target.
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <tidegate/extensions.hpp>
#include <tidegate/plugin.hpp>

#include "answer.hpp"
#include "copy.hpp"
#include "migrations/json.hpp"
#include "rehearsal.hpp"
#include "tidegate_manifest.h"
#include "unforeseen.hpp"

namespace tidegate::rehearse {
namespace {

using migrations::inverse::Grade;
using sdk::Error;
using sdk::Report;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

constexpr const char* kSwitch = "TIDEGATE_REHEARSE";
/// As the rules of `safety` weigh a table by default.
constexpr double kSmallRows = 10e3, kLargeRows = 1e6, kSmallBytes = 10.0 * (1 << 20), kLargeBytes = 1.0 * (1 << 30);
constexpr const char* kNone = R"({"migrations":[],"server_version":0})";

bool switched_off() {
  const char* value = std::getenv(kSwitch);
  const std::string word = value == nullptr ? "" : value;
  return word == "0" || word == "off" || word == "no" || word == "false";
}

/// How many are pending by the history, which costs less than the plan; 0 also when a failed one stands in everybody's way.
Result<std::size_t> count_pending(const sdk::Host& host) {
  const auto list = host.ask(TG_HISTORY, TG_HISTORY_LIST, TG_HISTORY_WITHOUT_ROWS);
  if (!list) return list.error().code == Status::not_found ? Result<std::size_t>(0) : Result<std::size_t>(list.error());
  const auto history = nlohmann::json::parse(*list, nullptr, false);
  if (!history.is_object() || !history.value("failed", nlohmann::json::array()).empty()) return 0;
  return history.value("pending", nlohmann::json::array()).size();
}

class RehearseStage final : public sdk::Stage {
 public:
  explicit RehearseStage(sdk::Host host) : host_(host) {}

  Result<Verdict> run(const sdk::Run&, Report& report) override {
    host_.publish("proven", "[]");
    if (switched_off()) {
      host_.info(std::string("not rehearsed: ") + kSwitch + " turns it off");
      return host_.flag("required") ? not_rehearsed(Error{Status::config, std::string(kSwitch) + " turns it off"}, report)
                                    : Verdict::skipped;
    }
    const auto wanted = count_pending(host_);
    if (!wanted) return wanted.error();
    if (*wanted == 0) return Verdict::pass;
    const auto done = rehearse();
    if (!done) {
      const auto code = done.error().code;
      if (code == Status::cancelled || host_.cancelled()) return done.error();
      return not_rehearsed(done.error(), report);
    }
    auto verdict = Verdict::pass;
    std::vector<std::string> proven;
    for (const auto& one : *rehearsed_) {
      verdict = std::max(verdict, judge(one, report));
      if (one.proven) proven.push_back(one.name);
    }
    host_.publish("proven", migrations::json_list(proven));
    return std::max(verdict, judge_rewrites(report));
  }

  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments, Report& report) override {
    if (extension != TG_REHEARSE) return Stage::call(extension, method, arguments, report);
    if (method == TG_REHEARSE_PROOF) return rehearsed_ ? answer_json(*rehearsed_, server_version_) : std::string(kNone);
    if (method != TG_REHEARSE_RUN) return Stage::call(extension, method, arguments, report);
    if (const auto done = rehearse(); !done) return done.error();
    return answer_json(*rehearsed_, server_version_);
  }

 private:
  /// Once for the same pending migrations.
  Result<void> rehearse() {
    const auto count = count_pending(host_);
    if (!count) return count.error();
    no_server_ = false;
    if (const auto most = static_cast<std::size_t>(host_.integer("max_pending", 50)); *count > most)
      return Error{Status::failed, std::to_string(*count) + " migrations are pending, more than max_pending, " + std::to_string(most),
                   "raise max_pending to have them rehearsed all the same"};
    const auto plan = host_.ask(TG_PLAN, TG_PLAN_PENDING);
    if (!plan) return plan.error();
    if (rehearsed_ && *plan == plan_) return {};
    auto pending = migrations::read_pending(*plan);
    if (!pending) return pending.error();
    for (const auto& one : *pending)
      if (one.begun)
        return Error{Status::failed, "an earlier run has begun migration " + one.name + ", and what is half done is not in a copy of the schema"};
    auto target = host_.db();
    if (!target) return target.error();
    server_version_ = target->server_version();
    auto copy = scratch_copy(host_, *target);
    if (!copy) {
      auto error = copy.error();
      no_server_ = error.code == Status::not_found;
      if (error.code == Status::unavailable || no_server_) error.code = Status::failed;  // it is not the target that is not there
      return error;
    }
    auto done = Rehearsal(host_, *copy).run(*pending);
    if (!done) return done.error();
    rehearsed_ = std::move(*done);
    plan_ = *plan;
    return {};
  }

  /// Where nothing is installed to rehearse with, every run would be warned: that is said as a matter of fact.
  Verdict not_rehearsed(const Error& error, Report& report) const {
    const auto verdict = host_.flag("required") ? Verdict::block : Verdict::warn;
    if (no_server_ && verdict == Verdict::warn) {
      host_.info("not rehearsed: " + error.message);
      return Verdict::skipped;
    }
    report.finding({verdict, "not-rehearsed", "the pending migrations were not rehearsed: " + error.message, {}, 0, 0, error.hint, {}});
    return verdict;
  }

  /// By the size of the table on the target: what is small is no matter.
  Verdict judge_rewrites(Report& report) const {
    const auto effects = host_.ask(TG_EFFECTS, TG_EFFECTS_PENDING);
    if (!effects) return Verdict::pass;  // nobody in this pipeline foretells
    auto verdict = Verdict::pass;
    for (const auto& one : unforeseen_rewrites(*effects, *rehearsed_)) {
      auto target = host_.db();
      double rows = -1, bytes = -1;
      const auto asked = target
                             ? target->query(
                                   "SELECT c.reltuples, pg_catalog.pg_total_relation_size(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = "
                                   "pg_catalog.to_regclass($1)",
                                   {one.relation},
                                   [&](const sdk::Row& row) {
                                     rows = std::atof(std::string(row[0]).c_str());
                                     bytes = std::atof(std::string(row[1]).c_str());
                                   })
                             : Result<void>(target.error());
      if (asked && bytes < 0) continue;  // made by a pending migration: nobody uses it yet
      if (asked && bytes <= kSmallBytes && rows <= kSmallRows) continue;
      const bool large = !asked || bytes > kLargeBytes || rows > kLargeRows;
      const auto now = large ? Verdict::block : Verdict::warn;
      report.finding(
          {now,
           "rewrite-under-lock",
           "the rehearsal saw that " + one.relation + " is written anew under a lock, which the SQL does not tell: " + one.headline,
           one.file,
           one.line,
           1,
           "-- find out why (a function, a statement that is not understood); do it in steps that do not rewrite the table",
           {}});
      verdict = std::max(verdict, now);
    }
    return verdict;
  }

  Verdict judge(const Rehearsed& one, Report& report) const {
    if (one.error) {
      auto message = "migration " + one.name + " fails on a copy of the schema: " + one.error->message;
      if (!one.error->detail.empty()) message += " (" + one.error->detail + ")";
      report.finding({Verdict::block,
                      "rehearsal-failed",
                      std::move(message),
                      one.error->file,
                      one.error->line,
                      one.error->column,
                      one.error->hint.empty() ? "mend the migration: nothing was changed" : one.error->hint,
                      {}});
      return Verdict::block;
    }
    const bool lost = one.grade == Grade::irreversible || one.grade == Grade::loses_data;
    if (one.proven && !lost) return Verdict::pass;
    if (!host_.flag("require_reversible")) {
      const auto why = one.unproven.empty() && !one.reasons.empty() ? one.reasons.front() : one.unproven;
      host_.info("migration " + one.name + (one.proven ? " cannot be undone without loss: " : " has no proven way back: ") + why);
      return Verdict::pass;
    }
    const auto why = !one.proven ? one.unproven : one.reasons.empty() ? std::string("rows or values are lost") : one.reasons.front();
    report.finding({Verdict::block,
                    "not-reversible",
                    "migration " + one.name + " cannot be undone as it was: " + why,
                    one.file,
                    0,
                    0,
                    "write a down.sql beside it, or let it through once with --override not-reversible --reason …",
                    {}});
    return Verdict::block;
  }

  sdk::Host host_;
  std::optional<std::vector<Rehearsed>> rehearsed_;
  std::string plan_;  // that was rehearsed
  int server_version_ = 0;
  bool no_server_ = false;  // the last try found no server programs
};

Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "safety.rehearse") return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<RehearseStage>(host));
}

}  // namespace
}  // namespace tidegate::rehearse

TIDEGATE_PLUGIN(tidegate::rehearse::make);
