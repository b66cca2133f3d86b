// SPDX-License-Identifier: Apache-2.0
//
// Keeper: what a run that has something to do holds of its target: the control session, the lease over it and the run's
// record. Nothing of it is there before take, so that a run with nothing to do writes nothing and opens nothing. Owned by
// the Runner; its thread.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/model.hpp"
#include "run/identity.hpp"
#include "run/journal/journal.hpp"
#include "run/journal/lease.hpp"

namespace tidegate::run {

class Keeper {
 public:
  struct Options {
    bool records = true;  ///< false: a command that only asks; no event is kept
    pipeline::JournalKind journal = pipeline::JournalKind::database;
    std::string folder;   ///< of a journal in a file
    std::string version;  ///< of the host
  };
  Keeper(services::db::Hub& databases, services::Interruption& interruption, EventStream& events, const base::Redactor& redactor,
         Options options);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Whether there is a database to hold anything of: a pipeline of programs may have none.
  [[nodiscard]] bool has_target() const;
  /// Whom a wait is for, at once and whenever that changes.
  using OnWait = std::function<void(const std::string& holder, std::chrono::milliseconds waited)>;
  /// Takes the lease, or sees that it is still held; one that was lost is taken again. Main's connection becomes the control
  /// session, so main is not to hold anything any more. Errors as Lease::acquire, but all that say "somebody else" are
  /// `locked` (exit 7).
  base::Result<void> take(const std::string& holder, std::chrono::milliseconds limit, const OnWait& on_wait);
  /// take, after the first change: an error too when somebody else had the lease since.
  base::Result<void> take_again(std::chrono::milliseconds limit, const OnWait& on_wait);
  /// The runs whose process ended before they did, and which this one took over from: each is given once.
  std::vector<RunRecord> interrupted() { return std::exchange(taken_.interrupted, {}); }
  /// The runs of this target, the newest first, that were to go back when they fail, and were broken off or could not, and that no
  /// run has brought to an end since, by success or by keeping what stands; by the record in the database, so none where there is
  /// no such.
  base::Result<std::vector<RunRecord>> broken_off();
  /// Records who applies: whenever main was connected, before it changes anything.
  base::Result<void> main_is(services::db::Session& main);
  /// Before the first change: begins the record (once), and asks the server for the lease. `locked`: it was lost, so nothing
  /// may be changed.
  base::Result<void> begin(RunStart start);
  /// Marks the target, where the run is recorded in it.
  base::Result<void> mark(const Identity& identity);
  /// What was emitted so far is recorded when this returns; what could not be is told by trouble().
  void flush() { (void)journal_.flush(); }
  /// Nothing is to be done after all: the lease is for the next one, and nothing is recorded.
  void let_go();
  /// The first thing of the record that could not be written.
  [[nodiscard]] std::optional<base::Error> trouble() const { return journal_.trouble(); }
  /// After run.finished was emitted: the record's end, then the lease is given up. The error is the record's.
  base::Result<void> finish(const RunEnd& end);
  /// The record's end when the process is about to end with a stage that hangs. From any thread.
  void last_words(const RunEnd& end) { (void)journal_.finish(end); }

 private:
  base::Result<void> open_control();
  void drop();
  void tell_taken();
  void warn(const std::string& message, const std::string& hint);
  base::Result<void> begin_record(RunStart start);
  void begin_in_a_file(const RunStart& start);

  services::db::Hub& databases_;
  services::Interruption& interruption_;
  EventStream& events_;
  const Options options_;
  Journal journal_;
  std::unique_ptr<Control> control_;
  std::unique_ptr<Lease> lease_;  // over control_
  LeaseTaken taken_;
  std::string holder_;
  enum class Record { none, in_database, elsewhere };
  Record record_ = Record::none;
};

}  // namespace tidegate::run
