// SPDX-License-Identifier: Apache-2.0
//
// What the server says of a session that is at work, seen from another one: who blocks it, and how far an index build is. One
// short statement that waits for nothing and commits at once, so that it is in nobody's way. Thread of the watching session.
#pragma once
#include <string>

#include "services/db/session.hpp"

namespace tidegate::services::db {

struct Seen {
  std::string blockers;  ///< one a line: "pid 123 (psql, alice, idle in transaction for 5 min): UPDATE …"; "": nobody
  /// An index that is being built, as pg_stat_progress_create_index has it; "" and -1: it does not say.
  std::string command, phase, relation, index;
  int percent = -1;
};

/// Nothing when it could not be seen.
Seen look_at(Session& watch, int pid, const base::Redactor& redactor, base::Deadline deadline);

}  // namespace tidegate::services::db
