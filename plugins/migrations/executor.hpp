// SPDX-License-Identifier: Apache-2.0
//
// Executor: runs one file of SQL after the other on the stage's write session, forward or back, each with its history row
// in the same transaction wherever PostgreSQL allows. Retries what waits for locks; says exactly what stands after a
// failure. Made for one call of run(); stage thread.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <tidegate/services.hpp>

#include "migrations/account.hpp"
#include "migrations/history.hpp"
#include "migrations/lost.hpp"
#include "migrations/message.hpp"
#include "migrations/plan.hpp"

namespace tidegate::migrations {

/// What is to be run.
struct Script {
  const FilePlan& plan;
  std::string_view text;
  std::string file;           ///< as errors name it
  bool tried_before = false;  ///< an earlier try may have left something behind
  std::optional<std::size_t> done = {};  ///< parts that stand already; set: its open history row does, too
};

class Executor {
 public:
  struct Settings {
    std::int64_t lock_timeout_ms = 200;
    std::vector<std::pair<std::string, std::string>> session;  ///< what to set again after each migration
    std::function<void(const std::string& what)> on_wait;      ///< a line for people, at each wait for a lock
    std::string backend_start;                                 ///< of the session's server process
    /// A statement that goes to the server by itself begins: its first words. Not of those that go together.
    std::function<void(const std::string& sql)> on_statement = {};
  };
  Executor(sdk::Host host, sdk::Db& db, Settings settings);

  /// Runs it; the number of its statements that ran.
  sdk::Result<std::uint32_t> run(const Script& script, const Account& account);
  /// True when the last failure lost the connection.
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  struct Current;  // the file under way
  sdk::Result<std::uint32_t> run_whole(Current& c);
  sdk::Result<std::uint32_t> run_parts(Current& c);
  sdk::Result<void> run_transaction(Current& c, const Part& part, bool last);
  sdk::Result<void> run_alone(Current& c, const Part& part, bool last);
  sdk::Result<void> go_on(Current& c);
  sdk::Error fail_parts(Current& c, const Part& part, sdk::Error error);

  /// Sends it until it works, fails for good, or time is up. `may_retry` cleans up after a failed try.
  sdk::Result<std::uint32_t> send(Current& c, const Message& message, bool in_transaction,
                                  const std::function<bool(const std::string& sqlstate)>& may_retry = {});
  sdk::Error lost_connection(Current& c, sdk::Error error);

  /// What the session has of files before this one goes with the first message.
  void fresh(Message& message, Current& c) const;
  void begin(Message& message, std::string_view begin) const;
  void statements(Message& message, const Current& c, const std::vector<Statement>& list) const;

  sdk::Host host_;
  sdk::Db& db_;
  Settings settings_;
  std::string fresh_session_;  // back to what the host gave us
  std::string limits_;         // behind BEGIN
  Backend backend_;
  bool used_ = false;  // a file has run: the session is not fresh
  bool lost_ = false;
};

}  // namespace tidegate::migrations
