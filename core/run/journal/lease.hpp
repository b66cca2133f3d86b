// SPDX-License-Identifier: Apache-2.0
//
// Lease: one run per target. Its truth is the control session's backend, which holds a session advisory lock; the row in
// tidegate.lease says who that is, and numbers the takings. Owned by the run, destroyed before its Control or with it
// alive; acquire, still_held and release from one thread, lost from any.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/world.hpp"
#include "run/journal/control.hpp"
#include "run/journal/reading.hpp"
#include "services/interruption.hpp"

namespace tidegate::run {

/// Key of the advisory lock: "tidegate" in ASCII. Advisory locks are a database's own.
inline constexpr std::int64_t kLeaseKey = 0x7469646567617465;

struct LeaseRequest {
  std::string run;     ///< its id
  std::string holder;  ///< holder_here()
  bool record = true;  ///< false (journal = "file" or "none"): the advisory lock alone, nothing is written to the target
};

struct LeaseWait {
  std::chrono::milliseconds limit{std::chrono::minutes(5)};
  services::Interruption* interruption = nullptr;
  /// Who holds it ("run …, … since …"), at once and whenever that changes.
  std::function<void(const std::string& holder, std::chrono::milliseconds waited)> on_wait;
};

struct LeaseTaken {
  TargetIdentity target;               ///< for Journal::begin
  bool recorded = false;               ///< schema tidegate is there, and the lease's row is written
  std::int64_t fence = 0;              ///< one more than the last; 0 when it is not recorded
  std::string warning;                 ///< why it is not recorded though that was asked for; "" otherwise
  std::vector<RunRecord> interrupted;  ///< runs of this target that had not ended, now marked so: to be recovered
};

class Lease {
 public:
  explicit Lease(Control& control);
  /// Releases.
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Polls with no transaction open, makes schema tidegate on first need, and sees a dead holder's sessions gone (or ends
  /// them) before the lease changes hands. `main` is the run's main session, recorded beside the control's own. Errors:
  /// locked after the limit, naming the holder; conflict, naming sessions of a dead holder that cannot be ended (exit 7);
  /// unsupported: a newer journal, or a transaction-mode pooler; cancelled; unavailable.
  base::Result<LeaseTaken> acquire(services::db::Session& main, const LeaseRequest& request, const LeaseWait& wait);
  /// Main was connected anew: what is recorded of it is put right.
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

/// Who runs here, for people: "github actions job deploy (run 123) on build-7", "alice on laptop".
std::string holder_here(const base::Environment& variables);

}  // namespace tidegate::run
