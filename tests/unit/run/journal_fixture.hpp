// SPDX-License-Identifier: Apache-2.0
//
// What the tests of lease and journal share: contenders, each with a control session and a main one, on a new database.
// Test thread.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "run/journal/journal.hpp"
#include "run/journal/lease.hpp"
#include "support/postgres.hpp"

namespace tidegate::run {

using namespace std::chrono_literals;

inline base::Deadline soon() { return base::Deadline::in(60s); }

inline std::unique_ptr<services::db::Session> connect_to(const std::string& url, base::Redactor& redactor,
                                                         const std::string& application_name = "tidegate test") {
  auto target = services::db::parse_connection(url);
  if (!target) throw std::runtime_error(target.error().message);
  services::db::SessionOptions options;
  options.application_name = application_name;
  auto session = services::db::Session::connect(*target, options, redactor);
  if (!session) throw std::runtime_error(session.error().message);
  return std::move(*session);
}

/// Waits until it holds; false after 30 s.
inline bool becomes_true(const std::function<bool()>& condition) {
  for (const auto end = base::Deadline::in(30s); !end.over(); std::this_thread::sleep_for(2ms))
    if (condition()) return true;
  return false;
}

/// One run's sessions and its lease.
struct Contender {
  Contender(const std::string& url, base::Redactor& redactor, std::chrono::milliseconds heartbeat = Lease::kHeartbeat) {
    auto session = connect_to(url, redactor);
    pid = session->backend_pid();
    auto opened = Control::over(std::move(session));
    if (!opened) throw std::runtime_error(opened.error().message);
    control = std::move(*opened);
    lease = std::make_unique<Lease>(*control, heartbeat);
    main = connect_to(url, redactor);
  }
  /// Takes it and records main.
  base::Result<LeaseTaken> take(const std::string& run, const LeaseWait& wait = {.limit = 30s, .on_wait = {}}, bool record = true) {
    auto taken = lease->acquire({run, "alice on laptop", record}, wait);
    if (!taken) return taken;
    if (auto recorded = lease->main_is(*main); !recorded) return std::move(recorded).error();
    return taken;
  }

  int pid = 0;
  std::unique_ptr<Control> control;
  std::unique_ptr<Lease> lease;
  std::unique_ptr<services::db::Session> main;
};

class JournalTest : public ::testing::Test {
 protected:
  ~JournalTest() override {
    for (const auto& role : roles_) database.sql("drop owned by " + role + " cascade; drop role " + role);
  }
  std::unique_ptr<Contender> contender(const std::string& user = "postgres", std::chrono::milliseconds heartbeat = Lease::kHeartbeat) {
    return std::make_unique<Contender>(database.url(user), redactor, heartbeat);
  }
  /// One that may log in, and nothing else.
  std::string new_role() {
    auto name = database.name() + "_r" + std::to_string(roles_.size());
    database.sql("create role " + name + " login");
    roles_.push_back(name);
    return name;
  }
  /// Ends a session at the server.
  void end(int pid) { database.sql("select pg_terminate_backend(" + std::to_string(pid) + ", 10000)"); }
  bool has_schema() { return database.value("select count(*) from pg_namespace where nspname = 'tidegate'") == "1"; }
  /// How many hold the lease's lock.
  std::string holders() {
    return database.value("select count(*) from pg_locks where locktype = 'advisory' and granted and objid = " +
                          std::to_string(kLeaseKey & 0xFFFFFFFF) + " and classid = " + std::to_string(kLeaseKey >> 32) +
                          " and database = (select oid from pg_database where datname = current_database())");
  }
  static RunStart start_of(const std::string& id, std::int64_t fence = 1) {
    return {id, "shop", "production", "alice on laptop", "0.1.0", fence, {"1_a", "2_b"}, {}};
  }

  test::TestDatabase database;
  base::Redactor redactor;

 private:
  std::vector<std::string> roles_;
};

}  // namespace tidegate::run
