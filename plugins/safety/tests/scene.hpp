// SPDX-License-Identifier: Apache-2.0
//
// A database as one look at it tells, pending SQL, and settings: what the checks make of them. One test; its thread.
#pragma once
#include <gtest/gtest.h>

#include <tidegate/testing.hpp>

#include "live/judge.hpp"

namespace tidegate::safety {

class Scene : public ::testing::Test {
 protected:
  Scene() {
    facts.pid_by_connection = 42;
    server({});
  }
  /// Everything of the server is as it should be, but for these.
  void server(const Row& changes) {
    Row row = {{"in_recovery", false}, {"read_only", false}, {"version", 150018}, {"version_text", "15.18"}, {"pid", 42},
               {"role", "deploy"},     {"database", "shop"}, {"sees_all", true},  {"xid_age", 1000},         {"freeze_max_age", 200000000}};
    if (changes.is_object()) row.update(changes);
    facts.rows["server"] = {row};
  }
  void row(const std::string& part, const Row& values) { facts.rows[part].push_back(values); }
  /// A session; state_ms and xact_ms are what `values` say.
  void session(std::int64_t pid, const Row& values) {
    Row all = {{"pid", pid},        {"user", "alice"}, {"app", "shop"},      {"type", "client backend"},
               {"state", "active"}, {"hidden", false}, {"query", "SELECT 1"}};
    if (values.is_object()) all.update(values);
    row("sessions", all);
  }
  /// A session holds a lock on the first relation of the pending SQL.
  void holds(const Row& pid, const std::string& mode, int wanted = 8) {
    row("locks", {{"pid", pid},
                  {"relation", "orders"},
                  {"i", 0},
                  {"wanted", wanted},
                  {"mode", mode},
                  {"granted", true},
                  {"prepared_xid", pid.is_null() ? Row("745") : Row()}});
  }
  void relation(const Row& values) {
    Row all = {{"i", 0},        {"name", "orders"}, {"kind", "r"}, {"along", false}, {"owner", "deploy"},   {"owned", true},
               {"xid_age", 10}, {"mxid_age", 1},    {"rows", 100}, {"bytes", 8192},  {"may", Row::object()}};
    if (values.is_object()) all.update(values);
    row("relations", all);
  }
  template <class T>
  void set(const std::string& path, const T& value) {
    host.set(path, value);
  }
  void pending(const std::vector<std::string>& statements) {
    migrations::PendingMigration migration{"1_a", "m/1_a/migration.sql", true, {}};
    std::uint32_t line = 0;
    for (const auto& sql : statements) migration.statements.push_back({sql, ++line, true});
    targets = targets_of({migration});
  }
  std::vector<Notice> judged() { return judge(facts, targets, Settings(sdk::Host(&host))); }
  /// The one notice; a rule of "" when there is none.
  Notice only() {
    const auto all = judged();
    EXPECT_LE(all.size(), 1U) << all[1].rule << ": " << all[1].message;
    return all.empty() ? Notice{} : all.front();
  }

  sdk::testing::FakeHost host;
  Facts facts;
  Targets targets;
};

#define EXPECT_HAS(text, wanted) EXPECT_NE((text).find(wanted), std::string::npos) << (text)

}  // namespace tidegate::safety
