// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL for tests: one server for all of them, a new database for each, plain SQL through libpq (not through the
// code under test). Failures throw. A Connection belongs to one thread at a time.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;

namespace tidegate::test {

using Rows = std::vector<std::vector<std::optional<std::string>>>;

/// A session that tests use to look at a database or to hold locks in it.
class Connection {
 public:
  explicit Connection(const std::string& url);
  /// Runs it and gives the rows of the last result; throws with the server's message.
  Rows sql(const std::string& text);
  /// The only value of the only row; throws when there is another number of them; "" for NULL.
  std::string value(const std::string& text);
  /// Sends it and does not wait: for statements that are meant to wait for a lock.
  void send(const std::string& text);
  /// Ends what send() began; the error's text, "" when it worked.
  std::string finish();
  [[nodiscard]] int pid() const;
  void close() { connection_.reset(); }

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, Close> connection_;
};

/// The folder of the shared server's socket. TIDEGATE_TEST_SERVER names the server (a URL, or the folder into which
/// `tidegate_test_server start` wrote it); without it a server is started for this process, on first use.
std::string server_url(const std::string& database = "postgres", const std::string& user = "postgres");
std::string server_socket_dir();

/// A database of its own, dropped at the end with whatever is connected to it.
class TestDatabase {
 public:
  /// `options`: more of CREATE DATABASE's, such as another collation, or "template NAME" (template0 without).
  explicit TestDatabase(const std::string& options = {});
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  [[nodiscard]] std::string url(const std::string& user = "postgres") const { return server_url(name_, user); }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// A session beside the ones of the test; opened at each call.
  [[nodiscard]] Connection connect() const { return Connection(url()); }
  /// Through one session that stays open, made on first use.
  Rows sql(const std::string& text) { return own().sql(text); }
  std::string value(const std::string& text) { return own().value(text); }
  /// How many other sessions are connected to it.
  int sessions();
  /// Waits until the query gives "t"; false after 30 s.
  bool eventually(const std::string& query);

 private:
  Connection& own();
  std::string name_;
  std::unique_ptr<Connection> own_;
};

/// A program of PostgreSQL's own folder ("psql", "pg_dump"): not the wrapper on PATH. It may be older than the server,
/// which psql does not mind and pg_dump refuses.
std::string postgres_program(const std::string& name);

}  // namespace tidegate::test
