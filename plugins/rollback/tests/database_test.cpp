// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::rollback::test {
namespace {

using sdk::Status;
using tidegate::test::Connection;

class RollbackDatabase : public ::testing::Test {
 protected:
  void two() {
    s.applied("1_a", "CREATE TABLE a (id int)", "DROP TABLE a;");
    s.applied("2_b", "CREATE TABLE b (id int); ALTER TABLE a ADD v int", "ALTER TABLE a DROP v;\nDROP TABLE b;");
  }
  Scene s;
};

TEST_F(RollbackDatabase, AfterAFailedRun_UndoesNewestFirstAndMarksTheHistory) {
  two();
  const auto e = s.run_after({"1_a", "2_b"});
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_FALSE(s.has("a"));
  EXPECT_FALSE(s.has("b"));
  EXPECT_EQ(s.rows(), "1_a rolled back, 2_b rolled back");
  EXPECT_EQ(s.published.at("undone"), R"(["2_b","1_a"])");
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NOT NULL"), "2");
  ASSERT_EQ(s.events.size(), 2U);
  EXPECT_EQ(s.events[0].first, "migration.undone");
  EXPECT_EQ(s.events[0].second["name"], "2_b");
  EXPECT_EQ(s.events[0].second["statements"], 2);
  EXPECT_EQ(s.changing, 1);
}

TEST_F(RollbackDatabase, SecondCall_FindsNothingToDo) {
  two();
  ASSERT_EQ(s.run_after({"2_b"}).code, Status::ok);
  s.scripts.clear();
  ASSERT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.published.at("undone"), R"(["2_b"])");
  for (const auto& sql : s.scripts) EXPECT_FALSE(says(sql, "UPDATE")) << sql;
  EXPECT_EQ(s.rows(), "1_a applied, 2_b rolled back");
}

TEST_F(RollbackDatabase, RunThatSucceeded_HasNothingToUndo) {
  two();
  ASSERT_EQ(s.run().code, Status::ok);  // ensure = true: no run.applied
  EXPECT_EQ(s.published.at("undone"), "[]");
  EXPECT_EQ(s.rows(), "1_a applied, 2_b applied");
}

TEST_F(RollbackDatabase, OneOfThem_LeavesTheOthers) {
  two();
  const auto did = s.undo({"2_b"});
  EXPECT_EQ(did, (json{{"undone", {"2_b"}}, {"kept", json::array()}, {"half_done", json::array()}, {"error", nullptr}}));
  EXPECT_TRUE(s.has("a"));
}

TEST_F(RollbackDatabase, DownToAName_KeepsItAndWhatIsOlder) {
  two();
  s.applied("3_c", "CREATE TABLE c (id int)", "DROP TABLE c;");
  const auto did = s.ask("tidegate.undo/1", "down", R"({"to":"1_a"})");
  ASSERT_TRUE(did.ok()) << did.error().message;
  EXPECT_EQ((*did)["undone"], json({"3_c", "2_b"}));
  EXPECT_EQ(s.rows(), "1_a applied, 2_b rolled back, 3_c rolled back");
  const auto unknown = s.ask("tidegate.undo/1", "down", R"({"to":"9_z"})");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Status::not_found);
}

TEST_F(RollbackDatabase, DownThatFails_KeepsItAndTheOlderOnesAndSaysWhere) {
  two();
  s.applied("3_c", "CREATE TABLE c (id int)", "DROP TABLE c;");
  s.down("2_b", "DROP TABLE b;\n\nALTER TABLE a DROP nowhere;\n");
  const auto did = s.undo({"1_a", "2_b", "3_c"});
  EXPECT_EQ(did["undone"], json({"3_c"}));
  EXPECT_EQ(did["kept"], json({"2_b", "1_a"}));
  EXPECT_EQ(did["half_done"], json::array());
  EXPECT_TRUE(says(did["error"], "2_b/down.sql:3:1")) << did["error"];
  EXPECT_EQ(did["failure"]["sqlstate"], "42703");
  EXPECT_EQ(did["failure"]["where"]["line"], 3);
  EXPECT_TRUE(says(did["failure"]["hint"], "the migration stands as it did")) << did["failure"];
  EXPECT_TRUE(s.has("b")) << "the DROP before it is undone with it";
  EXPECT_EQ(s.rows(), "1_a applied, 2_b applied, 3_c rolled back");
}

TEST_F(RollbackDatabase, FailedDownOfARun_IsAFailedCallThatPublishesWhatIsUndone) {
  two();
  s.down("1_a", "DROP TABLE nothing;");
  const auto e = s.run_after({"1_a", "2_b"});
  EXPECT_EQ(e.sqlstate, "42P01");
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_EQ(s.published.at("undone"), R"(["2_b"])");
  s.down("1_a", "DROP TABLE a;");
  ASSERT_EQ(s.run().code, Status::ok);  // as a retry does it
  EXPECT_EQ(s.published.at("undone"), R"(["2_b","1_a"])");
}

TEST_F(RollbackDatabase, LockThatIsHeld_IsTriedAgainNamingTheHolder) {
  two();
  auto holder = s.database.connect();
  holder.sql("BEGIN; SELECT * FROM b");
  s.on_pause = [&] { holder.sql("COMMIT"); };
  const auto did = s.undo({"2_b"});
  EXPECT_EQ(did["undone"], json({"2_b"}));
  EXPECT_EQ(s.pauses.size(), 1U);
  ASSERT_FALSE(s.logs.empty());
  EXPECT_TRUE(says(s.logs.front(), "the down.sql of migration 2_b waits for a lock: pid 1 (psql)")) << s.logs.front();
}

TEST_F(RollbackDatabase, LockThatIsNeverFree_EndsWithTheTimeAndLeavesEverything) {
  two();
  auto holder = s.database.connect();
  holder.sql("BEGIN; SELECT * FROM b");
  s.remaining = 2000;
  const auto did = s.undo({"2_b"});
  EXPECT_EQ(did["failure"]["class"], "locked");
  EXPECT_EQ(did["kept"], json({"2_b"}));
  EXPECT_EQ(s.rows(), "1_a applied, 2_b applied");
}

TEST_F(RollbackDatabase, FailedMigrationOnTop_IsRefusedBeforeAnythingIsTouched) {
  two();
  s.database.sql("INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('f', 'x', '3_c', clock_timestamp())");
  const auto did = s.undo({"1_a", "2_b"});
  EXPECT_EQ(did["undone"], json::array());
  EXPECT_TRUE(says(did["error"], "migration 3_c has failed")) << did["error"];
  EXPECT_EQ(s.changing, 0);
}

TEST_F(RollbackDatabase, OneThatIsHalfUndone_IsNotTakenForUndone) {
  two();
  s.down("2_b", "ALTER TABLE a DROP v;\nCREATE INDEX CONCURRENTLY half ON a (id);\nDROP TABLE nothing;");
  const auto first = s.undo({"2_b"});
  EXPECT_EQ(first["half_done"], json({"2_b"})) << first;
  s.down("2_b", "DROP TABLE b;");
  const auto again = s.run_after({"2_b"});
  EXPECT_EQ(again.code, Status::denied) << "as a retry of the stage does it: there is something left to undo";
  EXPECT_TRUE(says(again.message, "migration 2_b stands half done")) << again.message;
  EXPECT_TRUE(s.has("b"));
}

TEST_F(RollbackDatabase, DownToANameUnderOneThatFailed_IsRefused) {
  two();
  s.database.sql("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_b'");
  const auto did = s.ask("tidegate.undo/1", "down", R"({"to":"1_a"})");
  ASSERT_TRUE(did.ok()) << did.error().message;
  EXPECT_TRUE((*did)["error"].is_string() && says((*did)["error"], "migration 2_b has failed")) << *did;
}

TEST_F(RollbackDatabase, OneWithoutDown_IsRefusedBeforeAnythingIsTouched) {
  two();
  s.applied("3_c", "CREATE TABLE c (id int)", "");
  s.applied("4_d", "CREATE TABLE d (id int)", "DROP TABLE d;");
  const auto did = s.undo({"2_b", "3_c", "4_d"});
  EXPECT_EQ(did["undone"], json::array());
  EXPECT_EQ(did["kept"], json({"4_d", "3_c", "2_b"}));
  EXPECT_EQ(did["failure"]["class"], "denied");
  EXPECT_TRUE(s.has("d"));
  EXPECT_EQ(s.changing, 0);
}

TEST_F(RollbackDatabase, Cancelled_StopsBetweenMigrations) {
  two();
  s.before_script = [&](const std::string& sql) { s.cancelled = s.cancelled || says(sql, "DROP TABLE b"); };
  const auto did = s.undo({"1_a", "2_b"});
  EXPECT_EQ(did["undone"], json({"2_b"}));
  EXPECT_EQ(did["kept"], json({"1_a"}));
  EXPECT_EQ(did["failure"]["class"], "cancelled");
}

TEST_F(RollbackDatabase, DryRun_SaysTheNamesAndChangesNothing) {
  two();
  s.context["run.applied"] = R"(["1_a","2_b"])";
  s.read_only = true;
  ASSERT_EQ(s.run(true).code, Status::ok);
  EXPECT_EQ(s.logs, (Names{"would undo 2_b", "would undo 1_a"}));
  EXPECT_EQ(s.changing, 0);
}

TEST_F(RollbackDatabase, AppliedTwiceAfterAnUndo_MarksTheStandingRowOnly) {
  two();
  s.database.sql(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, rolled_back_at) VALUES "
      "('old', 'x', '2_b', now() - interval '1 day', now() - interval '1 day', '2020-01-01')");
  ASSERT_EQ(s.undo({"2_b"})["undone"], json({"2_b"}));
  EXPECT_EQ(s.value("SELECT rolled_back_at = '2020-01-01' FROM _prisma_migrations WHERE id = 'old'"), "t");
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations WHERE migration_name = '2_b' AND rolled_back_at IS NULL"), "0");
}

TEST_F(RollbackDatabase, DownThatChangesSearchPathAndRole_StillMarksTheHistory) {
  two();
  s.down("2_b", "SET search_path = pg_catalog; SET ROLE pg_monitor; RESET ROLE; ALTER TABLE public.a DROP v; DROP TABLE public.b;");
  ASSERT_EQ(s.undo({"1_a", "2_b"})["undone"], json({"2_b", "1_a"}));
  EXPECT_EQ(s.rows(), "1_a rolled back, 2_b rolled back");
}

TEST_F(RollbackDatabase, NoHistory_IsNothingToUndo) {
  s.database.sql("DROP TABLE _prisma_migrations");
  EXPECT_EQ(s.undo({"1_a"}), (json{{"undone", json::array()}, {"kept", json::array()}, {"half_done", json::array()}, {"error", nullptr}}));
}

TEST_F(RollbackDatabase, UnknownMethod_IsSaid) {
  const auto answer = s.ask("tidegate.undo/1", "sideways");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Status::unsupported);
}

}  // namespace
}  // namespace tidegate::rollback::test
