// SPDX-License-Identifier: Apache-2.0
//
// Reads what runs recorded in schema tidegate (docs/journal.md): for status, rollback, serve and recovery. Writes nothing,
// so any session will do, a read-only one too; a database without the schema has no runs and no lease. Thread of the session.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "run/backup.hpp"
#include "run/journal/target.hpp"

namespace tidegate::run {

/// A row of tidegate.runs.
struct RunRecord {
  std::string id, pipeline, environment;
  std::string outcome;      ///< as in run.finished; "running"; "interrupted": its process ended before it did
  std::string started_at;   ///< RFC 3339, UTC, by the server's clock
  std::string finished_at;  ///< "": it did not
  std::int64_t ms = 0;
  std::string holder;
  std::int64_t fence = 0;
  std::vector<std::string> applied;  ///< of a run that did not finish: as far as its events tell
  std::vector<std::string> pending, kept, undone;
  base::Value error;   ///< nil: none
  base::Value reason;  ///< of an override: {"rule","reason"}; nil: none
  std::vector<Backup> backups;
};

/// Who has the lease now.
struct LeaseRecord {
  std::string run;     ///< "" when it is not recorded
  std::string holder;  ///< "run …, github actions job deploy on build-7"
  std::string since;   ///< RFC 3339, UTC
  std::int64_t pid = 0;
  std::int64_t fence = 0;
};

/// The newest first. Only of this target.
base::Result<std::vector<RunRecord>> recent_runs(services::db::Session& session, std::size_t most, base::Deadline deadline);
/// nullopt: this target has no such run.
base::Result<std::optional<RunRecord>> find_run(services::db::Session& session, const std::string& id, base::Deadline deadline);
/// The events of a run in order, each as in the NDJSON (v, seq, time, run, type, stage, fields).
base::Result<std::vector<base::Value>> events_of(services::db::Session& session, const std::string& id, base::Deadline deadline);
/// nullopt: nobody has it. A row whose backend is gone does not count, nor does a lock's age.
base::Result<std::optional<LeaseRecord>> current_lease(services::db::Session& session, base::Deadline deadline);

}  // namespace tidegate::run
