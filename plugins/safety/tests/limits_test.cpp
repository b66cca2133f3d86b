// SPDX-License-Identifier: Apache-2.0
//
// Where a check's limits lie, whom it leaves alone, and what it says.
#include "live/words.hpp"
#include "scene.hpp"

namespace tidegate::safety {
namespace {

TEST_F(Scene, QuietServer_HasNothingToSay) {
  for (const auto& part : all_parts()) {
    for (std::size_t at = 0; at < part.rules.size();) {
      const auto end = std::min(part.rules.find(' ', at), part.rules.size());
      set(check_of(part.rules.substr(at, end - at)) + ".action", "block");
      at = end + 1;
    }
  }
  set("pooler.action", "block");
  set("max_active_connections", 10);
  set("large_table.rows", 10'000'000);
  set("large_table.size", std::int64_t{50} << 30);
  set("connection_headroom.warn_above", 80);
  set("connection_headroom.above", 95);
  row("connections",
      {{"most", 100}, {"reserved", 3}, {"role_limit", -1}, {"database_limit", -1}, {"used", 5}, {"of_database", 5}, {"of_role", 5}});
  row("timeouts", {{"name", "statement_timeout"}, {"ms", 0}, {"source", "default"}});
  row("timeouts", {{"name", "lock_timeout"}, {"ms", 200}, {"source", "session"}});
  row("schemas", {{"name", "public"}, {"first", true}, {"may", true}, {"may_schema", true}});
  pending({"ALTER TABLE orders ADD COLUMN zz int", "CREATE TABLE fresh (id int REFERENCES orders)"});
  relation({{"may", {{"REFERENCES", true}}}});
  EXPECT_EQ(only().message, "");
}

// ------------------------------------------------------------------ sessions

TEST_F(Scene, ActiveConnections_TidegatesOwnAndIdleOnesDoNotCount) {
  set("active_connections.action", "block");
  set("max_active_connections", 2);
  session(1, {});
  session(2, {});
  session(3, {{"app", "tidegate 20261125T1-abc"}});
  session(4, {{"state", "idle in transaction"}});
  session(5, {{"type", "autovacuum worker"}});
  EXPECT_EQ(only().rule, "") << "two are allowed";
  session(6, {});
  EXPECT_EQ(only().blockers.size(), 3U);
}

TEST_F(Scene, LongTransaction_ElsewhereIsAWarningUnlessTheScopeIsTheDatabase) {
  set("long_transaction.action", "block");
  set("long_transaction.warn_after", 60'000);
  set("long_transaction.after", 300'000);
  pending({"ALTER TABLE orders ADD COLUMN zz int"});
  session(7, {{"xact_ms", 400'000}});
  EXPECT_EQ(only().level, Level::warn);
  EXPECT_HAS(only().message, "pid 7 (shop, alice, active, in a transaction for 6m 40s): SELECT 1");
  set("long_transaction.scope", "database");
  EXPECT_EQ(only().level, Level::block);
}

TEST_F(Scene, LongTransaction_IsInTheWayOfConcurrently) {
  set("long_transaction.action", "wait");
  set("long_transaction.warn_after", 60'000);
  set("long_transaction.after", 300'000);
  pending({"CREATE INDEX CONCURRENTLY i ON orders (a)"});
  session(7, {{"xact_ms", 60'000}});
  EXPECT_EQ(only().rule, "");
  facts.rows["sessions"].clear();
  session(7, {{"xact_ms", 60'001}});
  EXPECT_EQ(only().level, Level::warn);
  facts.rows["sessions"].clear();
  session(7, {{"xact_ms", 300'001}});
  EXPECT_EQ(only().level, Level::wait);
  EXPECT_HAS(only().message, "CONCURRENTLY");
  EXPECT_EQ(only().place.line, 1U);
}

TEST_F(Scene, IdleInTransaction_HasTwoLimits) {
  set("idle_in_transaction.action", "block");
  set("idle_in_transaction.warn_after", 10'000);
  set("idle_in_transaction.after", 60'000);
  session(7, {{"state", "idle in transaction (aborted)"}, {"state_ms", 10'000}});
  EXPECT_EQ(only().rule, "");
  session(8, {{"state", "idle in transaction"}, {"state_ms", 10'001}});
  EXPECT_EQ(only().level, Level::warn);
}

TEST_F(Scene, ConflictingLock_OnlyModesThatConflictAndTransactionsOldEnough) {
  set("conflicting_lock.action", "block");
  set("conflicting_lock.after", 200);
  pending({"CREATE INDEX i ON orders (a)"});
  session(7, {{"xact_ms", 5'000}});
  holds(7, "AccessShareLock", 5);
  EXPECT_EQ(only().rule, "") << "a reader does not stop CREATE INDEX";
  session(8, {{"xact_ms", 200}});
  holds(8, "RowExclusiveLock", 5);
  EXPECT_EQ(only().rule, "") << "it may be over by the time";
  session(9, {{"xact_ms", 201}});
  holds(9, "RowExclusiveLock", 5);
  EXPECT_EQ(only().blockers,
            (std::vector<std::string>{"RowExclusiveLock of pid 9 (shop, alice, active, in a transaction for 201ms): SELECT 1"}));
  EXPECT_EQ(only().lock, migrations::Lock::share);
}

TEST_F(Scene, ConflictingLock_OfAnotherDeployment_IsTheHostsToWaitFor) {
  set("conflicting_lock.action", "block");
  pending({"ALTER TABLE orders ADD COLUMN zz int"});
  session(7, {{"xact_ms", 5'000}, {"app", "tidegate 20261125T1-abc"}});
  session(8, {{"xact_ms", 5'000}, {"app", "prisma"}});
  row("advisory", {{"pid", 8}});
  holds(7, "AccessExclusiveLock");
  holds(8, "AccessExclusiveLock");
  EXPECT_EQ(only().rule, "");
}

TEST_F(Scene, LockWaiters_FewElsewhereAreAWarningAndThoseBehindADeploymentNothing) {
  set("lock_waiters.action", "block");
  set("lock_waiters.more_than", 1);
  session(7, {});
  session(9, {{"app", "tidegate 20261125T1-abc"}});
  row("waiters", {{"pid", 7}, {"blocked_by", {9}}, {"relation", nullptr}});
  EXPECT_EQ(only().rule, "");
  row("waiters", {{"pid", 8}, {"blocked_by", {7}}, {"relation", nullptr}});
  EXPECT_EQ(only().level, Level::warn);
  EXPECT_HAS(only().message, "pid 8 waits for pid 7");
  row("waiters", {{"pid", 10}, {"blocked_by", {7}}, {"relation", nullptr}});
  EXPECT_EQ(only().level, Level::block);
}

TEST_F(Scene, PreparedTransaction_ElsewhereIsAWarningOnceItIsOld) {
  set("prepared_transaction.action", "block");
  set("prepared_transaction.warn_after", 60'000);
  row("prepared", {{"gid", "g1"}, {"user", "alice"}, {"xid", "745"}, {"xact_ms", 60'000}});
  EXPECT_EQ(only().rule, "");
  row("prepared", {{"gid", "g2"}, {"user", "alice"}, {"xid", "746"}, {"xact_ms", 60'001}});
  EXPECT_EQ(only().level, Level::warn);
  EXPECT_HAS(only().fix, "ROLLBACK PREPARED 'g2'");
}

TEST_F(Scene, PlainAutovacuum_YieldsAndIsAWarningEvenWithTheAction) {
  set("vacuum_running.action", "block");
  set("conflicting_lock.action", "block");
  pending({"ALTER TABLE orders ADD COLUMN zz int"});
  session(7, {{"type", "autovacuum worker"},
              {"user", nullptr},
              {"app", ""},
              {"xact_ms", 5'000},
              {"query", "autovacuum: VACUUM ANALYZE public.orders"}});
  holds(7, "ShareUpdateExclusiveLock");
  EXPECT_EQ(only().level, Level::warn);
  EXPECT_EQ(only().rule, "vacuum-running");
}

TEST_F(Scene, OtherDeploymentOfTidegate_IsNoted) {
  set("other_deployment.action", "block");
  session(7, {{"app", "tidegate 20261125T1-abc"}, {"state", "idle"}});
  row("advisory", {{"pid", 7}});
  EXPECT_EQ(only().level, Level::info);
}

// ------------------------------------------------------------------ the server

TEST_F(Scene, ConnectionHeadroom_WarnsThenActsAndKeepsThreeForTheRun) {
  set("connection_headroom.action", "block");
  set("connection_headroom.warn_above", 80);
  set("connection_headroom.above", 95);
  const auto with = [&](int most, int used, int role_limit, int of_role) {
    facts.rows["connections"] = {{{"most", most},
                                  {"reserved", 0},
                                  {"role_limit", role_limit},
                                  {"database_limit", -1},
                                  {"role", "deploy"},
                                  {"super", false},
                                  {"used", used},
                                  {"of_database", used},
                                  {"of_role", of_role}}};
    return only();
  };
  EXPECT_EQ(with(100, 80, -1, 1).rule, "");
  EXPECT_EQ(with(100, 81, -1, 1).level, Level::warn);
  EXPECT_EQ(with(100, 95, -1, 1).level, Level::warn);
  EXPECT_EQ(with(100, 96, -1, 1).level, Level::block);
  EXPECT_EQ(with(10, 8, -1, 1).level, Level::block) << "a run may need three";
  EXPECT_HAS(with(100, 5, 2, 2).message, "the role deploy");
}

TEST_F(Scene, ServerVersion_NewerThanTestedIsAWarning) {
  set("server_version.action", "block");
  server({{"version", 180001}});
  EXPECT_EQ(only().rule, "");
  server({{"version", 190000}});
  EXPECT_EQ(only().level, Level::warn);
  server({{"version", 120000}});
  EXPECT_EQ(only().rule, "");
}

TEST_F(Scene, Wraparound_WarnsBeyondWhereVacuumsDoNotYield) {
  set("wraparound.action", "block");
  set("wraparound.more_than", 1'500'000'000);
  server({{"xid_age", 200'000'000}});
  EXPECT_EQ(only().rule, "");
  server({{"xid_age", 200'000'001}});
  EXPECT_EQ(only().level, Level::warn);
  server({{"xid_age", 1'500'000'001}});
  EXPECT_EQ(only().level, Level::block);
}

TEST_F(Scene, LockTimeoutOfZero_IsSaid) {
  set("timeouts.action", "warn");
  row("timeouts", {{"name", "lock_timeout"}, {"ms", 0}, {"source", "default"}});
  EXPECT_HAS(only().message, "lock_timeout is 0");
}

// ------------------------------------------------------------------ relations

TEST_F(Scene, MissingPrivilege_AsksOwnershipForDdlAndThePrivilegeForRows) {
  set("missing_privilege.action", "block");
  pending({"UPDATE orders SET a = 1"});
  relation({{"owned", false}, {"owner", "bob"}, {"may", {{"UPDATE", false}}}});
  EXPECT_HAS(only().message, "needs UPDATE on orders");
  facts.rows["relations"].clear();
  relation({{"owned", false}, {"owner", "bob"}, {"may", {{"UPDATE", true}}}});
  EXPECT_EQ(only().rule, "");
  pending({"ALTER TABLE orders ADD COLUMN b int"});
  EXPECT_HAS(only().message, "which bob owns; deploy is not a member of that role");
}

TEST_F(Scene, MissingPrivilege_OfTheSchemaWhereSomethingIsMade) {
  set("missing_privilege.action", "block");
  row("schemas", {{"name", "public"}, {"first", true}, {"may", false}, {"may_schema", true}});
  row("schemas", {{"name", "sales"}, {"first", false}, {"may", true}, {"may_schema", true}});
  pending({"CREATE TABLE sales.a (id int)"});
  EXPECT_EQ(only().rule, "");
  pending({"CREATE TABLE a (id int)"});
  EXPECT_HAS(only().message, "makes objects in schema public");
}

TEST_F(Scene, LargeTable_OnlyMattersForStrongLocksRewritesAndIndexes) {
  set("large_table.action", "warn");
  set("large_table.rows", 1'000);
  set("large_table.size", 1'000'000);
  relation({{"bytes", 1'000'001}});
  pending({"INSERT INTO orders VALUES (1)"});
  EXPECT_EQ(only().rule, "");
  pending({"CREATE INDEX CONCURRENTLY i ON orders (a)"});
  EXPECT_EQ(only().rule, "large-table");
}

TEST_F(Scene, DiskSpace_WithoutACapacityIsSaidToBeUnknown) {
  set("disk_space.action", "block");
  pending({"ALTER TABLE orders ALTER COLUMN a TYPE bigint"});
  relation({{"bytes", std::int64_t{99} << 20}});
  EXPECT_EQ(only().rule, "") << "small";
  facts.rows["relations"].clear();
  relation({{"bytes", std::int64_t{1} << 30}});
  EXPECT_EQ(only().rule, "check-could-not-run");
  EXPECT_EQ(only().level, Level::warn);
  set("disk_space.capacity", std::int64_t{10} << 30);
  row("disk", {{"used", std::int64_t{5} << 30}});
  EXPECT_EQ(only().rule, "");
  facts.rows["disk"] = {{{"used", std::int64_t{9} << 30}}};
  EXPECT_EQ(only().level, Level::block);
}

TEST_F(Scene, InvalidIndex_OfAnotherNameOrBuiltConcurrentlyIsAWarning) {
  set("invalid_index.action", "block");
  row("indexes", {{"i", 0}, {"relation", "orders"}, {"name", "orders_a"}, {"good", false}, {"in_work", false}});
  pending({"ALTER TABLE orders ADD COLUMN zz int"});
  EXPECT_EQ(only().level, Level::warn);
  pending({"CREATE INDEX CONCURRENTLY orders_a ON orders (a)"});
  EXPECT_EQ(only().level, Level::warn) << "apply takes away what its own try left";
}

TEST_F(Scene, SequenceExhaustion_WarnsThenActsAndSaysWhatItCannotSee) {
  set("sequence_exhaustion.action", "block");
  set("sequence_exhaustion.warn_above", 50);
  set("sequence_exhaustion.above", 90);
  const auto with = [&](std::int64_t last) {
    facts.rows["sequences"] = {{{"relation", "orders"}, {"column", "id"}, {"name", "q"}, {"last_value", last}, {"most", 1'000}}};
    return only();
  };
  EXPECT_EQ(with(499).rule, "");
  EXPECT_EQ(with(500).level, Level::warn);
  EXPECT_EQ(with(900).level, Level::block);
  facts.rows["sequences"] = {{{"relation", "orders"}, {"name", "q"}, {"last_value", nullptr}, {"most", 1'000}, {"hidden", true}}};
  EXPECT_EQ(only().rule, "check-could-not-run");
}

TEST_F(Scene, DependentView_ThatThePendingSqlDropsIsFine) {
  set("dependent_view.action", "block");
  row("views", {{"i", 1}, {"relation", "orders"}, {"column", "a"}, {"name", "report"}});
  pending({"DROP VIEW report", "ALTER TABLE orders ALTER COLUMN a TYPE bigint", "CREATE VIEW report AS SELECT a FROM orders"});
  EXPECT_EQ(only().rule, "");
}

TEST_F(Scene, HistoryDisagrees_SaysWhatIsMissingOrThereAlready) {
  set("history_disagrees.action", "block");
  pending({"CREATE TABLE orders (id int)"});
  row("relations", {{"i", -1}, {"name", "orders"}});
  EXPECT_HAS(only().message, "creates orders, which is there already");
  facts.rows.erase("relations");
  EXPECT_EQ(only().rule, "");

  pending({"ALTER TABLE orders ADD COLUMN a int", "ALTER TABLE orders DROP COLUMN b"});
  relation({});
  row("columns", {{"i", 0}, {"name", "a"}});
  const auto both = judged();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_HAS(both[0].message, "adds the column orders.a, which is there already");
  EXPECT_HAS(both[1].message, "changes the column orders.b, which is not there");
  EXPECT_EQ(both[1].place.line, 2U);
}

TEST_F(Scene, HistoryDisagrees_KnowsWhatThePendingSqlMakesAndForgives) {
  set("history_disagrees.action", "block");
  pending({"CREATE TABLE IF NOT EXISTS a (id int)", "ALTER TABLE a ADD COLUMN b int", "ALTER TABLE a RENAME TO c", "CREATE INDEX ON c (b)",
           "DROP TABLE IF EXISTS nowhere", "ALTER TABLE IF EXISTS nowhere2 ADD COLUMN x int"});
  EXPECT_EQ(only().rule, "");
  pending({"DROP TABLE d", "CREATE TABLE d (id int)"});
  row("relations", {{"i", 0}, {"name", "d"}, {"owned", true}});
  EXPECT_EQ(only().rule, "");
  pending({"DO $$ BEGIN EXECUTE 'CREATE TABLE e (id int)'; END $$", "ALTER TABLE e ADD COLUMN x int"});
  EXPECT_EQ(only().rule, "check-could-not-run") << "what the block makes is not known, and that is said";
}

// ------------------------------------------------------------------ replication

TEST_F(Scene, ReplicationLag_IsAWarningWhereLittleIsWritten) {
  set("replication_lag.action", "block");
  set("replication_lag.warn_after", 10'000);
  set("replication_lag.warn_bytes", 64'000'000);
  set("replication_lag.after", 60'000);
  set("replication_lag.bytes", 1'000'000'000);
  pending({"ALTER TABLE orders ADD COLUMN a int"});
  const auto with = [&](std::int64_t ms, std::int64_t bytes) {
    facts.rows["standbys"] = {{{"pid", 9}, {"name", "replica1"}, {"state", "streaming"}, {"lag_ms", ms}, {"lag_bytes", bytes}}};
    return only();
  };
  EXPECT_EQ(with(10'000, 64'000'000).rule, "");
  EXPECT_EQ(with(10'001, 0).level, Level::warn);
  EXPECT_EQ(with(0, 64'000'001).level, Level::warn);
  EXPECT_EQ(with(60'001, 0).level, Level::warn);
  pending({"DELETE FROM orders"});
  EXPECT_EQ(with(60'001, 0).level, Level::block);
  EXPECT_EQ(with(0, 1'000'000'001).level, Level::block);
}

TEST_F(Scene, Standby_WhoseQueriesCannotBeSeen_IsSaidForExclusiveLocks) {
  set("standby_conflicts.action", "warn");
  row("standbys", {{"pid", 9}, {"name", "replica1"}, {"state", "streaming"}, {"feedback", true}});
  pending({"CREATE INDEX CONCURRENTLY i ON orders (a)"});
  EXPECT_EQ(only().rule, "");
  pending({"ALTER TABLE orders ADD COLUMN a int"});
  EXPECT_EQ(only().rule, "check-could-not-run");
  EXPECT_HAS(only().message, "replica1 (with hot_standby_feedback)");
}

TEST_F(Scene, ReplicationSlot_InactiveIsAWarningAndAHalfFullOneActs) {
  set("replication_slot.action", "block");
  set("replication_slot.above", 50);
  const auto with = [&](bool active, std::int64_t retained) {
    facts.rows["slots"] = {
        {{"name", "s1"}, {"type", "logical"}, {"active", active}, {"wal_status", "reserved"}, {"retained", retained}, {"most", 1'000}}};
    return only();
  };
  EXPECT_EQ(with(true, 509).rule, "");
  EXPECT_EQ(with(true, 510).level, Level::block);
  EXPECT_EQ(with(false, 10).level, Level::warn);
  EXPECT_HAS(with(false, 10).message, "nobody reads from it");
}

TEST_F(Scene, LogicalReplication_CarriesRowsButNoDdl) {
  set("logical_replication.action", "block");
  row("published", {{"i", 0}, {"relation", "orders"}, {"name", "pub"}, {"what", "publication"}});
  pending({"INSERT INTO orders VALUES (1)"});
  EXPECT_EQ(only().rule, "");
  pending({"ALTER TABLE orders ADD COLUMN a int"});
  EXPECT_EQ(only().level, Level::warn);
}

TEST_F(Scene, WalArchiving_ThatWorksAgainIsFine) {
  set("wal_archiving.action", "block");
  pending({"UPDATE orders SET a = 1"});
  row("archiver", {{"failed", 3}, {"wal", "0001"}, {"failed_ms", 60'000}, {"archived_ms", 1'000}});
  EXPECT_EQ(only().rule, "");
}

TEST_F(Scene, XminHorizon_NamesSlotsAndPreparedTransactionsToo) {
  set("xmin_horizon.action", "warn");
  set("xmin_horizon.more_than", 100);
  row("slots", {{"name", "s1"}, {"type", "logical"}, {"active", true}, {"xmin_age", 101}});
  row("prepared", {{"gid", "g1"}, {"user", "a"}, {"xid", "1"}, {"xmin_age", 101}});
  row("prepared", {{"gid", "g2"}, {"user", "a"}, {"xid", "2"}, {"xmin_age", 100}});
  EXPECT_EQ(judged().size(), 2U);
}

// ------------------------------------------------------------------ what cannot be seen

TEST_F(Scene, SessionsThatCannotBeSeen_AreSaidAndNotTakenForQuiet) {
  set("active_connections.action", "block");
  set("max_active_connections", 10);
  session(7, {{"hidden", true}, {"state", nullptr}, {"type", nullptr}, {"user", "bob"}});
  session(8, {{"hidden", true}, {"state", nullptr}, {"type", nullptr}, {"user", "bob"}, {"app", "tidegate 1"}});
  EXPECT_EQ(only().rule, "check-could-not-run");
  EXPECT_EQ(only().level, Level::warn);
  EXPECT_HAS(only().message, "what 1 session of bob does cannot be seen by deploy");
}

TEST_F(Scene, PartThatTheServerRefused_IsCouldNotRunForItsChecksOnly) {
  set("collation_drift.action", "block");
  facts.unseen["slots"] = "permission denied for view pg_replication_slots";
  EXPECT_EQ(only().rule, "") << "no check that is on needs it";
  set("replication_slot.action", "block");
  EXPECT_EQ(only().rule, "check-could-not-run");
  EXPECT_HAS(only().message, "replication-slot: replication slots could not be looked at: permission denied");
}

TEST_F(Scene, StandbyWhoseLagCannotBeSeen_IsSaid) {
  set("replication_lag.action", "block");
  row("standbys", {{"pid", 9}, {"name", "replica1"}, {"state", nullptr}});
  EXPECT_EQ(only().rule, "check-could-not-run");
  EXPECT_HAS(only().message, "replica1");
}

// ------------------------------------------------------------------ words

TEST(Harmless, LiteralsAndLongNumbersAreTakenOut) {
  EXPECT_EQ(harmless("UPDATE u SET password = 'geheim', n = 12, card = 4111111111111111"), "UPDATE u SET password = '…', n = 12, card = …");
  EXPECT_EQ(harmless("select E'a\\'b', 'it''s', $$secret$$, $x$a$y$b$x$, $1"), "select E'…', '…', '…', '…', $1");
  EXPECT_EQ(harmless("select 'cut in the mid"), "select '…'");
  EXPECT_EQ(harmless("-- token abc\nselect\n\t1 /* key=xyz */ + 2"), "select 1 + 2");
  EXPECT_EQ(harmless("alter role a password $$cut"), "alter role a password '…'");
}

TEST(Harmless, LongSql_IsCutAtACharacter) {
  const auto text = harmless("SELECT " + std::string(73, 'a') + "ä" + std::string(50, 'b'));
  EXPECT_TRUE(text.ends_with("a…")) << text;
}

TEST(Span, ReadsAsPeopleSayIt) {
  EXPECT_EQ(span(850), "850ms");
  EXPECT_EQ(span(3'000), "3s");
  EXPECT_EQ(span(12'345), "12s");
  EXPECT_EQ(span(362'000), "6m 2s");
  EXPECT_EQ(span(3 * 3'600'000 + 300'000), "3h 5m");
}

}  // namespace
}  // namespace tidegate::safety
