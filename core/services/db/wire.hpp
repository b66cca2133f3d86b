// SPDX-License-Identifier: Apache-2.0
//
// Wire: waits on a libpq connection without ever blocking in libpq: beside the socket it watches deadline and
// interrupt, and tells how long the wait has been. Used by Session; one thread at a time.
#pragma once
#include <chrono>

#include "services/db/libpq.hpp"
#include "services/db/session.hpp"

namespace tidegate::services::db {

enum class Stop { none, deadline, interrupted, lost };

/// Takes a connection that was started as far as it goes without waiting; what it waits for then.
PostgresPollingStatusType connect_without_waiting(PGconn* connection);
/// Connects; the reason why not is in the connection's own message unless Stop says it.
Stop finish_connecting(PGconn* connection, int state, base::Deadline deadline, Interrupt interrupt);

class Wire {
 public:
  Wire(PGconn* connection, Interrupt interrupt) : connection_(connection), interrupt_(interrupt) {}
  void on_waiting(std::chrono::milliseconds after, OnWaiting callback);

  /// A call begins: the reports of waiting start anew.
  void begin();
  /// Until PQgetResult would not block.
  Stop until_result(base::Deadline deadline);
  /// Until more bytes came: inside a COPY, where PQisBusy says nothing.
  Stop until_input(base::Deadline deadline);
  /// Asks the server to cancel; from a thread of its own, since PQcancel itself blocks on a silent server.
  void cancel() const;
  /// Not interruptible any more: for what follows a cancel.
  void ignore_interrupt(bool ignored) { ignored_ = ignored; }
  /// The same for every message to come: clean-up after an interruption.
  void ignore_interrupt_from_now_on() { never_ = true; }
  [[nodiscard]] bool interrupted() const { return !ignored_ && !never_ && interrupt_.triggered(); }

 private:
  void report(base::Clock::time_point now);

  PGconn* connection_;
  Interrupt interrupt_;
  bool never_ = false;
  bool ignored_ = false;
  std::chrono::milliseconds report_after_{0};
  OnWaiting callback_;
  base::Clock::time_point began_{}, next_report_ = base::Clock::time_point::max();
  std::chrono::milliseconds pause_{0};
};

}  // namespace tidegate::services::db
