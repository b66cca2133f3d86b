// SPDX-License-Identifier: Apache-2.0
//
// The advisory lock of the migration format (Prisma's 72707369), held by the run's main session so that the server's
// deadlock detector sees it. It ends with that session. Main thread.
#pragma once
#include <functional>

#include "services/db/hub.hpp"

namespace tidegate::run {

struct LockWait {
  std::chrono::milliseconds limit{std::chrono::minutes(5)};
  services::Interruption* interruption = nullptr;
  /// Who holds it, each time that changes, and how long the wait has lasted.
  std::function<void(const std::string& holder, std::chrono::milliseconds waited)> on_wait;
};

/// Polls pg_try_advisory_lock with no transaction open between tries: a blocking call would hold a snapshot that
/// CREATE INDEX CONCURRENTLY of the holder waits for, a deadlock that the server does not see. Error: locked after the
/// limit, naming the holder; cancelled.
base::Result<void> take_format_lock(services::db::Session& main, std::int64_t key, const LockWait& wait);

/// Gives it back before the session ends; with what fails here, it ends with the session.
void give_format_lock(services::db::Session& main, std::int64_t key);

struct LockHolder {
  std::string description;  ///< "pid 123 (tidegate, alice from 10.0.0.7)"
  std::string since;        ///< RFC 3339, when its session began
};
/// Who holds the lock now; an empty description: nobody that can be seen.
base::Result<LockHolder> format_lock_holder(services::db::Session& main, std::int64_t key, base::Deadline deadline);

}  // namespace tidegate::run
