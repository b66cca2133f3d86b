// SPDX-License-Identifier: Apache-2.0
#include "run/runner.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "run/notifier.hpp"

namespace tidegate::run {

using base::Clock;
using base::Error;
using base::Status;
using manifest::Kind;

Runner::Runner(const pipeline::Pipeline& pipeline, Settings settings, MakeStage make, World world)
    : pipeline_(pipeline),
      settings_(std::move(settings)),
      make_(std::move(make)),
      events_(world.events),
      guard_(world.guard),
      shared_{world.redactor, world.context, *this, world.interruption, world.databases,
              [this](auto extension, auto method, auto arguments, auto access, auto deadline) {
                return ask(extension, method, arguments, access, deadline);
              },
              std::move(world.variables)},
      notifier_(std::make_unique<Notifier>(pipeline_, make_, shared_, events_, guard_,
                                           [this](stage::Stage& stage, base::Deadline deadline) { return watch_for(stage, deadline); })) {
}

Runner::~Runner() = default;

Report Runner::run() {
  began_ = Clock::now();
  if (pipeline_.deadline) run_deadline_ = base::Deadline::in(*pipeline_.deadline);
  events_.emit("run.started", "", {{"pipeline", pipeline_.name}, {"file", pipeline_.file}, {"dry_run", settings_.dry_run}});
  enter("detecting");
  if (auto prepared = prepare(); !prepared) {
    end_early(prepared.error());
    return report_;
  }
  if (!settings_.dry_run) notifier_->tell("started", told_fields());
  check_and_change();
  return report_;
}

void Runner::enter(std::string_view state) { events_.emit("run.state", "", {{"state", state}}); }

void Runner::check_and_change() {
  enter("checking");
  const bool has_history = offering("tidegate.history/1") != nullptr;
  if (has_history) {
    auto found = history(settings_.dry_run ? Rows::listed : Rows::left_out);
    if (!found) return end_early(found.error());
    report_.pending = found->pending;
  }
  findings_before_checks_ = report_.findings.size();
  if (!run_kind(Kind::precheck)) return;
  if (!settings_.only.empty()) {
    skip_changes();
    if (run_kind(Kind::verify)) finish({Outcome::succeeded, kExitOk}, std::nullopt);
    return;
  }
  if (settings_.dry_run) return failed_stand() ? refuse_failed() : dry_run_changes();
  const bool pending_unknown = !has_history && std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return e.spec->kind == Kind::apply && applies(*e.spec);
  });
  const auto wanted = [&] { return !report_.pending.empty() || pending_unknown || failed_stand(); };
  for (bool again = true; again;) {
    if (wanted() && has_history && !recheck()) return;
    if (failed_stand()) return refuse_failed();
    if (wanted()) again = change();
    else again = (skip_changes(), false);
    if (finished_) return;
  }
  shared_.databases.unpin_main();  // the lock has done its work, so a lost connection may be made anew
  enter("verifying");
  if (!run_kind(Kind::verify)) return;
  run_ensured();
  finish({Outcome::succeeded, kExitOk}, std::nullopt);
}

/// The history has a migration that began and did not end: nothing runs on top of that, in the format's own words.
void Runner::refuse_failed() {
  if (auto planned = plan(); !planned && planned.error().code != Status::not_found) return end_early(planned.error());
  finish({Outcome::blocked, kExitBlocked},
         Error{Status::denied, "the history has failed migrations: " + base::join_words(before_->failed), "clean up, then `tidegate resolve`"});
}

/// A migration began and did not end. Only under the lock is that a failure; without it, another run may be at it.
bool Runner::failed_stand() const { return before_ && !before_->failed.empty(); }

void Runner::skip_changes() {
  for (const auto& entry : entries_)
    if (entry.spec->kind == Kind::apply) skip(*entry.spec, !settings_.only.empty() ? "--only " + settings_.only : applies(*entry.spec) ? "nothing is pending" : why_not(*entry.spec));
}

void Runner::dry_run_changes() {
  if (offering("tidegate.plan/1") != nullptr && !report_.pending.empty()) {
    auto planned = plan();
    if (!planned) return end_early(planned.error());
    planned_ = std::move(*planned);
    for (const auto& migration : planned_)
      events_.emit("plan.migration", "", {{"name", migration.name},
                                          {"statements", static_cast<std::int64_t>(migration.statements.size())},
                                          {"transactional", migration.transactional}});
  }
  for (auto& entry : entries_) {
    if (entry.spec->kind == Kind::apply && !entry.stage->offers("tidegate.plan/1")) {
      if (applies(*entry.spec)) {
        const auto began = Clock::now();
        if (!conclude(entry, call_stage(entry, true), std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began))) return;
      } else {
        skip(*entry.spec, why_not(*entry.spec));
      }
    } else if (entry.spec->kind == Kind::apply || entry.spec->kind == Kind::verify) {
      skip(*entry.spec, "dry run");
    }
  }
  finish({Outcome::succeeded, kExitOk}, std::nullopt);
}

/// Runs the stages of a kind in order; false when one of them ended the run.
bool Runner::run_kind(Kind kind) {
  for (auto& entry : entries_) {
    if (entry.spec->kind != kind) continue;
    if (interrupted()) return false;
    if (!settings_.only.empty() && settings_.only != entry.spec->id) {
      skip(*entry.spec, "--only " + settings_.only);
      continue;
    }
    if (!applies(*entry.spec)) {
      skip(*entry.spec, why_not(*entry.spec));
      continue;
    }
    const auto began = Clock::now();
    auto outcome = call_stage(entry, settings_.dry_run);
    if (!conclude(entry, std::move(outcome), std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began))) return false;
  }
  return true;
}

/// Takes the lock and reads what is pending again; false when the run ended. A connection that is lost takes the lock
/// with it, so both are done again.
bool Runner::recheck() {
  if (interrupted()) return false;
  enter("locked");
  for (int attempt = 1;; ++attempt) {
    auto locked = lock();
    if (locked) enter("rechecking");
    before_.reset();
    auto again = locked ? history(Rows::listed) : base::Result<History>(locked.error());
    if (again) {
      const bool same = again->pending == report_.pending;
      report_.pending = again->pending;
      if (same || report_.pending.empty()) return true;
      report_.findings.resize(findings_before_checks_);
      return run_kind(Kind::precheck);
    }
    if (!retry(again.error(), attempt)) {
      end_early(again.error());
      return false;
    }
  }
}

/// Runs the apply stages. True when the connection was lost before the first change, and it is worth starting again.
bool Runner::change() {
  before_change_ = before_;
  decide_on_failure();
  for (auto& entry : entries_) {
    const auto& spec = *entry.spec;
    if (spec.kind != Kind::apply) continue;
    if (interrupted()) return false;
    if (!applies(spec)) {
      skip(spec, why_not(spec));
      continue;
    }
    const auto began = Clock::now();
    auto outcome = call_stage(entry, false);
    const auto error = outcome.error;
    const bool passed = conclude(entry, std::move(outcome), std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began));
    if (passed) continue;
    if (error && worth_starting_again(spec, *error)) return true;
    settle_failed_change(spec, error.value_or(Error{Status::failed, "stage '" + spec.id + "' failed"}));
    return false;
  }
  report_.applied = std::move(report_.pending);
  report_.pending.clear();
  return false;
}

/// Nothing was changed yet, and the pipeline or the kind of failure says that another try may do better.
bool Runner::worth_starting_again(const pipeline::Stage& spec, const Error& error) {
  if (changing_) return false;
  ++change_tries_;
  return spec.retry ? pause_before_retry(spec, error, change_tries_) : before_change_ && retry(error, change_tries_);
}

void Runner::settle_failed_change(const pipeline::Stage& spec, const Error& error) {
  if (changing_) return put_back(error);
  shared_.interruption.clear();
  if (const int signal = guard_.signal(); signal != 0) return finish({Outcome::cancelled, 128 + signal}, error);
  const bool keeps_history = offering("tidegate.history/1") != nullptr && offering("tidegate.history/1")->id() == spec.id;
  // One that prepares the change (a backup) has failed at its own work; the format's own stage has refused.
  if (error.code == Status::failed && !keeps_history) return finish({Outcome::failed, kExitFailed}, error);
  finish(end_before_change(error), error);
}

bool Runner::interrupted() {
  if (!shared_.interruption.triggered() || finished_) return finished_;
  const Error error{Status::cancelled, "interrupted by signal " + std::to_string(guard_.signal()), "nothing was left half done; run again"};
  end_early(error);
  return true;
}

/// The run ends without an apply stage having failed.
void Runner::end_early(const Error& error) {
  shared_.interruption.clear();
  if (changing_) return put_back(error);
  if (guard_.signal() != 0) return finish({Outcome::cancelled, 128 + guard_.signal()}, error);
  finish(end_before_change(error), error);
}

void Runner::finish(End end, std::optional<Error> error) {
  if (finished_) return;
  finished_ = true;
  report_.outcome = end.outcome;
  report_.exit = end.exit;
  report_.error = std::move(error);
  if (!settings_.dry_run) {
    auto fields = told_fields();
    auto ended = finished_fields(end, report_.error);
    fields.insert(fields.end(), std::make_move_iterator(ended.begin()), std::make_move_iterator(ended.end()));
    notifier_->tell(name_of(end.outcome), std::move(fields));
  }
  shared_.databases.close_all();
  enter("finished");
  events_.emit("run.finished", "", finished_fields(end, report_.error));
}

/// What every notification says of the run.
base::Table Runner::told_fields() const {
  base::Table fields{{"run", events_.run_id()},
                     {"pipeline", pipeline_.name},
                     {"environment", environments_.empty() ? std::string("unknown") : environments_.front()}};
  add_deployment(fields);
  return fields;
}

base::Table Runner::finished_fields(End end, const std::optional<Error>& error) const {
  base::Array findings;
  for (const auto& finding : report_.findings) findings.push_back(to_value(finding));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_).count();
  base::Table fields{{"outcome", name_of(end.outcome)},
                     {"exit", end.exit},
                     {"applied", to_array(report_.applied)},
                     {"pending", to_array(report_.pending)},
                     {"undone", to_array(report_.undone)},
                     {"kept", to_array(report_.kept)},
                     {"findings", std::move(findings)},
                     {"ms", static_cast<std::int64_t>(took)}};
  if (error) fields.emplace_back("error", to_value(*error));
  return fields;
}

}  // namespace tidegate::run
