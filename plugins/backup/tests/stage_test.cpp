// SPDX-License-Identifier: Apache-2.0
//
// The stage through its real entry. Real dumps are made in tests/integration.
#include <gtest/gtest.h>

#include <tidegate/testing.hpp>

namespace tidegate::sdk::testing {
namespace {

class Backup : public ::testing::Test {
 protected:
  Backup() { host.set("exit_codes.0", 0); }
  Outcome run(bool dry = false) {
    RunOptions options;
    options.dry = dry;
    options.kind = "apply";
    options.run_id = "20261122T172719-5a0c";
    return Driver(tidegate_plugin_v1, host, "backup").run(options);
  }
  DbAnswer& restore_point(const char* archive_mode) {
    return host.db().on("pg_create_restore_point").rows({"lsn", "archive_mode"}, {{"0/16B3748", archive_mode}});
  }
  FakeHost host;
};

TEST_F(Backup, RestorePoint_IsNamedByTheRun) {
  host.set("how", "restore_point");
  restore_point("on");
  EXPECT_EQ(run().verdict, Verdict::pass);
  EXPECT_EQ(host.published().at("handle"), "tidegate-20261122T172719-5a0c");
  EXPECT_EQ(host.db().sent().front().params.front(), "tidegate-20261122T172719-5a0c");
  EXPECT_EQ(host.changes_announced(), 0U) << "nothing of the target is touched";
}

TEST_F(Backup, RestorePointThatNothingLeadsTo_IsAWarning) {
  host.set("how", "restore_point");
  restore_point("off");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::warn);
  EXPECT_TRUE(outcome.found("restore-point-without-archive"));
}

TEST_F(Backup, RestorePointThatIsRefused_IsAFailedCallWithTheRemedy) {
  host.set("how", "restore_point");
  host.db().on("pg_create_restore_point").fails("42501", "permission denied for function pg_create_restore_point");
  const auto outcome = run();
  EXPECT_EQ(outcome.status, Status::failed);
  EXPECT_NE(outcome.error.hint.find("GRANT EXECUTE"), std::string::npos);
  EXPECT_FALSE(host.published().contains("handle"));
}

TEST_F(Backup, CommandThatEndsWell_GivesItsLastLine) {
  host.set("how", "command").set("argv", {"snapshot", "now"}).set("pass_connection", true).set("connection_env", "PG_URL");
  host.on_program("snapshot now").prints("working\nsnap-42\n\n").complains("done\n");
  EXPECT_EQ(run().verdict, Verdict::pass);
  EXPECT_EQ(host.published().at("handle"), "snap-42");
  EXPECT_EQ(host.programs().front().connection, "main");
  EXPECT_EQ(host.programs().front().connection_env, "PG_URL");
  EXPECT_EQ(host.changes_announced(), 0U);
}

TEST_F(Backup, CommandThatFails_IsAFailedCall) {
  host.set("how", "command").set("argv", {"snapshot"});
  host.on_program("snapshot").once().complains("quota is used up\n").exits(1);
  host.on_program("snapshot").once().fails(Status::not_found, "there is no program snapshot");
  const auto refused = run();
  EXPECT_EQ(refused.status, Status::failed);
  EXPECT_NE(refused.error.message.find("quota is used up"), std::string::npos);
  EXPECT_EQ(run().status, Status::failed) << "a program that is not there is no backup either";
  EXPECT_FALSE(host.published().contains("handle"));
}

TEST_F(Backup, DryRun_DoesNothing) {
  host.set("argv", {"snapshot"}).set("folder", "/nonexistent/folder");
  host.on_ask("tidegate.plan/1", "pending").answers(R"({"migrations":[{"name":"1_a","statements":[{"sql":"DROP TABLE users"}]}]})");
  host.db().on("pg_inherits").rows({"name", "kind", "reaches"}, {{"public.users", "r", "f"}});
  for (const char* how : {"command", "restore_point", "dump"}) {
    host.set("how", how);
    EXPECT_EQ(run(true).verdict, Verdict::skipped) << how;
  }
  EXPECT_TRUE(host.programs().empty());
  EXPECT_FALSE(host.db().was_sent("pg_create_restore_point"));
  EXPECT_NE(host.log_text().find("would dump"), std::string::npos);
  EXPECT_NE(host.log_text().find("public.users"), std::string::npos);
}

TEST_F(Backup, NothingThatExistsIsTouched_IsSkipped) {
  host.set("how", "dump").set("folder", "/nonexistent/folder");
  host.on_ask("tidegate.plan/1", "pending").answers(R"j({"migrations":[{"name":"1_a","statements":[{"sql":"CREATE TABLE users (id int)"}]}]})j");
  host.db().on("pg_inherits").rows({"name", "kind", "reaches"}, {});
  EXPECT_EQ(run().verdict, Verdict::skipped);
}

TEST_F(Backup, NoProgramsNewEnough_AreAskedFor) {
  host.set("how", "dump").set("tables", "all").set("folder", "/nonexistent/folder").set("bin_dir", "/nonexistent/bin");
  host.db().on("count(*)").rows({"count"}, {{"1"}});
  host.db().on("current_database").rows({"name"}, {{"shop"}});
  const auto outcome = run();
  EXPECT_EQ(outcome.status, Status::failed);
  EXPECT_NE(outcome.error.message.find("PostgreSQL 15 or newer were not found in /nonexistent/bin"), std::string::npos)
      << outcome.error.message;
}

TEST_F(Backup, SettingsThatLackWhatIsNeeded_AreRefused) {
  for (const char* how : {"dump", "command"}) {
    host.set("how", how);
    EXPECT_EQ(Driver(tidegate_plugin_v1, host, "backup").validate().status, Status::config) << how;
  }
  host.set("how", "restore_point");
  EXPECT_TRUE(Driver(tidegate_plugin_v1, host, "backup").validate().ok());
}

}  // namespace
}  // namespace tidegate::sdk::testing
