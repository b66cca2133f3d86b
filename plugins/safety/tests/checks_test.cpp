// SPDX-License-Identifier: Apache-2.0
//
// Each check: what fires it, at which limit, what its action makes of it; and that it is silent else.
#include "scene.hpp"

namespace tidegate::safety {
namespace {

// ------------------------------------------------------------------ every check obeys its action

class Situations : public Scene {
 public:
  using Scene::facts;
  using Scene::holds;
  using Scene::judged;
  using Scene::pending;
  using Scene::relation;
  using Scene::row;
  using Scene::server;
  using Scene::session;
  using Scene::set;
  void TestBody() override {}
};

using Make = void (*)(Situations&);
struct Situation {
  const char* check;
  Make make;
};

const Situation kSituations[] = {
    {"in_recovery",
     [](Situations& s) {
       s.server({{"in_recovery", true}});
     }},
    {"read_only",
     [](Situations& s) {
       s.server({{"read_only", true}});
     }},
    {"server_version",
     [](Situations& s) {
       s.server({{"version", 110022}, {"version_text", "11.22"}});
     }},
    {"active_connections",
     [](Situations& s) {
       s.set("max_active_connections", 1);
       s.session(7, {});
       s.session(8, {});
     }},
    {"long_transaction",
     [](Situations& s) {
       s.set("long_transaction.after", 300'000);
       s.set("long_transaction.warn_after", 60'000);
       s.session(7, {{"xact_ms", 300'001}});
       s.holds(7, "AccessShareLock");
     }},
    {"idle_in_transaction",
     [](Situations& s) {
       s.set("idle_in_transaction.after", 60'000);
       s.session(7, {{"state", "idle in transaction"}, {"state_ms", 60'001}, {"xact_ms", 60'001}});
     }},
    {"conflicting_lock",
     [](Situations& s) {
       s.set("conflicting_lock.after", 200);
       s.session(7, {{"xact_ms", 201}});
       s.holds(7, "AccessShareLock");
     }},
    {"lock_waiters",
     [](Situations& s) {
       s.set("lock_waiters.more_than", 5);
       s.session(7, {});
       s.row("waiters", {{"pid", 7}, {"blocked_by", {8}}, {"relation", "orders"}});
     }},
    {"prepared_transaction",
     [](Situations& s) {
       s.row("prepared", {{"gid", "g1"}, {"user", "alice"}, {"xid", "745"}, {"xact_ms", 5}});
       s.holds(nullptr, "RowExclusiveLock");
     }},
    {"vacuum_running",
     [](Situations& s) {
       s.session(7, {{"type", "autovacuum worker"},
                     {"user", nullptr},
                     {"app", ""},
                     {"xact_ms", 5'000},
                     {"query", "autovacuum: VACUUM public.orders (to prevent wraparound)"}});
       s.holds(7, "ShareUpdateExclusiveLock");
     }},
    {"maintenance_running",
     [](Situations& s) {
       s.row("builds", {{"pid", 7}, {"what", "CREATE INDEX or REINDEX"}, {"relation", "orders"}, {"phase", "building index"}});
     }},
    {"other_deployment",
     [](Situations& s) {
       s.row("advisory", {{"pid", 7}});
     }},
    {"connection_headroom",
     [](Situations& s) {
       s.set("connection_headroom.warn_above", 80);
       s.set("connection_headroom.above", 95);
       s.row("connections", {{"most", 100},
                             {"reserved", 3},
                             {"role_limit", -1},
                             {"database_limit", -1},
                             {"role", "deploy"},
                             {"database", "shop"},
                             {"super", false},
                             {"used", 95},
                             {"of_database", 95},
                             {"of_role", 1}});
     }},
    {"pooler", [](Situations& s) { s.facts.pid_by_connection = 5; }},
    {"timeouts",
     [](Situations& s) {
       s.row("timeouts", {{"name", "statement_timeout"}, {"ms", 5'000}, {"source", "user"}});
     }},
    {"event_trigger",
     [](Situations& s) {
       s.row("event_triggers", {{"name", "audit"}, {"event", "ddl_command_end"}, {"owner", "postgres"}});
     }},
    {"collation_drift",
     [](Situations& s) {
       s.row("collation", {{"name", "shop"}, {"recorded", "2.31"}, {"actual", "2.36"}});
     }},
    {"wraparound",
     [](Situations& s) {
       s.set("wraparound.more_than", 1'500'000'000);
       s.relation({{"xid_age", 1'500'000'001}});
     }},
    {"missing_privilege",
     [](Situations& s) {
       s.relation({{"owned", false}, {"owner", "bob"}});
     }},
    {"history_disagrees", [](Situations&) {}},  // the table is not there
    {"large_table",
     [](Situations& s) {
       s.set("large_table.rows", 1'000);
       s.set("large_table.size", 1'000'000'000);
       s.relation({{"rows", 1'001}});
     }},
    {"disk_space",
     [](Situations& s) {
       s.set("disk_space.capacity", 1'000'000'000);
       s.pending({"ALTER TABLE orders ALTER COLUMN a TYPE bigint"});
       s.relation({{"bytes", 300'000'000}});
       s.row("disk", {{"used", 400'000'000}});
     }},
    {"invalid_index",
     [](Situations& s) {
       s.pending({"CREATE INDEX orders_a ON orders (a)"});
       s.relation({});
       s.row("indexes", {{"i", 0}, {"relation", "orders"}, {"name", "orders_a"}, {"good", false}, {"in_work", false}});
     }},
    {"unvalidated_constraint",
     [](Situations& s) {
       s.row("constraints", {{"relation", "orders"}, {"name", "positive"}});
     }},
    {"sequence_exhaustion",
     [](Situations& s) {
       s.set("sequence_exhaustion.warn_above", 50);
       s.set("sequence_exhaustion.above", 90);
       s.row("sequences",
             {{"relation", "orders"}, {"column", "id"}, {"name", "orders_id_seq"}, {"last_value", 1'932'735'283}, {"most", 2'147'483'647}});
     }},
    {"dependent_view",
     [](Situations& s) {
       s.pending({"ALTER TABLE orders ALTER COLUMN a TYPE bigint"});
       s.row("views", {{"i", 0}, {"relation", "orders"}, {"column", "a"}, {"name", "report"}});
     }},
    {"replication_lag",
     [](Situations& s) {
       s.pending({"UPDATE orders SET a = 1"});
       s.set("replication_lag.bytes", 1'000);
       s.set("replication_lag.after", 60'000);
       s.row("standbys", {{"pid", 9}, {"name", "replica1"}, {"state", "streaming"}, {"lag_ms", nullptr}, {"lag_bytes", 1'001}});
     }},
    {"replication_slot",
     [](Situations& s) {
       s.row("slots", {{"name", "s1"}, {"type", "physical"}, {"active", false}, {"wal_status", "lost"}, {"retained", 10}});
     }},
    {"logical_replication",
     [](Situations& s) {
       s.pending({"ALTER TABLE orders RENAME COLUMN a TO b"});
       s.row("published", {{"i", 0}, {"relation", "orders"}, {"name", "pub"}, {"what", "publication"}});
     }},
    {"wal_archiving",
     [](Situations& s) {
       s.pending({"UPDATE orders SET a = 1"});
       s.row("archiver", {{"failed", 3}, {"wal", "0001"}, {"failed_ms", 1'000}, {"archived_ms", 60'000}});
     }},
    {"xmin_horizon",
     [](Situations& s) {
       s.set("xmin_horizon.more_than", 1'000'000);
       s.session(7, {{"xmin_age", 1'000'001}});
     }},
};

void PrintTo(const Situation& s, std::ostream* out) {
  *out << s.check;
}

class EveryCheck : public ::testing::TestWithParam<Situation> {
 protected:
  std::vector<Notice> with(const char* action) {
    Situations scene;
    scene.pending({"ALTER TABLE orders ADD COLUMN zz int"});
    if (action != nullptr) scene.set(std::string(GetParam().check) + ".action", action);
    GetParam().make(scene);
    return scene.judged();
  }
};

TEST_P(EveryCheck, Action_IsWhatBecomesOfIt) {
  for (const auto& [action, level] : {std::pair{"warn", Level::warn}, {"wait", Level::wait}, {"block", Level::block}}) {
    const auto found = with(action);
    ASSERT_EQ(found.size(), 1U) << action;
    EXPECT_EQ(found.front().rule, rule_of(GetParam().check));
    EXPECT_EQ(found.front().level, level) << action;
    EXPECT_FALSE(found.front().message.empty());
  }
  EXPECT_TRUE(with("ignore").empty());
  EXPECT_TRUE(with(nullptr).empty()) << "what is not set is not checked";
}

INSTANTIATE_TEST_SUITE_P(Safety, EveryCheck, ::testing::ValuesIn(kSituations),
                         [](const auto& one) { return std::string(one.param.check); });

}  // namespace
}  // namespace tidegate::safety
