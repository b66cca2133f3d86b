// SPDX-License-Identifier: Apache-2.0
//
// Journal: the reader of the event stream that keeps it, with what the run was and how it ended, in schema tidegate of the
// target or in a file. Keeps events in memory until begin, so that a run with nothing to do writes nothing at all; then
// writes many at once from the control thread. Owned by the run, longer than the event stream uses it; on_event from any
// thread and never waiting for the database, the rest from the run's.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "run/events.hpp"
#include "run/journal/control.hpp"
#include "run/journal/reading.hpp"
#include "run/outcome.hpp"

namespace tidegate::run {

/// What is known of a run when it begins.
struct RunStart {
  std::string id, pipeline, environment, holder;
  std::string version;    ///< of the host
  std::int64_t fence = 0;  ///< of its lease
  base::Value reason;      ///< of an override: {"rule","reason"}; nil: none
};

/// How it ended.
struct RunEnd {
  Outcome outcome = Outcome::succeeded;
  int exit = 0;
  std::chrono::milliseconds ms{0};
  std::vector<std::string> applied, pending, kept, undone;
  std::optional<base::Error> error;
};

class Journal : public Reader {
 public:
  /// Events wait at most this long for others to be written with.
  static constexpr std::chrono::milliseconds kBatch{200};
  explicit Journal(std::chrono::milliseconds batch = kBatch);
  ~Journal() override;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Everything but stage.progress is kept.
  void on_event(const Event& event) override;

  /// In the target: under a lease that is recorded (LeaseTaken::recorded). The run and the events so far are committed when
  /// this returns. The control outlives the journal or is destroyed first, as it likes.
  base::Result<void> begin(Control& control, const TargetIdentity& target, const RunStart& start);
  /// In a file of the folder (".tidegate" beside the pipeline), one for each target; see journal_file_of.
  base::Result<void> begin_in(const std::string& folder, const TargetIdentity& target, const RunStart& start);
  /// Neither was called: nothing is kept any more (journal = "none"; nothing to do).
  void begin_nowhere();

  /// What came so far is committed when this returns: before a change, or with the end of a migration. One commit.
  base::Result<void> flush();
  /// The last events and the run's end, in one commit.
  base::Result<void> finish(const RunEnd& end);
  /// The first write that failed, in the background too; later ones are still tried.
  [[nodiscard]] std::optional<base::Error> trouble() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// "FOLDER/db.example.com-5432-shop.ndjson".
std::string journal_file_of(const std::string& folder, const TargetIdentity& target);
/// recent_runs for a journal that is a file; no file: no runs.
base::Result<std::vector<RunRecord>> recent_runs_in(const std::string& folder, const TargetIdentity& target, std::size_t most);

}  // namespace tidegate::run
