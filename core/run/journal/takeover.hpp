// SPDX-License-Identifier: Apache-2.0
//
// What comes between holding the lease's lock and having the lease: the dead holder's sessions are seen gone, its runs are
// marked, the row changes hands. Each call is one step on the control thread.
#pragma once
#include <string>
#include <vector>

#include "run/journal/reading.hpp"

namespace tidegate::run {

/// A session that a holder recorded and that still runs.
struct LeftSession {
  std::string what;  ///< "control", "main"
  std::string pid;
  std::string who;  ///< "tidegate 01J…, deploy"
};

/// Of the lease's row, whoever wrote it; none when it was given up properly.
base::Result<std::vector<LeftSession>> sessions_left(services::db::Session& session, base::Deadline deadline);
/// The error is the server's, 42501 when the role may not.
base::Result<void> end_session(services::db::Session& session, const LeftSession& left, base::Deadline deadline);

struct Taking {
  std::int64_t fence = 0;
  std::vector<RunRecord> interrupted;
};
/// Marks the runs of this target that had not ended and writes the row, in one transaction.
base::Result<Taking> take_row(services::db::Session& session, const TargetIdentity& target, const std::string& run,
                              const std::string& holder, base::Deadline deadline);

}  // namespace tidegate::run
