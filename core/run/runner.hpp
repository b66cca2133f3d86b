// SPDX-License-Identifier: Apache-2.0
//
// Runner: takes a checked pipeline through the states of a run and says how it ended. Commands that only ask use its
// first half (prepare, history, plan). Owned by one command; main thread, but for the Sink calls that services make.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/model.hpp"
#include "run/backup.hpp"
#include "run/events.hpp"
#include "run/guard.hpp"
#include "run/history.hpp"
#include "run/outcome.hpp"
#include "services/db/hub.hpp"
#include "stage/stage.hpp"

namespace tidegate::run {

class Keeper;
struct Identity;
class Notifier;
struct RunEnd;

/// Makes a stage with the settings that hold in an environment (its names, most specific first).
using MakeStage = std::function<base::Result<std::unique_ptr<stage::Stage>>(const pipeline::Stage& spec, const std::vector<std::string>& environments,
                                                                             services::Shared& shared)>;

/// What the runner works with; all of it outlives the runner.
struct World {
  base::Redactor& redactor;
  services::ContextStore& context;
  services::Interruption& interruption;
  services::db::Hub& databases;
  EventStream& events;
  Guard& guard;
  base::Environment variables;
  std::string version = {};  ///< of the host, for the run's record
};

struct Settings {
  bool dry_run = false;
  std::string environment;  ///< --environment; "" = as detected
  std::string only;         ///< --only: the id of the one detect, precheck or verify stage that runs; "" = all
  /// --override: findings of this rule do not close the gate, for this reason; "" = none.
  std::string override_rule, override_reason;
  std::string command = {};  ///< "rollback", "resolve": what asks, and then has the history changed; "" = run, or one that only asks
};

struct Report {
  Outcome outcome = Outcome::succeeded;
  int exit = kExitOk;
  std::optional<base::Error> error;
  std::vector<std::string> applied, pending, kept, undone;
  std::vector<Backup> backups;  ///< made by this run before its change
  std::vector<stage::Finding> findings;
  std::optional<base::Error> unrecorded;  ///< why the end of the run is not in its record
};

class Runner : public services::Sink {
 public:
  Runner(const pipeline::Pipeline& pipeline, Settings settings, MakeStage make, World world);
  ~Runner() override;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// The whole run; run.started is its first event and run.finished its last.
  Report run();

  /// Runs the detect stages and makes and validates the others. Nothing is changed.
  base::Result<void> prepare();
  /// prepare, for a command that asks the stages whatever their `when` says (status in development).
  base::Result<void> prepare_to_ask();
  /// Asked before the first change, under the locks, and before a run with nothing to do ends: an error closes the gate.
  void confirm_with(std::function<base::Result<void>()> confirm) { confirm_ = std::move(confirm); }
  /// Before that: no connection is begun while plugins are loaded, since the command may do without one.
  void connect_when_needed() { connect_ahead_ = false; }
  /// The stage that offers an extension and whose `when` holds; null when there is none.
  stage::Stage* offering(std::string_view extension);
  /// Asks the history stage; not_found when the pipeline has none. The answer is kept until something changes. What only
  /// wants to know what is pending leaves the rows out: a thousand of them cost more than all the rest of a run.
  enum class Rows { left_out, listed };
  base::Result<History> history(Rows rows = Rows::listed);
  base::Result<std::vector<PlannedMigration>> plan();
  /// Asks a stage that offers the extension, in a session that only reads; not_found when there is none.
  base::Result<std::string> ask_stage(std::string_view extension, std::string_view method, std::string_view arguments_json);
  /// Calls a method of an extension with write access (resolve, undo), under the lease and the format's lock, and recorded as
  /// a run: from its run.started, at prepare_to_ask, to run.finished. The report has how it ended. The limit begins with the
  /// lock.
  base::Result<std::string> call_locked(std::string_view extension, std::string_view method, std::string_view arguments_json,
                                        std::chrono::milliseconds limit = std::chrono::minutes(2));
  [[nodiscard]] const Report& report() const { return report_; }
  /// What a dry run found that it would apply.
  [[nodiscard]] const std::vector<PlannedMigration>& planned() const { return planned_; }
  /// The history as last read; null when it was not.
  [[nodiscard]] const History* last_history() const { return before_ ? &*before_ : nullptr; }
  /// Names of the environment, most specific first; ends in production when it is unknown.
  [[nodiscard]] const std::vector<std::string>& environments() const { return environments_; }

  // services::Sink
  void log(const std::string& stage, int level, std::string_view message) override;
  void progress(const std::string& stage, std::uint64_t done, std::uint64_t total, std::string_view what) override;
  void emit(const std::string& stage, std::string_view type, std::string_view fields_json) override;
  void changing(const std::string& stage) override;
  void waiting(const std::string& stage, std::chrono::milliseconds waited, std::string_view blockers) override;
  void running(const std::string& stage, const services::Running& statement) override;

 private:
  struct Entry {
    const pipeline::Stage* spec = nullptr;
    std::unique_ptr<stage::Stage> stage;
  };

  // runner.cpp: the states
  void prepare_to_tell();
  void enter(std::string_view state);
  void check_and_change();
  void refuse_failed();
  [[nodiscard]] bool failed_stand() const;
  void skip_changes();
  bool confirmed();

  // identity_check.cpp: whose database this is
  [[nodiscard]] std::string environment_type() const;
  bool may_change_target();
  void mark_target();
  void warn_of_identity(const char* rule, const std::string& message, const std::string& fix);
  void dry_run_changes();
  bool run_kind(manifest::Kind kind);
  bool recheck(bool has_history);
  bool change();
  bool worth_starting_again(const pipeline::Stage& spec, const base::Error& error);
  [[nodiscard]] bool unavailable_but_not_the_target(const base::Error& error) const;
  void settle_failed_change(const pipeline::Stage& spec, const base::Error& error);
  void finish(End end, std::optional<base::Error> error);
  void end_early(const base::Error& error);
  bool interrupted();

  // rollback.cpp: what happens to a change after which something failed
  void adopt_what_was_broken_off();
  std::vector<std::string> applied_by(const std::string& run);
  [[nodiscard]] stage::Stage* undoer();
  bool finish_undoing();
  bool cut_off_while_undoing(stage::Stage& undoer);
  void decide_on_failure();
  base::Result<std::string> why_not_undone(stage::Stage* undoer);
  void put_back(base::Error error);
  [[nodiscard]] bool only_verifies() const;
  void put_back_what_others_changed(const base::Error& error);
  bool look_at_what_stands(base::Error& error);
  void run_rollback(const base::Error& error, const std::vector<std::string>& completed, base::Error& trouble);
  bool run_rollback_stage(Entry& entry, base::Deadline limit, base::Error& trouble);
  void run_ensured();
  void settle(const base::Error& error, const std::vector<std::string>& completed, const base::Error& trouble);

  // stages.cpp: making stages and one call into each
  [[nodiscard]] std::string why_not(const pipeline::Stage& spec) const;
  [[nodiscard]] std::optional<std::string> context_value(std::string_view key) const;
  stage::Outcome call_stage(Entry& entry, bool dry);
  stage::Outcome call_once(Entry& entry, bool dry, std::uint32_t attempt, base::Deadline deadline);
  bool pause_before_retry(const pipeline::Stage& spec, const base::Error& error, int attempt, base::Deadline end);
  bool overridden(const std::vector<stage::Finding>& findings);
  bool conclude(Entry& entry, stage::Outcome outcome, std::chrono::milliseconds took);
  void redact_names(base::Value& value) const;
  void note_backups(const pipeline::Stage& spec);
  void skip(const pipeline::Stage& spec, const std::string& reason);
  [[nodiscard]] bool applies(const pipeline::Stage& spec) const;
  [[nodiscard]] base::Deadline deadline_of(const pipeline::Stage& spec) const;
  void settle_environment();
  void connect_ahead();

  // asks.cpp: questions by extension
  base::Result<std::string> ask(std::string_view extension, std::string_view method, std::string_view arguments_json, services::Access access,
                                base::Deadline deadline);
  base::Result<History> read_history_now(Rows rows);
  bool retry(const base::Error& error, int attempt);
  void tell_oddities(const History& found);
  base::Result<std::string> call_watched(stage::Stage& stage, std::string_view extension, std::string_view method, std::string_view arguments,
                                         services::Access access, base::Deadline deadline);

  // locking.cpp: what stands around a change
  [[nodiscard]] std::chrono::milliseconds wait_left() const;
  void tell_wait(const std::string& holder, std::chrono::milliseconds waited);
  void tell_recovered();
  base::Result<void> take_lease();
  base::Result<std::optional<std::int64_t>> format_lock_key();
  base::Result<void> lock();
  base::Result<void> lock_again(base::Deadline limit);
  base::Result<void> still_as_read();
  void let_go();
  bool hold_for_change(bool& again);
  void settle_call(std::string_view extension, const base::Result<std::string>& answer);
  [[nodiscard]] RunEnd end_of_run(End end, const std::optional<base::Error>& error) const;

  Guard::Watch watch_for(stage::Stage& stage, base::Deadline deadline);
  void add_deployment(base::Table& fields) const;
  [[nodiscard]] base::Table told_fields() const;
  [[nodiscard]] base::Table finished_fields(const RunEnd& end) const;

  const pipeline::Pipeline& pipeline_;
  const Settings settings_;
  const MakeStage make_;
  EventStream& events_;
  Guard& guard_;
  services::Shared shared_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<Keeper> keeper_;
  std::vector<Entry> entries_;
  std::vector<Entry> rollbacks_;
  std::vector<std::string> environments_;
  std::optional<History> before_;   // as last read before a change
  Rows before_rows_ = Rows::listed;  // whether it has them
  std::vector<PlannedMigration> planned_;
  Report report_;
  std::atomic<bool> changing_{false};
  std::atomic<base::Clock::rep> last_progress_{0};  // when, in the clock's ticks
  std::mutex doing_mutex_;
  std::string doing_, doing_stage_;  // what a stage last said it was at, told or not
  std::atomic<bool> finished_{false};
  int change_tries_ = 0;
  bool went_back_ = false;    // a rollback stage did its work
  bool undo_ = false;         // decided before the first change: completed migrations of a failed run are undone
  std::string why_kept_;      // when they are not
  std::optional<History> before_change_;  // as it was before this run, and before those whose work it ends
  std::vector<std::string> adopted_;      // what the latter had applied
  base::Deadline run_deadline_;
  base::Deadline lock_deadline_;  // of run.lock_wait
  int tries_to_hold_ = 0;
  bool overrode_ = false;  // --override let a gate through
  std::size_t findings_before_checks_ = 0;
  bool unchecked_ = false;  // the prechecks wait for the locks
  bool oddities_told_ = false;
  std::function<base::Result<void>()> confirm_;
  std::unique_ptr<Identity> to_mark_;  // the target, once the lease is held; null: it is marked so already
  bool connect_ahead_ = true;
  bool asking_ = false;       // a command that only asks
  bool ignore_when_ = false;  // from where on `when` does not count any more
  base::Clock::time_point began_ = base::Clock::now();
};

}  // namespace tidegate::run
