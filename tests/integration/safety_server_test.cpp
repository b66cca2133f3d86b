// SPDX-License-Identifier: Apache-2.0
// The checks of the server as a whole, most on servers of their own. Not made here, since no such server can be had in a
// test: one older than 12 or newer than 18, a standby, a vacuum to prevent
// wraparound, a standby that is behind; the unit tests of plugins/safety make those up. A pooler: pooler_test.cpp.
#include "safety_scene.hpp"

namespace tidegate::test {
namespace {

using SafetyServer = SafetyScene;

TEST_F(SafetyServer, ReadOnlyByDefault_ClosesTheGate) {
  then(kAlter);
  project.db.sql("alter database " + project.db.name() + " set default_transaction_read_only = on");
  const auto finding = of_rule(findings(3), "read-only");
  EXPECT_EQ(finding["verdict"], "block");
  EXPECT_TRUE(says(finding, project.db.name()));
  auto session = project.db.connect();
  session.sql("set default_transaction_read_only = off");
  session.sql("alter database " + project.db.name() + " reset default_transaction_read_only");
}

TEST_F(SafetyServer, StatementTimeoutOfTheRoleOrDatabase_IsAWarning) {
  then(kAlter);
  project.db.sql("alter database " + project.db.name() + " set statement_timeout = '45s'");
  const auto finding = of_rule(findings(0), "timeouts");
  EXPECT_TRUE(says(finding, "statement_timeout is 45s (from: database)")) << finding;
}

TEST_F(SafetyServer, EventTrigger_IsAWarning) {
  then(kAlter);
  project.db.sql(
      "create function f() returns event_trigger language plpgsql as 'begin end'; create event trigger audit on ddl_command_end execute "
      "function f()");
  EXPECT_TRUE(says(of_rule(findings(0), "event-trigger"), "audit (ddl_command_end, of postgres)"));
}

TEST_F(SafetyServer, CollationOfAnotherVersion_IsAWarning) {
  TestDatabase icu("locale_provider icu icu_locale 'en-US'");
  then(kAlter, icu.url());
  icu.sql("set allow_system_table_mods = on; update pg_database set datcollversion = '1.0' where datname = current_database()");
  EXPECT_TRUE(says(of_rule(findings(0), "collation-drift"), "version 1.0"));
}

TEST_F(SafetyServer, OldSnapshot_KeepsTheHorizonBack) {
  then(kAlter);
  safety("xmin_horizon = { more_than = 0 }\nidle_in_transaction = { action = \"ignore\" }");
  auto old = project.db.connect();
  old.sql("begin isolation level repeatable read; select 1");
  project.db.sql("insert into orders (amount) values (1); insert into orders (amount) values (2)");
  EXPECT_TRUE(says(of_rule(would_find(), "xmin-horizon"), "pid " + std::to_string(old.pid())));
}

TEST_F(SafetyServer, FewConnectionsLeft_Blocks) {
  const OwnServer server({}, 12);
  then(kAlter, server.url());
  safety("connection_headroom = { action = \"block\" }");
  EXPECT_TRUE(findings(0, {"--dry-run"}).empty());
  std::vector<Connection> others;
  for (int i = 0; i < 9; ++i) others.push_back(server.connect());
  const auto finding = of_rule(findings(3), "connection-headroom");
  EXPECT_TRUE(says(finding, " of the 12 connections of the server")) << finding;
}

TEST_F(SafetyServer, PreparedTransactionOnATarget_BlocksAndOthersOnlyWarnWhenOld) {
  const OwnServer server({"max_prepared_transactions=5"});
  then(kAlter, server.url());
  auto session = server.connect();
  session.sql("begin; update orders set amount = 2; prepare transaction 'forgotten'");
  const auto finding = of_rule(findings(3), "prepared-transaction");
  EXPECT_TRUE(says(finding, "prepared transaction 'forgotten' of postgres")) << finding;
  EXPECT_TRUE(says(finding, "holds a lock on orders"));
  session.sql("rollback prepared 'forgotten'");
  session.sql("create table other (id int)");
  session.sql("begin; insert into other values (1); prepare transaction 'elsewhere'");
  EXPECT_TRUE(would_find().empty());
  safety("prepared_transaction = { warn_after = 0 }");
  EXPECT_EQ(of_rule(would_find(), "prepared-transaction")["verdict"], "warn");
}

TEST_F(SafetyServer, ReplicationSlot_InactiveWarnsAndOneThatLosesWalBlocks) {
  const OwnServer server({"max_slot_wal_keep_size=1MB", "min_wal_size=32MB", "max_wal_size=32MB"});
  then(kAlter, server.url());
  auto session = server.connect();
  session.sql("select pg_create_physical_replication_slot('standby1', true)");
  const auto warned = of_rule(would_find(), "replication-slot");
  EXPECT_EQ(warned["verdict"], "warn");
  EXPECT_TRUE(says(warned, "nobody reads from it"));
  for (int i = 0; i < 3; ++i) session.sql("insert into orders (amount) values (1); select pg_switch_wal()");
  EXPECT_EQ(of_rule(findings(3), "replication-slot")["verdict"], "block");
}

TEST_F(SafetyServer, ArchivingThatFails_WarnsAndBlocksWhatWritesMuch) {
  const OwnServer server({"archive_mode=on", "archive_command=/bin/false"});
  then(kAlter, server.url());
  server.connect().sql("select pg_switch_wal()");
  ASSERT_TRUE(server.eventually("select failed_count > 0 from pg_stat_archiver"));
  EXPECT_EQ(of_rule(would_find(), "wal-archiving")["verdict"], "warn");
  project.migration("20240102000000_next", "UPDATE orders SET amount = 7;\n");
  EXPECT_EQ(of_rule(findings(3), "wal-archiving")["verdict"], "block");
}

TEST_F(SafetyServer, StandbyThatIsThere_SaysWhatCannotBeSeenFromHere) {
  const OwnServer server({"wal_level=replica"});
  then(kAlter, server.url());
  Connection standby(server.url() + "&replication=true&application_name=standby1");
  const auto here = standby.sql("IDENTIFY_SYSTEM").at(0).at(2).value_or("");
  standby.send("START_REPLICATION PHYSICAL " + here);
  ASSERT_TRUE(server.eventually("select count(*) = 1 from pg_stat_replication where state = 'streaming'"));
  const auto finding = of_rule(would_find(), "check-could-not-run");
  EXPECT_TRUE(says(finding, "standby-conflicts")) << finding;
  EXPECT_TRUE(says(finding, "standby1")) << finding;
}

}  // namespace
}  // namespace tidegate::test
