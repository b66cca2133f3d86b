// SPDX-License-Identifier: Apache-2.0
// What stands around a change: the lease of the target, the format's lock, and the run's record. In this order, and given
// up in the other one.
#include <tidegate/extensions.hpp>

#include <algorithm>
#include <utility>

#include "run/format_lock.hpp"
#include "run/json.hpp"
#include "run/keeper.hpp"
#include "run/notifier.hpp"
#include "run/runner.hpp"

namespace tidegate::run {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using manifest::Kind;
using services::Access;

namespace {

constexpr std::chrono::minutes kQuestionLimit{2};
constexpr int kTriesToHold = 3;

}  // namespace

/// Of run.lock_wait, which lease and format's lock share; the run's own end may come before.
std::chrono::milliseconds Runner::wait_left() const {
  const auto left = lock_deadline_.sooner(run_deadline_).remaining_ms();
  return std::min(std::chrono::milliseconds(left), pipeline_.lock_wait);
}

void Runner::tell_wait(const std::string& holder, std::chrono::milliseconds waited) {
  events_.emit("waiting", "", {{"for", "run"}, {"ms", static_cast<std::int64_t>(waited.count())}, {"blockers", base::Array{holder}}});
  if (notifier_) notifier_->tell("waiting", {{"run", events_.run_id()}, {"pipeline", pipeline_.name}, {"holder", holder}});
}

/// Who is to be told learns of each run that this one took over from.
void Runner::tell_recovered() {
  for (const auto& run : keeper_->interrupted()) {
    auto fields = told_fields();
    fields.emplace_back("interrupted", base::Table{{"run", run.id}, {"holder", run.holder}, {"started_at", run.started_at}, {"applied", to_array(run.applied)}});
    notifier_->tell("recovered", std::move(fields));
  }
}

Result<void> Runner::take_lease() {
  if (!keeper_->has_target()) return {};
  auto runner = context_value("environment.runner").value_or("");
  if (runner == "unknown") runner.clear();
  const auto holder = holder_here(base::process_environment(), runner);
  auto taken = keeper_->take(holder, wait_left(), [this](const auto& who, auto waited) { tell_wait(who, waited); });
  if (taken) tell_recovered();
  return taken;
}

/// The format's lock, on main, for as long as main lives: then main is not connected anew.
Result<void> Runner::lock() {
  auto key = format_lock_key();
  if (!key) return std::move(key).error();
  const bool main_writes = std::any_of(entries_.begin(), entries_.end(), [this](const Entry& entry) {
    return entry.spec->kind == Kind::apply && entry.spec->needs_database && applies(*entry.spec);
  });
  if (!*key && !main_writes) return {};
  shared_.databases.unpin_main();
  auto main = shared_.databases.main(Deadline::in(kQuestionLimit));
  if (!main) return std::move(main).error();
  shared_.databases.next_stage();
  if (auto recorded = keeper_->main_is(**main); !recorded) return recorded;
  if (*key) {
    const LockWait wait{wait_left(), &shared_.interruption, [this](const auto& holder, auto waited) { tell_wait(holder, waited); }};
    if (auto taken = take_format_lock(**main, **key, wait); !taken) return taken;
    events_.emit("lock.taken", "", {{"key", **key}});
  }
  shared_.databases.pin_main();
  return {};
}

/// nullopt: the format has none, or nobody keeps a history.
Result<std::optional<std::int64_t>> Runner::format_lock_key() {
  std::optional<std::int64_t> out;
  auto* stage = offering(TG_HISTORY);
  if (stage == nullptr) return out;
  auto answer = call_watched(*stage, TG_HISTORY, TG_HISTORY_LOCK_KEY, "{}", Access::none, Deadline::in(kQuestionLimit));
  if (!answer) return std::move(answer).error();
  const auto object = from_json(*answer);
  const base::Value* key = object ? object->find("key") : nullptr;
  if (key != nullptr && !key->is_nil()) out = key->integer();
  return out;
}

/// Both again after a change, when a connection that was lost may have taken one of them with it.
Result<void> Runner::lock_again(Deadline limit) {
  lock_deadline_ = limit.sooner(Deadline::in(pipeline_.lock_wait));
  const std::chrono::milliseconds left(lock_deadline_.remaining_ms());
  if (auto taken = keeper_->take_again(left, [this](const auto& who, auto waited) { tell_wait(who, waited); }); !taken) return taken;
  tell_recovered();
  if (auto locked = lock(); !locked) return locked;
  return still_as_read();
}

/// What is to be undone was chosen by a history that was read without the locks, or before they were lost: what somebody else
/// has put on top since must not be left without what it stands on.
Result<void> Runner::still_as_read() {
  const auto read = std::exchange(before_, std::nullopt);
  if (!read) return {};
  const auto now = history();
  if (!now) return now.error();
  const bool same = now->failed == read->failed && now->newest == read->newest &&
                    std::equal(now->applied.begin(), now->applied.end(), read->applied.begin(), read->applied.end(),
                               [](const auto& a, const auto& b) { return a.name == b.name; });
  if (same) return {};
  return Error{Status::locked, "somebody else changed the history of migrations while this waited for the lock", "look at `tidegate status`, then decide again"};
}

/// Nothing is to be done after all, so that the next run need not wait for what is checked now.
void Runner::let_go() {
  if (shared_.databases.main_is_pinned()) {
    shared_.databases.unpin_main();
    if (auto key = format_lock_key(); key && *key)
      if (auto main = shared_.databases.main(Deadline::in(kQuestionLimit))) give_format_lock(**main, **key);
  }
  keeper_->let_go();
}

/// The run's record, and the lease once more; false when the run ended, or is to start again (`again`).
bool Runner::hold_for_change(bool& again) {
  RunStart start;
  start.id = events_.run_id();
  start.pipeline = pipeline_.name;
  start.environment = environments_.front();
  start.pending = report_.pending;
  if (overrode_) start.reason = base::Table{{"rule", settings_.override_rule}, {"reason", settings_.override_reason}};
  const auto held = keeper_->begin(std::move(start));
  if (held) {
    mark_target();
    return true;
  }
  again = held.error().code == Status::locked && ++tries_to_hold_ < kTriesToHold;
  if (again) log("", TG_LOG_WARN, "before the first change: " + held.error().message + "; it is taken again");
  else end_early(held.error());
  return false;
}

RunEnd Runner::end_of_run(End end, const std::optional<Error>& error) const {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(base::Clock::now() - began_);
  return {end.outcome, end.exit, took, report_.applied, report_.pending, report_.kept, report_.undone, error, report_.backups};
}

/// A command's change of the history is a run of its own, from its first event to its record.
Result<std::string> Runner::call_locked(std::string_view extension, std::string_view method, std::string_view arguments_json,
                                        std::chrono::milliseconds limit) {
  auto* stage = offering(extension);
  if (stage == nullptr) return Error{Status::not_found, "no stage of this pipeline offers " + std::string(extension)};
  if (before_) report_.pending = before_->pending;
  lock_deadline_ = Deadline::in(pipeline_.lock_wait);
  Result<void> held = take_lease();
  if (held) held = lock();
  if (held) held = still_as_read();
  if (held) {
    bool again = false;
    tries_to_hold_ = kTriesToHold;
    if (!hold_for_change(again)) held = report_.error.value_or(Error{Status::locked, "the lease of the target was lost"});
  }
  if (!held) {
    if (!finished_) end_early(held.error());
    return std::move(held).error();
  }
  changing("");
  auto answer = call_watched(*stage, extension, method, arguments_json, Access::write, Deadline::in(limit));
  settle_call(extension, answer);
  return answer;
}

/// How the call of a command ended, by what it says of itself (extensions.hpp).
void Runner::settle_call(std::string_view extension, const Result<std::string>& answer) {
  shared_.interruption.clear();  // it has ended the call, and is not to keep the record from its end
  if (!answer) {  // how far it came is not known where it may have been many, or the connection is gone
    const bool unknown = extension == TG_UNDO || !shared_.databases.main_is_open();
    if (!unknown && guard_.signal() != 0) return finish({Outcome::cancelled, 128 + guard_.signal()}, answer.error());
    return finish(unknown ? End{Outcome::kept, kExitKept} : end_before_change(answer.error()), answer.error());
  }
  const auto object = from_json(*answer);
  const auto names = [&](const char* key) {
    std::vector<std::string> out;
    const auto* list = object ? object->find(key) : nullptr;
    const auto* elements = list != nullptr ? list->as<base::Array>() : nullptr;
    if (elements != nullptr)
      for (const auto& element : *elements) out.push_back(element.text());
    return out;
  };
  report_.undone = names("undone");
  report_.kept = names("kept");
  before_.reset();
  if (shared_.databases.main_is_open())
    if (auto now = history(Rows::left_out)) report_.pending = now->pending;
  const auto* why = object ? object->find("error") : nullptr;
  if (why == nullptr || why->is_nil()) return finish({Outcome::succeeded, kExitOk}, std::nullopt);
  const auto* kind = object->at_path("failure.class");
  const Error error{kind != nullptr && kind->text() == base::name_of(Status::denied) ? Status::denied : Status::failed, why->text()};
  if (!report_.undone.empty() || !names("half_done").empty()) return finish({Outcome::rollback_failed, kExitKept}, error);
  if (guard_.signal() != 0) return finish({Outcome::cancelled, 128 + guard_.signal()}, error);
  if (error.code == Status::denied) return finish({Outcome::blocked, kExitBlocked}, error);
  finish({Outcome::failed, kExitFailed}, error);
}

}  // namespace tidegate::run
