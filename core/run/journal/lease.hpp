// SPDX-License-Identifier: Apache-2.0
//
// Lease: one run per target. Its truth is the control session's backend, which holds a session advisory lock; the row in
// tidegate.lease says who that is, and numbers the takings. Owned by the run; lost and fence from any thread, the rest from
// the run's.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/world.hpp"
#include "run/journal/control.hpp"
#include "run/journal/lease_sql.hpp"
#include "run/journal/pooler.hpp"
#include "run/journal/reading.hpp"
#include "services/interruption.hpp"

namespace tidegate::run {

struct LeaseRequest {
  std::string run;           ///< its id
  std::string holder;        ///< holder_here()
  bool record = true;        ///< false (journal = "file" or "none"): the advisory lock alone, nothing is written to the target
  OpenAnother another = {};  ///< asked on the control thread, when a pooler is in between; empty: it is taken to keep backends
};

struct LeaseWait {
  std::chrono::milliseconds limit{std::chrono::minutes(5)};
  services::Interruption* interruption = nullptr;
  /// Who holds it ("run …, alice on laptop, since …"), at once and whenever that changes.
  std::function<void(const std::string& holder, std::chrono::milliseconds waited)> on_wait;
};

struct LeaseTaken {
  TargetIdentity target;               ///< for Journal::begin
  bool recorded = false;               ///< schema tidegate is there, and the lease's row is written
  std::int64_t fence = 0;              ///< one more than the last; 0 when it is not recorded
  std::string warning;                 ///< why it is not recorded though that was asked for; "" otherwise
  std::vector<RunRecord> interrupted;  ///< runs of this target that had not ended, now marked so, the newest last: to be recovered
};

class Lease {
 public:
  /// How often the control session is asked whether it still holds the lease.
  static constexpr std::chrono::seconds kHeartbeat{5};
  explicit Lease(Control& control, std::chrono::milliseconds heartbeat = kHeartbeat);
  /// Releases.
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Polls with no transaction open, makes schema tidegate on first need, and sees a dead holder's sessions gone (or ends
  /// them) before the lease changes hands. Errors: locked after the limit, naming the holder; conflict, naming sessions of
  /// a dead holder that cannot be ended (exit 7); unsupported: a newer journal, or a pooler; cancelled; unavailable.
  base::Result<LeaseTaken> acquire(const LeaseRequest& request, const LeaseWait& wait);
  /// Records the run's main session: before it changes anything, and again whenever it was connected anew. unsupported:
  /// the two sessions are one at the server, behind a transaction-mode pooler.
  base::Result<void> main_is(services::db::Session& main);
  /// Asks the server: to be called before the first change. conflict: it was lost, and nothing may be changed any more.
  base::Result<void> still_held();
  /// What the heartbeat last saw; nullopt: held. For reading this is not fatal.
  [[nodiscard]] std::optional<base::Error> lost() const;
  [[nodiscard]] std::int64_t fence() const;
  /// Gives it up. Without it, the lease ends with the control session.
  base::Result<void> release();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Who runs here, for people: "github job on build-7" where a runner is known (environment.runner), else "alice on laptop".
std::string holder_here(const base::Environment& variables, const std::string& runner);

}  // namespace tidegate::run
