// SPDX-License-Identifier: Apache-2.0
// The Runner after a failure that came behind the first change: what stands, what is undone, and how that ends.
#include <tidegate/extensions.hpp>

#include <algorithm>

#include "base/text.hpp"
#include "run/json.hpp"
#include "run/keeper.hpp"
#include "run/runner.hpp"

namespace tidegate::run {

using base::Clock;
using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using manifest::Kind;
using stage::Verdict;

namespace {

constexpr std::string_view kApplied = "run.applied";
constexpr std::string_view kError = "run.error";
constexpr std::string_view kRestored = ".restored";
constexpr std::chrono::minutes kQuestionLimit{2};

void add_trouble(Error& error, const Error& trouble) {
  if (trouble.message.empty()) return;
  error.hint += (error.hint.empty() ? "" : "; ") + std::string("the rollback failed: ") + trouble.message +
                (trouble.hint.empty() ? "" : " (" + trouble.hint + ")");
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

/// A run that was broken off, or could not go back, and left something pending, is brought to its end by this one: what it has
/// applied goes back with the rest when this one fails, so that a target is never left with half of a deploy. Only what the history
/// says that it has applied, and only while nobody has put anything on top since.
void Runner::adopt_what_was_broken_off() {
  adopted_.clear();
  if (!before_change_ || before_change_->pending.empty()) return;
  const auto runs = keeper_->broken_off();
  if (!runs) return log("", TG_LOG_WARN, "whether an earlier run was broken off is not known: " + runs.error().message);
  auto& was = *before_change_;
  for (const auto& run : *runs) {
    const auto had_to_do = [&run](const std::string& name) { return contains(run.pending, name) || contains(run.undone, name); };
    if (std::none_of(was.pending.begin(), was.pending.end(), had_to_do)) continue;  // all that it had to do is done
    std::erase_if(was.begun, [&had_to_do](const History::Begun& begun) { return had_to_do(begun.name); });
    const auto its = applied_by(run.id);
    for (; !was.applied.empty() && contains(its, was.applied.back().name); was.applied.pop_back()) adopted_.insert(adopted_.begin(), was.applied.back().name);
  }
  if (adopted_.empty()) return;
  was.pending.insert(was.pending.begin(), adopted_.begin(), adopted_.end());
  log("", TG_LOG_INFO, "goes on with what a run that was broken off had begun: " + base::join_words(adopted_) + (adopted_.size() == 1 ? " stands" : " stand") + " already");
}

/// What is applied and was applied by that run; none where nobody can tell.
std::vector<std::string> Runner::applied_by(const std::string& run) {
  std::vector<std::string> out;
  auto* stage = offering(TG_HISTORY);
  if (stage == nullptr) return out;
  const auto said = call_watched(*stage, TG_HISTORY, TG_HISTORY_APPLIED_BY, to_json(base::Table{{"run", run}}), services::Access::read,
                                 Deadline::in(kQuestionLimit).sooner(run_deadline_));
  const auto answer = said ? from_json(*said) : Result<base::Value>(said.error());
  const auto* names = answer ? answer->find("names") : nullptr;
  if (const auto* list = names != nullptr ? names->as<base::Array>() : nullptr; list != nullptr)
    for (const auto& name : *list) out.push_back(name.text());
  return out;
}

stage::Stage* Runner::undoer() {
  for (auto& entry : rollbacks_)
    if (applies(*entry.spec) && entry.stage->offers(TG_UNDO)) return entry.stage.get();
  return nullptr;
}

/// Whether the migration that stands half done is one whose rollback can be gone on with.
bool Runner::cut_off_while_undoing(stage::Stage& undoer) {
  const auto said = call_watched(undoer, TG_UNDO, TG_UNDO_FINISH, TG_UNDO_FINISH_ASK, services::Access::read, Deadline::in(kQuestionLimit).sooner(run_deadline_));
  const auto answer = said ? from_json(*said) : Result<base::Value>(said.error());
  const auto* names = answer ? answer->find("half_done") : nullptr;
  return names != nullptr && names->as<base::Array>() != nullptr && !names->as<base::Array>()->empty();
}

/// A rollback that was cut off in the middle of a migration comes to its end first: then the migration is pending like any
/// other, and what is pending is checked. False when the run ended, or anything else stands half done.
bool Runner::finish_undoing() {
  auto* stage = undoer();
  if (stage == nullptr || !cut_off_while_undoing(*stage)) return refuse_failed(), false;
  bool again = false;
  if (!hold_for_change(again)) {
    if (!finished_) end_early({Status::locked, "the lease of the target was lost", "run again"});
    return false;
  }
  changing("");
  const auto said = call_watched(*stage, TG_UNDO, TG_UNDO_FINISH, "{}", services::Access::write, Deadline::in(pipeline_.rollback_deadline).sooner(run_deadline_));
  const auto answer = said ? from_json(*said) : Result<base::Value>(said.error());
  const auto* why = answer ? answer->find("error") : nullptr;
  if (!answer || (why != nullptr && !why->is_nil())) {
    shared_.interruption.clear();
    finish({Outcome::rollback_failed, kExitKept}, answer ? Error{Status::failed, "the rollback that was cut off could not be finished: " + why->text(), "run again, or look at `tidegate status`"} : answer.error());
    return false;
  }
  changing_ = false;  // what was changed has come to its end
  before_.reset();
  const auto now = history(Rows::listed);
  if (!now) return end_early(now.error()), false;
  report_.pending = now->pending;
  log("", TG_LOG_INFO, "an earlier run was cut off while it undid a migration: that is finished, and it is pending again");
  if (failed_stand()) return refuse_failed(), false;
  report_.findings.resize(findings_before_checks_);
  return run_kind(Kind::precheck);
}

/// Asked and said before the first change, so that nobody meets a partial undo by surprise.
void Runner::decide_on_failure() {
  undo_ = false;
  if (report_.pending.empty() || !before_change_) return;
  auto reason = why_not_undone(undoer());
  why_kept_ = reason ? *reason : "whether they can be undone could not be asked: " + reason.error().message;
  undo_ = why_kept_.empty();
  events_.emit("rollback.decided", "", {{"on_failure", undo_ ? "undo" : "keep"}, {"reason", why_kept_}});
}

/// Empty: all that is pending can be undone.
Result<std::string> Runner::why_not_undone(stage::Stage* undoer) {
  if (pipeline_.on_failure == pipeline::OnFailure::keep) return std::string("on_failure is \"keep\"");
  if (undoer == nullptr) return std::string("no rollback stage of the pipeline can undo them");
  const auto& wanted = before_change_->pending;
  const auto arguments = to_json(base::Table{{"names", to_array(wanted)}});
  auto said = call_watched(*undoer, TG_UNDO, TG_UNDO_CAN, arguments, services::Access::read, Deadline::in(kQuestionLimit).sooner(run_deadline_));
  if (!said) return said.error();
  const auto answer = from_json(*said);
  const auto* list = answer ? answer->find("migrations") : nullptr;
  const auto* migrations = list != nullptr ? list->as<base::Array>() : nullptr;
  if (migrations == nullptr) return Error{Status::internal, "stage '" + undoer->id() + "' gave no list of migrations"};
  std::vector<std::string> can;
  for (const auto& migration : *migrations) {
    const auto text = [&](const char* key) { return migration.find(key) != nullptr ? migration.find(key)->text() : std::string(); };
    const auto grade = text("reversible");
    if (grade == "irreversible" || grade == "loses_data") {
      const auto reason = text("reason").empty() ? "it cannot be undone" : text("reason");
      return text("name") + ": " + (grade == "loses_data" ? "going back would lose data: " : "") + reason;
    }
    can.push_back(text("name"));
  }
  for (const auto& name : wanted)
    if (!contains(can, name)) return name + ": stage '" + undoer->id() + "' does not know it";
  return std::string();
}

/// Something failed after the first change. What of this run stands is read from the history, never guessed; it is undone
/// where that was decided.
void Runner::put_back(Error error) {
  shared_.interruption.clear();
  const End unknown{undo_ ? Outcome::rollback_failed : Outcome::kept, kExitKept};
  if (!look_at_what_stands(error)) return finish(unknown, error);
  // The server may still be at it (a lost connection whose backend could not be seen gone), so the history proves nothing.
  if (error.code == Status::conflict && error.sqlstate.empty()) return finish(unknown, error);
  const auto completed = report_.applied;
  Error trouble;
  run_rollback(error, completed, trouble);
  if (!completed.empty() && undo_ && !look_at_what_stands(error)) return finish({Outcome::rollback_failed, kExitKept}, error);
  settle(error, completed, trouble);
}

/// A pipeline without an apply stage is about what somebody else has changed, like a deployment: so are its rollback stages.
bool Runner::only_verifies() const {
  return !rollbacks_.empty() && std::none_of(pipeline_.stages.begin(), pipeline_.stages.end(), [](const auto& spec) { return spec.kind == Kind::apply; });
}

void Runner::put_back_what_others_changed(const Error& error) {
  Error trouble;
  Error told = error;
  why_kept_ = "this pipeline applies none";
  run_rollback(error, {}, trouble);
  add_trouble(told, trouble);
  if (!trouble.message.empty()) return finish({Outcome::rollback_failed, kExitKept}, told);
  finish({went_back_ ? Outcome::rolled_back : Outcome::failed, kExitFailed}, told);
}

/// Fills what the report says of applied, pending and kept; false with the error amended when it cannot be known.
bool Runner::look_at_what_stands(Error& error) {
  before_.reset();
  if (!before_change_) return true;
  shared_.databases.unpin_main();
  auto after = history();
  if (!after) {
    error.hint += (error.hint.empty() ? "" : "; ") + std::string("the history could not be read afterwards (") + after.error().message +
                  "), so look at `tidegate status` before the next run";
    if (report_.kept.empty()) report_.kept = report_.applied;
    return false;
  }
  report_.kept = standing(*before_change_, *after);  // what somebody else has added meanwhile is not this run's
  std::erase_if(report_.kept, [&](const std::string& name) { return !contains(before_change_->pending, name); });
  report_.pending = after->pending;
  report_.applied.clear();
  const auto begun = [&after](const std::string& name) {
    return std::any_of(after->begun.begin(), after->begun.end(), [&name](const auto& one) { return one.name == name; });
  };
  for (const auto& name : report_.kept)
    if (!contains(after->failed, name) && !begun(name)) report_.applied.push_back(name);
  return true;
}

void Runner::run_rollback(const Error& error, const std::vector<std::string>& completed, Error& trouble) {
  if (rollbacks_.empty()) return;
  shared_.context[std::string(kApplied)] = to_json(to_array(completed));
  shared_.context[std::string(kError)] = shared_.redactor.apply(error.message);
  events_.emit("rollback.started", "", {{"on_failure", undo_ ? "undo" : "keep"}, {"migrations", to_array(completed)}});
  const auto limit = Deadline::in(pipeline_.rollback_deadline);
  if (undo_ && !completed.empty())
    if (auto locked = lock_again(limit); !locked) trouble = locked.error();
  const bool alone = trouble.message.empty();
  for (auto& entry : rollbacks_) {
    const auto& spec = *entry.spec;
    const bool undoes = entry.stage->offers(TG_UNDO);
    if (!applies(spec)) skip(spec, why_not(spec));
    else if (!alone && (undoes || !spec.ensure)) skip(spec, "the lock of the target was lost and could not be had again");
    else if (undoes && before_change_ && completed.empty()) skip(spec, "nothing of this run stands");
    else if (undoes && !undo_) skip(spec, "completed migrations are kept: " + why_kept_);
    else run_rollback_stage(entry, limit, trouble);
  }
}

bool Runner::run_rollback_stage(Entry& entry, Deadline limit, Error& trouble) {
  const auto& spec = *entry.spec;
  const auto began = Clock::now();
  stage::Outcome outcome;
  for (int attempt = 1;; ++attempt) {
    outcome = call_once(entry, false, static_cast<std::uint32_t>(attempt), limit);
    if (!outcome.error || limit.over() || !pause_before_retry(spec, *outcome.error, attempt, limit)) break;
  }
  for (const auto& finding : outcome.findings) {
    events_.emit("finding", spec.id, *to_value(finding).as<base::Table>());
    report_.findings.push_back(finding);
  }
  base::Table fields{{"verdict", outcome.error ? std::string_view("error") : stage::name_of(outcome.verdict)},
                     {"ms", static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count())}};
  if (outcome.error) fields.emplace_back("error", to_value(*outcome.error));
  events_.emit("stage.finished", spec.id, std::move(fields));
  if (outcome.error && trouble.message.empty()) trouble = *outcome.error;
  went_back_ = went_back_ || (!outcome.error && outcome.verdict != Verdict::skipped);
  return !outcome.error;
}

/// What is to happen whatever the end of a change; after a failure it has run with the others.
void Runner::run_ensured() {
  if (!changing_) return;
  Error trouble;
  const auto limit = Deadline::in(pipeline_.rollback_deadline);
  for (auto& entry : rollbacks_) {
    if (!entry.spec->ensure) continue;
    if (!applies(*entry.spec)) skip(*entry.spec, why_not(*entry.spec));
    else run_rollback_stage(entry, limit, trouble);
  }
  if (!trouble.message.empty()) events_.emit("log", "", {{"level", "warn"}, {"message", "the change stands, but not all that was to follow it worked: " + trouble.message}});
}

void Runner::settle(const Error& failure, const std::vector<std::string>& completed, const Error& trouble) {
  Error error = failure;
  add_trouble(error, trouble);
  for (auto name = completed.rbegin(); name != completed.rend(); ++name)
    if (!contains(report_.kept, *name)) report_.undone.push_back(*name);
  bool restored = before_change_ && report_.kept.empty();
  if (!before_change_)  // nobody keeps a history, so a rollback stage has to say it
    for (const auto& entry : rollbacks_)
      restored = restored || context_value(entry.spec->id + std::string(kRestored)).value_or("") == "true";
  if (!restored || !trouble.message.empty()) {
    const bool tried = (undo_ && !completed.empty()) || !trouble.message.empty();
    return finish({tried ? Outcome::rollback_failed : Outcome::kept, kExitKept}, error);
  }
  if (const int signal = guard_.signal(); signal != 0) return finish({Outcome::cancelled, 128 + signal}, error);
  const bool rolled_back = !report_.undone.empty() || !before_change_;
  finish({rolled_back ? Outcome::rolled_back : Outcome::failed, kExitFailed}, error);
}

}  // namespace tidegate::run
