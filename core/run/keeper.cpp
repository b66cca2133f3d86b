// SPDX-License-Identifier: Apache-2.0
#include "run/keeper.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "run/history.hpp"
#include "run/journal/reading.hpp"

namespace tidegate::run {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::db::Session;

namespace {

constexpr std::chrono::seconds kConnectLimit{30};
constexpr std::size_t kLooksBack = 20;  // runs

/// What `locked` stands for elsewhere: somebody else is at it, nothing was touched, worth a retry (exit 7).
Error as_locked(Error error) {
  if (error.code == Status::conflict) error.code = Status::locked;
  return error;
}

std::string described(const RunRecord& run) {
  std::string out = "run " + run.id;
  if (!run.holder.empty()) out += " of " + run.holder;
  out += ", started at " + run.started_at + ", was interrupted: its process ended before it did";
  return out + (run.applied.empty() ? "" : "; it had applied " + base::join_words(run.applied));
}

/// By what it said before its first change, which its record has from the beginning.
Result<bool> was_to_go_back(Session& session, const std::string& run, Deadline deadline) {
  const auto events = events_of(session, run, deadline);
  if (!events) return events.error();
  bool out = false;
  for (const auto& event : *events)
    if (event.find("type")->text() == "rollback.decided") out = event.find("on_failure") != nullptr && event.find("on_failure")->text() == "undo";
  return out;
}

}  // namespace

Keeper::Keeper(services::db::Hub& databases, services::Interruption& interruption, EventStream& events, const base::Redactor& redactor,
               Options options)
    : databases_(databases), interruption_(interruption), events_(events), options_(std::move(options)), journal_(redactor) {
  if (!options_.records || options_.journal == pipeline::JournalKind::none) journal_.begin_nowhere();
  else events_.add(journal_);
}

Keeper::~Keeper() { events_.remove(journal_); }

bool Keeper::has_target() const { return static_cast<bool>(databases_.target("main")); }

/// Main is connected first where it is not, so that there is one connection and not two.
Result<void> Keeper::open_control() {
  if (auto main = databases_.main(Deadline::in(kConnectLimit)); !main) return std::move(main).error();
  auto opened = Control::open(databases_, Deadline::in(kConnectLimit));
  if (!opened) return std::move(opened).error();
  control_ = std::move(*opened);
  return {};
}

/// In this order: who takes the lease next must not find the format's lock held.
void Keeper::drop() {
  if (lease_) databases_.close_all();
  lease_.reset();
  control_.reset();
}

Result<void> Keeper::take(const std::string& holder, std::chrono::milliseconds limit, const OnWait& on_wait) {
  if (lease_) {
    if (lease_->still_held()) return {};
    drop();
  }
  holder_ = holder;
  if (auto opened = open_control(); !opened) return opened;
  auto lease = std::make_unique<Lease>(*control_);
  const bool record = options_.journal == pipeline::JournalKind::database;
  const auto another = [this] { return databases_.open("main", Deadline::in(kConnectLimit)); };
  auto taken = lease->acquire({events_.run_id(), holder_, record, another}, {limit, &interruption_, on_wait});
  if (!taken) {
    lease.reset();
    control_.reset();
    return as_locked(std::move(taken).error());
  }
  lease_ = std::move(lease);
  taken_ = std::move(*taken);
  if (record_ == Record::in_database) journal_.go_on_over(*control_);
  tell_taken();
  return {};
}

Result<void> Keeper::take_again(std::chrono::milliseconds limit, const OnWait& on_wait) {
  if (holder_.empty()) return {};  // never taken: there is no target
  const auto fence = taken_.fence;
  if (auto taken = take(holder_, limit, on_wait); !taken) return taken;
  const bool alone = taken_.fence == fence || (taken_.recorded && taken_.fence == fence + 1);
  if (alone) return {};
  return Error{Status::locked, "this run had lost the lease of the target, and another run has had it since",
               "what stands is for a person to judge: look at `tidegate status`"};
}

void Keeper::tell_taken() {
  base::Array interrupted;
  for (const auto& run : taken_.interrupted) interrupted.emplace_back(run.id);
  events_.emit("lease.taken", "", {{"holder", holder_}, {"fence", taken_.fence}, {"recorded", taken_.recorded}, {"interrupted", std::move(interrupted)}});
  for (const auto& run : taken_.interrupted) warn(described(run), "its sessions are gone, and this run takes over");
}

void Keeper::warn(const std::string& message, const std::string& hint) {
  events_.emit("log", "", {{"level", "warn"}, {"message", message}, {"hint", hint}});
}

Result<std::vector<RunRecord>> Keeper::broken_off() {
  std::vector<RunRecord> out;
  if (!control_ || !taken_.recorded) return out;
  const auto own = events_.run_id();
  const auto read = control_->call([&out, &own](Session& session) -> Result<void> {
    const auto limit = Deadline::in(Control::kStatementLimit);
    auto runs = recent_runs(session, kLooksBack, limit);
    if (!runs) return std::move(runs).error();
    for (auto& run : *runs) {
      if (run.id == own) continue;
      if (run.outcome == "succeeded" || run.outcome == "kept") break;
      if (run.outcome != "interrupted" && run.outcome != "rollback_failed") continue;  // nothing of it stands
      const auto undo = was_to_go_back(session, run.id, limit);
      if (!undo) return undo.error();
      if (!*undo) break;
      out.push_back(std::move(run));
    }
    return {};
  });
  if (!read) return read.error();
  return out;
}

Result<void> Keeper::main_is(Session& main) {
  if (!lease_) return {};
  if (auto recorded = lease_->main_is(main); !recorded) return as_locked(std::move(recorded).error());
  return {};
}

Result<void> Keeper::begin(RunStart start) {
  if (!lease_) {  // a pipeline without a database
    journal_.begin_nowhere();
    return {};
  }
  // Before, so that a lease that is lost by now does not cost the record; and after, since the record took its time.
  if (auto held = lease_->still_held(); !held) return as_locked(std::move(held).error());
  const bool begun_before = record_ != Record::none;
  if (auto begun = begin_record(std::move(start)); !begun) return begun;
  if (begun_before || record_ != Record::in_database) return {};
  if (auto held = lease_->still_held(); !held) return as_locked(std::move(held).error());
  return {};
}

Result<void> Keeper::begin_record(RunStart start) {
  if (record_ != Record::none || !options_.records) return {};
  start.holder = holder_;
  start.version = options_.version;
  start.fence = taken_.fence;
  if (taken_.recorded) {
    if (auto begun = journal_.begin(*control_, taken_.target, start); !begun) return begun;
    record_ = Record::in_database;
    return {};
  }
  record_ = Record::elsewhere;
  if (options_.journal == pipeline::JournalKind::none) return {};
  begin_in_a_file(start);
  return {};
}

void Keeper::begin_in_a_file(const RunStart& start) {
  const auto begun = journal_.begin_in(options_.folder, taken_.target, start);
  if (!begun) {
    journal_.begin_nowhere();
    return warn("the run is not recorded: " + begun.error().message, begun.error().hint);
  }
  if (taken_.warning.empty()) return;
  warn(taken_.warning + ": the run is recorded in " + options_.folder + ", so recovery after a crash knows less",
       "GRANT CREATE ON DATABASE … to the role, make the schema for it (docs/journal.md), or set run.journal = \"file\"");
}

Result<void> Keeper::mark(const Identity& identity) {
  if (record_ != Record::in_database) return {};
  return control_->call([&identity](Session& session) { return write_identity(session, identity, Deadline::in(Control::kStatementLimit)); });
}

void Keeper::let_go() {
  if (record_ != Record::none) return;
  journal_.begin_nowhere();
  lease_.reset();
  control_.reset();
}

Result<void> Keeper::finish(const RunEnd& end) {
  if (record_ == Record::in_database) {
    if (lease_) (void)lease_->still_held();  // sees a connection that is gone
    if (!control_ || control_->lost()) {
      lease_.reset();
      control_.reset();
      if (auto opened = open_control(); !opened) return opened;
      journal_.go_on_over(*control_);
    }
  }
  auto written = journal_.finish(end);
  lease_.reset();
  control_.reset();
  return written;
}

}  // namespace tidegate::run
