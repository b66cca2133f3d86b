// SPDX-License-Identifier: Apache-2.0
//
// Session: one libpq connection driven without blocking, so that deadline and cancellation hold even when the server
// falls silent. Writes freely; read-only enforcement is a layer above (read_only.hpp). One thread at a time.
#pragma once
#include <tidegate/services.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redact.hpp"
#include "base/world.hpp"
#include "services/db/handshake.hpp"
#include "services/db/url.hpp"

namespace tidegate::services::db {

/// A failed call, with everything the server said.
struct Failure {
  base::Error error;
  std::uint64_t position = 0;  ///< 1-based, characters into the SQL as sent
  std::string context, schema, column;
  std::string blockers;
};

/// Rows and statement ends, as they come (services.h: tg_result).
using OnResult = std::function<void(const tg_result&)>;
/// Called while a call waits for the server, after `wait_report_after` and then at growing intervals.
using OnWaiting = std::function<void(std::chrono::milliseconds waited)>;

class Session {
 public:
  /// Connects within the timeout, even to a server that accepts and never answers. The error has class
  /// `unavailable` (also for a wrong password and a missing database, with the hint that a retry will not help),
  /// names host, port and database, and never holds the password.
  static base::Result<std::unique_ptr<Session>> connect(const ConnectionTarget& target, const SessionOptions& options,
                                                        base::Redactor& redactor);
  /// The same over a connection that was begun before, for the same target.
  static base::Result<std::unique_ptr<Session>> over(Handshake handshake, const ConnectionTarget& target, const SessionOptions& options,
                                                     base::Redactor& redactor);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// One simple-query message. nullopt: it worked. `deadline` over or interrupt: the statement is cancelled at the
  /// server; when even that gets no answer the connection is given up with "outcome unknown".
  std::optional<Failure> script(std::string_view sql, const OnResult& on_result, base::Deadline deadline);
  /// One statement by the extended protocol with text parameters (null = NULL).
  std::optional<Failure> query(std::string_view sql, const std::vector<std::optional<std::string_view>>& params, const OnResult& on_result,
                               base::Deadline deadline);
  /// Like query, with statements of the host in front in the same round trip (their results are dropped, their failure
  /// is the call's). The transaction they leave open is the host's: ended in front of the next message.
  std::optional<Failure> query_behind(const std::vector<std::string>& before, std::string_view sql,
                                      const std::vector<std::optional<std::string_view>>& params, const OnResult& on_result,
                                      base::Deadline deadline);
  /// Ends the transaction that query_behind has left open, if there is one.
  void end_host_transaction(base::Deadline deadline);
  /// Puts the session back as it was after connecting, without dropping advisory locks: in front of the next message,
  /// so that it costs no round trip of its own.
  void reset_before_next();

  /// Messages to come are not interrupted any more, only held to their deadline: for cleaning up after an interruption.
  void ignore_interrupt_from_now_on();

  void on_waiting(std::chrono::milliseconds after, OnWaiting callback);
  [[nodiscard]] std::int32_t transaction() const;  ///< TG_TXN_…
  [[nodiscard]] int backend_pid() const;
  [[nodiscard]] int server_version() const;
  [[nodiscard]] bool alive() const;
  /// Whether somebody else's transaction is open, which a host transaction would end.
  [[nodiscard]] bool in_foreign_transaction() const;
  [[nodiscard]] std::chrono::milliseconds lock_timeout() const;
  void close();
  [[nodiscard]] std::string quote_identifier(std::string_view name) const;
  [[nodiscard]] std::string quote_literal(std::string_view text) const;
  [[nodiscard]] const ConnectionTarget& target() const;

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::services::db
