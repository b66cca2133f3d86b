// SPDX-License-Identifier: Apache-2.0
// tidegate rollback by the journal: --run ID, and the last run that changed something.
#include "project.hpp"

namespace tidegate::test {
namespace {

using Names = std::vector<std::string>;

class RollbackOfARun : public ProjectTest {
 protected:
  void table(const std::string& name, const std::string& relation) {
    project.migration(name, "CREATE TABLE " + relation + " (id int);");
    project.file("prisma/migrations/" + name + "/down.sql", "DROP TABLE " + relation + ";\n");
  }
  /// The id of the run.
  std::string run(int exit_code = 0) {
    const auto end = last_event(project.events());
    EXPECT_EQ(end["exit"], exit_code) << end;
    return end["run"];
  }
  void two_runs() {
    table("1_a", "a");
    first_ = run();
    table("2_b", "b"), table("3_c", "c");
    second_ = run();
  }
  std::string first_, second_;
};

TEST_F(RollbackOfARun, WithoutAName_UndoesTheLastOneOnce) {
  two_runs();
  const auto said = project.tidegate({"rollback"});
  EXPECT_CODE(said, 0);
  EXPECT_EQ(said.out, "run " + second_ + "\nundone 3_c\nundone 2_b\n");
  EXPECT_EQ(project.applied(), Names{"1_a"});
  const auto again = project.tidegate({"rollback"});
  EXPECT_CODE(again, 0);
  EXPECT_SAYS(again, "nothing to undo");
  EXPECT_EQ(project.applied(), Names{"1_a"}) << "a second call does not go further back";
}

TEST_F(RollbackOfARun, DryRun_NamesTheRunAndRecordsNothing) {
  two_runs();
  const auto said = project.json({"rollback", "--dry-run", "--json"});
  EXPECT_EQ(said, (Json{{"undone", {"3_c", "2_b"}}, {"kept", Json::array()}, {"error", nullptr}, {"run", second_}}));
  EXPECT_EQ(project.db.value("SELECT count(*) FROM tidegate.runs"), "2");
}

TEST_F(RollbackOfARun, OlderRun_IsRefusedWhileNewerMigrationsStandOnTop) {
  two_runs();
  const auto said = project.tidegate({"rollback", "--run", first_});
  EXPECT_CODE(said, 3);
  EXPECT_SAYS(said, "newer migrations stand on top of what run " + first_ + " applied: 2_b and 3_c");
  EXPECT_EQ(project.applied().size(), 3U);
  EXPECT_CODE(project.tidegate({"rollback", "--run", second_}), 0);
  EXPECT_CODE(project.tidegate({"rollback", "--run", first_}), 0);
  EXPECT_EQ(project.applied(), Names{});
}

TEST_F(RollbackOfARun, MigrationOfAnotherTool_IsNotUndoneBelow) {
  two_runs();
  project.db.sql(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at) VALUES ('p', 'x', '4_p', "
      "clock_timestamp(), clock_timestamp())");
  const auto said = project.tidegate({"rollback"});
  EXPECT_CODE(said, 3);
  EXPECT_SAYS(said, "4_p");
  EXPECT_SAYS(said, "`tidegate rollback --to 1_a`");
}

TEST_F(RollbackOfARun, WhatANewerRunAppliedAgain_IsThatOnes) {
  two_runs();
  EXPECT_CODE(project.tidegate({"rollback"}), 0);
  const auto third = run();
  const auto said = project.tidegate({"rollback", "--run", second_});
  EXPECT_CODE(said, 0);
  EXPECT_SAYS(said, "nothing to undo");
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b", "3_c"}));
  EXPECT_EQ(project.tidegate({"rollback"}).out, "run " + third + "\nundone 3_c\nundone 2_b\n");
}

TEST_F(RollbackOfARun, RunThatKeptWhatItCompleted_IsUndoneOnceItCanBe) {
  table("1_a", "a");
  project.migration("2_bad", "SELECT 1/0;");  // no down.sql: so all of the run is kept
  run(5);
  EXPECT_EQ(project.applied(), Names{"1_a"});
  const auto said = project.tidegate({"rollback"});
  EXPECT_CODE(said, 0);
  EXPECT_SAYS(said, "undone 1_a");
  EXPECT_EQ(project.applied(), Names{});
}

TEST_F(RollbackOfARun, RunThatWasPutBackAlready_LeavesTheOneBeforeItAlone) {
  table("1_a", "a");
  run();
  table("2_b", "b");
  project.migration("3_bad", "SELECT 1/0;").file("prisma/migrations/3_bad/down.sql", "SELECT 1;");
  run(4);
  const auto said = project.tidegate({"rollback"});
  EXPECT_CODE(said, 0);
  EXPECT_SAYS(said, "nothing to undo");
  EXPECT_EQ(project.applied(), Names{"1_a"});
}

TEST_F(RollbackOfARun, JournalInAFile_IsReadThere) {
  project.file("tidegate.toml", "version = 1\nname = \"shop\"\nextends = \"default\"\n[run]\njournal = \"file\"\n");
  two_runs();
  EXPECT_EQ(project.tidegate({"rollback"}).out, "run " + second_ + "\nundone 3_c\nundone 2_b\n");
  EXPECT_EQ(project.tidegate({"rollback", "--run", first_}).out, "run " + first_ + "\nundone 1_a\n");
}

TEST_F(RollbackOfARun, NoJournal_SaysWhatToDoInstead) {
  project.file("tidegate.toml", "version = 1\nname = \"shop\"\nextends = \"default\"\n[run]\njournal = \"none\"\n");
  two_runs();
  const auto said = project.tidegate({"rollback"});
  EXPECT_CODE(said, 2);
  EXPECT_SAYS(said, "no run that applied something");
  EXPECT_SAYS(said, "--to NAME");
}

TEST_F(RollbackOfARun, ARunAppliedMoreWhileItWaited_NothingIsUndone) {
  two_runs();
  project.migration("4_d", "ALTER TABLE a ADD COLUMN name text;");
  auto blocker = project.db.connect();
  blocker.sql("begin; select * from a");
  Process other(project.command({"run"}));
  ASSERT_TRUE(other.wait_for_line("pid " + std::to_string(blocker.pid())));
  Process rollback(project.command({"rollback"}));
  ASSERT_TRUE(rollback.wait_for_line("another run holds the lock"));
  blocker.sql("commit");
  EXPECT_CODE(other.wait(), 0);
  const auto said = rollback.wait();
  EXPECT_CODE(said, 7);
  EXPECT_SAYS(said, "somebody else changed the history");
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b", "3_c", "4_d"}));
}

TEST_F(RollbackOfARun, ItIsARunOfItsOwnInTheJournal) {
  two_runs();
  EXPECT_CODE(project.tidegate({"rollback"}), 0);
  EXPECT_EQ(project.db.value("SELECT undone FROM tidegate.runs ORDER BY started_at DESC LIMIT 1"), R"(["3_c", "2_b"])");
}

}  // namespace
}  // namespace tidegate::test
