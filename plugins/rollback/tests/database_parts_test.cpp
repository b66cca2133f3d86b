// SPDX-License-Identifier: Apache-2.0
// Where a down.sql cannot be one transaction, and where its connection is lost.
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::rollback::test {
namespace {

using sdk::Status;

class DownInParts : public ::testing::Test {
 protected:
  DownInParts() {
    s.applied("1_a", "CREATE TABLE a (id int, v int); CREATE INDEX i ON a (id)", "DROP INDEX CONCURRENTLY i;\nDROP TABLE a;");
  }
  std::string finished() { return s.value("SELECT finished_at FROM _prisma_migrations WHERE migration_name = '1_a'"); }
  Scene s;
};

TEST_F(DownInParts, Concurrently_RunsOutsideOfATransactionAndKeepsTheMomentOfApplication) {
  const auto before = finished();
  const auto did = s.undo({"1_a"});
  ASSERT_EQ(did["error"], nullptr) << did;
  EXPECT_FALSE(s.has("i"));
  EXPECT_FALSE(s.has("a"));
  EXPECT_EQ(s.rows(), "1_a rolled back");
  EXPECT_EQ(finished(), before);
}

TEST_F(DownInParts, WhileItRuns_TheRowIsUnfinishedSoThatNobodyGoesOnTopOfIt) {
  std::string seen;
  s.before_script = [&](const std::string& sql) {
    if (sql.starts_with("DROP INDEX CONCURRENTLY")) seen = s.rows();
  };
  ASSERT_EQ(s.undo({"1_a"})["error"], nullptr);
  EXPECT_EQ(seen, "1_a open");
}

TEST_F(DownInParts, FirstPartFails_TheRowIsAsItWas) {
  const auto before = finished();
  s.down("1_a", "DROP INDEX CONCURRENTLY nowhere;\nDROP TABLE a;");
  const auto did = s.undo({"1_a"});
  EXPECT_EQ(did["failure"]["sqlstate"], "42704");
  EXPECT_EQ(s.rows(), "1_a applied");
  EXPECT_EQ(finished(), before);
}

TEST_F(DownInParts, LaterPartFails_TheRowStaysOpenWithWhatWasDone) {
  s.down("1_a", "DROP INDEX CONCURRENTLY i;\nDROP TABLE nowhere;");
  const auto did = s.undo({"1_a"});
  EXPECT_EQ(did["kept"], json({"1_a"}));
  EXPECT_EQ(did["half_done"], json({"1_a"}));
  EXPECT_TRUE(says(did["failure"]["message"], "line 1: DROP INDEX CONCURRENTLY i")) << did;
  EXPECT_TRUE(says(did["failure"]["hint"], "from line 2 by hand and `tidegate resolve --rolled-back 1_a`")) << did;
  EXPECT_EQ(s.rows(), "1_a open");
  EXPECT_TRUE(says(s.value("SELECT logs FROM _prisma_migrations"), "DROP INDEX CONCURRENTLY i"));
  s.new_run();
  EXPECT_EQ(s.undo({"1_a"})["undone"], json::array()) << "what stands half done is nobody's to undo";
}

TEST_F(DownInParts, WhereItStopped_IsGoneOnWith) {
  const auto before = finished();
  s.down("1_a", "DROP INDEX CONCURRENTLY i;\nDROP TABLE a, late;");
  ASSERT_EQ(s.undo({"1_a"})["half_done"], json({"1_a"}));
  s.new_run();
  EXPECT_EQ((*s.ask("tidegate.undo/1", "finish", R"({"ask":true})"))["half_done"], json({"1_a"}));
  s.database.sql("CREATE TABLE late (id int)");
  s.new_run();
  const auto did = s.ask("tidegate.undo/1", "finish");
  ASSERT_TRUE(did) << did.error().message;
  EXPECT_EQ((*did)["error"], nullptr) << *did;
  EXPECT_EQ((*did)["undone"], json({"1_a"}));
  EXPECT_FALSE(s.has("a"));
  EXPECT_EQ(s.rows(), "1_a rolled back");
  EXPECT_EQ(finished(), before);
  EXPECT_EQ(s.value("SELECT logs FROM _prisma_migrations"), "");
}

TEST_F(DownInParts, WhereItStoppedByAnotherFile_NobodyGoesOn) {
  s.down("1_a", "DROP INDEX CONCURRENTLY i;\nDROP TABLE nowhere;");
  ASSERT_EQ(s.undo({"1_a"})["half_done"], json({"1_a"}));
  s.down("1_a", "DROP INDEX CONCURRENTLY i;\nDROP TABLE a;");
  s.new_run();
  EXPECT_EQ((*s.ask("tidegate.undo/1", "finish", R"({"ask":true})"))["half_done"], json::array());
  EXPECT_EQ((*s.ask("tidegate.undo/1", "finish"))["undone"], json::array());
  EXPECT_EQ(s.rows(), "1_a open");
}

TEST_F(DownInParts, NothingIsHalfDone_ThereIsNothingToFinish) {
  EXPECT_EQ((*s.ask("tidegate.undo/1", "finish", R"({"ask":true})"))["half_done"], json::array());
  EXPECT_EQ((*s.ask("tidegate.undo/1", "finish"))["undone"], json::array());
  EXPECT_EQ(s.rows(), "1_a applied");
}

TEST_F(DownInParts, ProcedureThatCommits_IsRunOnItsOwn) {
  s.database.sql("CREATE PROCEDURE back() LANGUAGE plpgsql AS $$ BEGIN DROP TABLE a; COMMIT; END $$");
  s.down("1_a", "CALL back();");
  const auto did = s.undo({"1_a"});
  ASSERT_EQ(did["error"], nullptr) << did;
  EXPECT_EQ(s.rows(), "1_a rolled back");
}

TEST_F(DownInParts, ConnectionLostAfterTheCommit_IsSeenInTheHistory) {
  s.down("1_a", "DROP TABLE a;");
  s.give_up_at = "DROP TABLE a";
  s.before_giving_up = [&] { ASSERT_TRUE(s.database.eventually("SELECT to_regclass('a') IS NULL")); };
  const auto did = s.undo({"1_a"});
  EXPECT_EQ(s.rows(), "1_a rolled back");
  EXPECT_EQ(did["undone"], json({"1_a"})) << did;
  EXPECT_TRUE(says(did["error"], "the history shows that it was committed")) << did;
}

TEST_F(DownInParts, ConnectionLostBeforeTheCommit_NothingWasDone) {
  auto holder = s.database.connect();
  holder.sql("BEGIN; SELECT * FROM a");
  s.lock_timeout = 60'000;
  s.down("1_a", "DROP TABLE a;");
  s.give_up_at = "DROP TABLE a";
  s.before_giving_up = [&] {
    ASSERT_TRUE(s.database.eventually(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"));
  };
  const auto did = s.undo({"1_a"});
  EXPECT_EQ(did["failure"]["class"], "unavailable") << did;
  EXPECT_EQ(did["half_done"], json::array()) << did;
  holder.sql("COMMIT");
  EXPECT_TRUE(s.has("a"));
  EXPECT_EQ(s.rows(), "1_a applied");
}

}  // namespace
}  // namespace tidegate::rollback::test
