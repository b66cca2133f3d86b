// SPDX-License-Identifier: Apache-2.0
//
// Hub: the database sessions of one run. `main` is one connection that all stages use in turn, reset between them;
// a fresh one on request once the run has changed something; `watch` tells who blocks main and how far it is, and is opened
// only when main has to wait. Owned by the run; stage thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "services/db/session.hpp"
#include "services/db/watch.hpp"
#include "services/host.hpp"

namespace tidegate::services::db {

class Hub {
 public:
  /// Gives the connection text for a name ("main") with `${VAR}` expanded; asked once, when first opened.
  using Resolve = std::function<base::Result<std::string>(std::string_view connection)>;
  struct Options {
    std::string application_name;  ///< fallback_application_name: never over the user's own
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds lock_timeout{200};
    base::Deadline deadline;
    std::function<void(const std::string& warning)> on_warning;  ///< ignored URL parameters and the like
    std::function<void(std::string_view severity, std::string_view message)> on_notice;
  };
  Hub(base::Redactor& redactor, Interruption& interruption, Resolve resolve, Options options);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Begins to connect main without waiting for it, so that the server is at it while plugins load. What is wrong is
  /// told by main().
  void begin_main();
  /// The run's main session, connected on first use.
  base::Result<Session*> main(base::Deadline deadline);
  /// The parsed target of a connection, without connecting (plan's hash, status).
  base::Result<const ConnectionTarget*> target(std::string_view connection);
  /// A connection of its own.
  base::Result<std::unique_ptr<Session>> open(std::string_view connection, base::Deadline deadline);
  /// Gives main away, as it is, to whom needs a session and may have to wait with it, and closes watch, so that there is one
  /// connection for as long as that takes: the next main() connects anew. Null when main is not open, or pinned.
  std::unique_ptr<Session> hand_over_main();
  /// A session on a new, empty database of a private server, which lives as long as this hub. `major` 0: the newest one;
  /// `name` empty: any, else one that was made before under that name is dropped.
  base::Result<std::unique_ptr<Session>> scratch(int major, std::string name, base::Deadline deadline);
  /// What the server says of the session `pid`; from the watch session, opened on first use, each try limited to a second.
  Seen look_at(int pid);
  /// The next stage begins: main is reset before its next message.
  void next_stage();
  /// Nobody asks main anything for a while: ends the transaction that the last read-only query has left open.
  void rest();
  /// A call into a stage begins and ends. The outermost one is the next stage's; one inside it (a stage that asks
  /// another) works on the session as it is, so that a transaction of the asker stays whole.
  void begin_call() {
    if (calls_++ != 0) return;
    next_stage();
    target_lost_ = false;
  }
  void end_call() { --calls_; }
  /// Whether the database of `main` was not there, at the last try of the call that is under way or was the last one: told
  /// from whatever else may be "unavailable" to a stage.
  [[nodiscard]] bool target_is_lost() const { return target_lost_; }
  void mark_target_lost() { target_lost_ = true; }
  /// From now on main is this very connection, since it holds a lock that ends with it: once it is lost, main() answers
  /// unavailable instead of connecting anew, until unpin_main().
  void pin_main() { pinned_ = true; }
  void unpin_main() { pinned_ = false; }
  [[nodiscard]] bool main_is_pinned() const { return pinned_; }
  /// From now on `fresh` means a new connection.
  void mark_changed() { changed_ = true; }
  [[nodiscard]] bool changed() const { return changed_; }
  [[nodiscard]] bool main_is_open() const;
  /// How many connections this run has opened.
  [[nodiscard]] int connections_opened() const;
  void close_all();

 private:
  friend struct ServiceAccess;  // db/service.cpp
  struct Impl;
  base::Result<Session*> open_main(base::Deadline deadline);
  std::unique_ptr<Impl> impl_;
  bool changed_ = false;
  bool pinned_ = false;
  bool target_lost_ = false;
  int calls_ = 0;
};

}  // namespace tidegate::services::db
