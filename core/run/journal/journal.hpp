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

#include "run/journal/control.hpp"
#include "run/journal/place.hpp"

namespace tidegate::run {

class Journal : public Reader {
 public:
  /// Events wait at most this long for others to be written with.
  static constexpr std::chrono::milliseconds kBatch{200};
  explicit Journal(const base::Redactor& redactor, std::chrono::milliseconds batch = kBatch);
  ~Journal() override;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Everything but stage.progress and statement.progress is kept.
  void on_event(const Event& event) override;

  /// In the target: under a lease that is recorded (LeaseTaken::recorded). The run and the events so far are committed when
  /// this returns. After an error it may be begun again: nothing is lost until then.
  base::Result<void> begin(Control& control, const TargetIdentity& target, const RunStart& start);
  /// The control session was lost and the lease taken again before the first change: the run's record goes on over this one.
  void go_on_over(Control& control);
  /// In a file of the folder (".tidegate" beside the pipeline), one for each target (file.hpp). Events are written as they come.
  base::Result<void> begin_in(const std::string& folder, const TargetIdentity& target, const RunStart& start);
  /// Nothing is kept any more (journal = "none"; nothing to do).
  void begin_nowhere();

  /// What came so far is committed when this returns: before a change, or with the end of a migration. At most one commit.
  base::Result<void> flush();
  /// The last events (so after run.finished was emitted) and the run's end, in one commit. Later events are not kept.
  base::Result<void> finish(const RunEnd& end);
  /// The first write that failed, in the background too; what it did not write is tried again with the next.
  [[nodiscard]] std::optional<base::Error> trouble() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tidegate::run
