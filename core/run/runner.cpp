// SPDX-License-Identifier: Apache-2.0
#include "run/runner.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "run/journal/file.hpp"
#include "run/identity.hpp"
#include "run/keeper.hpp"
#include "run/notifier.hpp"

namespace tidegate::run {

using base::Clock;
using base::Deadline;
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
                                           [this](stage::Stage& stage, base::Deadline deadline) { return watch_for(stage, deadline); })),
      keeper_(std::make_unique<Keeper>(world.databases, world.interruption, events_, world.redactor,
                                       Keeper::Options{!settings_.dry_run || !settings_.command.empty(), pipeline_.journal,
                                                       journal_folder(pipeline_), std::move(world.version)})) {
}

Runner::~Runner() = default;

Report Runner::run() {
  began_ = Clock::now();
  if (pipeline_.deadline) run_deadline_ = Deadline::in(*pipeline_.deadline);
  events_.emit("run.started", "", {{"pipeline", pipeline_.name}, {"file", pipeline_.file}, {"dry_run", settings_.dry_run}});
  enter("detecting");
  if (auto prepared = prepare(); !prepared) {
    prepare_to_tell();
    end_early(prepared.error());
    return report_;
  }
  if (!settings_.dry_run) notifier_->tell("started", told_fields());
  check_and_change();
  return report_;
}

/// Of a run that ends before it has begun, those who are to be told are told as well; the environment may not be known.
void Runner::prepare_to_tell() {
  if (settings_.dry_run) return;
  auto names = environments_;
  if (names.empty()) names = {settings_.environment.empty() ? "unknown" : settings_.environment, "production"};
  const auto ready = notifier_->prepare(names, [this](const pipeline::Stage& spec) { return applies(spec); });
  if (!ready) log("", TG_LOG_WARN, "not everybody can be told: " + ready.error().message);
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
  const bool pending_unknown = !has_history && std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return e.spec->kind == Kind::apply && applies(*e.spec);
  });
  const bool may_change = pending_unknown || !report_.pending.empty() || failed_stand();
  if (settings_.only.empty() && may_change && !may_change_target()) return;
  findings_before_checks_ = report_.findings.size();
  // Another run may be at what was begun: only under the locks there is something to check.
  unchecked_ = before_ && !before_->begun.empty() && !settings_.dry_run && settings_.only.empty();
  if (!unchecked_ && !run_kind(Kind::precheck)) return;
  if (!settings_.only.empty()) {
    skip_changes();
    if (run_kind(Kind::verify)) finish({Outcome::succeeded, kExitOk}, std::nullopt);
    return;
  }
  if (settings_.dry_run) {
    if (failed_stand()) return refuse_failed();
    return confirmed() ? dry_run_changes() : void();
  }
  const auto wanted = [&] { return !report_.pending.empty() || pending_unknown || failed_stand(); };
  for (bool again = true; again;) {
    if (wanted() && (has_history || keeper_->has_target()) && !recheck(has_history)) return;
    if (failed_stand() && !finish_undoing()) return;
    if (!confirmed()) return;
    if (wanted()) {
      again = change();
    } else {
      let_go();
      skip_changes();
      again = false;
    }
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

/// False when the run ended, since this is not what was asked for.
bool Runner::confirmed() {
  if (!confirm_) return true;
  const auto same = confirm_();
  if (!same && same.error().code == Status::denied) finish({Outcome::blocked, kExitBlocked}, same.error());
  else if (!same) end_early(same.error());
  return same.ok();
}

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

/// Takes the lease and the format's lock and reads what is pending again; false when the run ended. A connection that is
/// lost takes a lock with it, so all is done again.
bool Runner::recheck(bool has_history) {
  if (interrupted()) return false;
  enter("locked");
  lock_deadline_ = Deadline::in(pipeline_.lock_wait);
  const auto failed_before = before_ ? before_->failed : std::vector<std::string>{};  // of another run that was at it
  for (int attempt = 1;; ++attempt) {
    auto locked = take_lease();
    if (locked) locked = lock();
    if (locked && !has_history) return true;
    if (locked) enter("rechecking");
    before_.reset();
    auto again = locked ? history(Rows::listed) : base::Result<History>(locked.error());
    if (again) {
      const bool same = again->pending == report_.pending && again->failed == failed_before;
      report_.pending = again->pending;
      if (!std::exchange(unchecked_, false) && (same || report_.pending.empty())) return true;
      report_.findings.resize(findings_before_checks_);
      return run_kind(Kind::precheck);
    }
    if (!retry(again.error(), attempt)) {
      end_early(again.error());
      return false;
    }
  }
}

/// Runs the apply stages. True when a connection was lost before the first change, and it is worth starting again.
bool Runner::change() {
  before_change_ = before_;
  adopt_what_was_broken_off();
  decide_on_failure();
  if (bool again = false; !hold_for_change(again)) return again;
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
  return spec.retry ? pause_before_retry(spec, error, change_tries_, run_deadline_) : before_change_ && retry(error, change_tries_);
}

/// Of the last call: somebody did not answer (an HTTP server, a program), and the database was not missing.
bool Runner::unavailable_but_not_the_target(const Error& error) const {
  return error.code == Status::unavailable && !shared_.databases.target_is_lost();
}

void Runner::settle_failed_change(const pipeline::Stage& spec, const Error& error) {
  if (changing_) return put_back(error);
  shared_.interruption.clear();
  if (const int signal = guard_.signal(); signal != 0) return finish({Outcome::cancelled, 128 + signal}, error);
  const bool keeps_history = offering("tidegate.history/1") != nullptr && offering("tidegate.history/1")->id() == spec.id;
  // One that prepares the change (a backup) has failed at its own work; the format's own stage has refused.
  if ((error.code == Status::failed || unavailable_but_not_the_target(error)) && !keeps_history) return finish({Outcome::failed, kExitFailed}, error);
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
  if (report_.error)
    for (const auto& backup : report_.backups)
      report_.error->hint += (report_.error->hint.empty() ? "" : "; ") + ("the backup from before the change: " + backup.handle);
  if (!settings_.dry_run) {
    auto fields = told_fields();
    auto ended = finished_fields(end_of_run(end, report_.error));
    fields.insert(fields.end(), std::make_move_iterator(ended.begin()), std::make_move_iterator(ended.end()));
    notifier_->tell(name_of(end.outcome), std::move(fields));
  }
  shared_.databases.close_all();
  if (const auto trouble = keeper_->trouble()) log("", TG_LOG_WARN, "the record of this run may be incomplete: " + trouble->message);
  enter("finished");
  const auto ended = end_of_run(end, report_.error);  // told and recorded alike, the milliseconds too
  events_.emit("run.finished", "", finished_fields(ended));
  if (auto recorded = keeper_->finish(ended); !recorded) report_.unrecorded = recorded.error();
}

/// What every notification says of the run.
base::Table Runner::told_fields() const {
  base::Table fields{{"run", events_.run_id()},
                     {"pipeline", pipeline_.name},
                     {"environment", environments_.empty() ? std::string("unknown") : environments_.front()}};
  add_deployment(fields);
  return fields;
}

base::Table Runner::finished_fields(const RunEnd& end) const {
  base::Array findings;
  for (const auto& finding : report_.findings) findings.push_back(to_value(finding));
  base::Table fields{{"outcome", name_of(end.outcome)},
                     {"exit", end.exit},
                     {"applied", to_array(end.applied)},
                     {"pending", to_array(end.pending)},
                     {"undone", to_array(end.undone)},
                     {"kept", to_array(end.kept)},
                     {"backups", to_array(end.backups)},
                     {"findings", std::move(findings)},
                     {"ms", static_cast<std::int64_t>(end.ms.count())}};
  if (end.error) fields.emplace_back("error", to_value(*end.error));
  return fields;
}

}  // namespace tidegate::run
