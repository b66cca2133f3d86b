// SPDX-License-Identifier: Apache-2.0
//
// Handshake: a connection under way. It is begun without waiting, so that the server starts its process while the host
// does other work, and finished when somebody needs it. One thread at a time.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/redact.hpp"
#include "base/world.hpp"
#include "services/db/url.hpp"
#include "services/interruption.hpp"

struct pg_conn;

namespace tidegate::services::db {

/// What ends a wait early: the run's interruption; none: nothing does.
struct Interrupt {
  const Interruption* source = nullptr;
  [[nodiscard]] int fd() const { return source != nullptr ? source->fd() : -1; }
  [[nodiscard]] bool triggered() const { return source != nullptr && source->triggered(); }
};

using OnNotice = std::function<void(std::string_view severity, std::string_view message)>;

struct SessionOptions {
  base::Deadline connect_deadline;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds lock_timeout{200};  ///< in force from the start and after every reset
  std::string application_name;
  Interrupt interrupt;
  OnNotice on_notice;
};

struct CloseConnection {
  void operator()(pg_conn* connection) const;
};
using OwnedConnection = std::unique_ptr<pg_conn, CloseConnection>;

class Handshake {
 public:
  /// Sends what can be sent without waiting for the server (a host name is looked up here, which may wait). The
  /// passwords of target and environment go to the redactor. A server that refuses at once is told by finish.
  static base::Result<Handshake> begin(const ConnectionTarget& target, const SessionOptions& options, base::Redactor& redactor);
  /// Waits for the rest, within the timeout as counted from now; errors as Session::connect tells them. Not twice.
  base::Result<OwnedConnection> finish(const ConnectionTarget& target, const SessionOptions& options, base::Redactor& redactor);

 private:
  Handshake(OwnedConnection connection, int state) : connection_(std::move(connection)), state_(state) {}
  OwnedConnection connection_;
  int state_;  // PostgresPollingStatusType: what it waits for
};

}  // namespace tidegate::services::db
