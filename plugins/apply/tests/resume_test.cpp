// SPDX-License-Identifier: Apache-2.0
//
// A migration that runs in parts and did not come to its end is gone on with by the next run.
#include <gtest/gtest.h>

#include "migrations/resume.hpp"
#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using migrations::Progress;
using sdk::Status;
using Names = std::vector<std::string>;

constexpr const char* kRow = "FROM _prisma_migrations WHERE migration_name = '2_b'";

class Resume : public ::testing::Test {
 protected:
  void SetUp() override {
    s.migration("1_a", "CREATE TABLE a (id int, v int);");
    ASSERT_EQ(s.run().code, Status::ok);
    s.new_run();
  }
  /// As a run leaves it that was killed once so many parts were done.
  void killed(std::size_t done, std::size_t of, const std::string& standing = "") {
    const auto file = s.plan()["migrations"][0];
    if (!standing.empty()) s.database.sql(standing);
    s.database.sql("INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES ('mine', '" + file["checksum"].get<std::string>() +
                   "', '2_b', '" + migrations::progress_text(done, of) + "')");
    s.new_run();
  }
  void expect_done() {
    const auto e = s.run();
    ASSERT_EQ(e.code, Status::ok) << e.message;
    EXPECT_EQ(s.applied(), (Names{"1_a", "2_b"}));
    EXPECT_EQ(s.value(std::string("SELECT id || applied_steps_count || coalesce(logs, '') ") + kRow), "mine1");
  }
  std::string indexes() {
    return s.value(
        "SELECT string_agg(relname || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END, ', ' ORDER BY relname) FROM pg_index JOIN pg_class "
        "c ON c.oid = indexrelid WHERE indrelid = 'a'::regclass");
  }
  Scene s;
};

TEST_F(Resume, FirstPartsStand_OnlyTheRestRunsWithTheSettingsOfTheFile) {
  s.migration("2_b", "SET statement_timeout = '45s';\nCREATE TABLE once (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);\n"
                     "CREATE TABLE after AS SELECT current_setting('statement_timeout') AS v;");
  killed(2, 3, "CREATE TABLE once (id int); CREATE INDEX i ON a (id)");
  const auto list = s.list();
  EXPECT_EQ(list["pending"], json({"2_b"}));
  EXPECT_EQ(list["failed"].size(), 0U);
  EXPECT_EQ(list["begun"][0]["done"], 2);
  const auto plan = s.plan()["migrations"][0];
  EXPECT_EQ(plan["begun"], true);
  ASSERT_EQ(plan["statements"].size(), 1U) << plan;
  EXPECT_EQ(plan["statements"][0]["line"], 4);
  expect_done();
  EXPECT_EQ(s.value("SELECT v FROM after"), "45s");
}

TEST_F(Resume, StatementThatWasDoneButNotRecorded_IsSeenInTheCatalog) {
  s.migration("2_b", "CREATE INDEX CONCURRENTLY i ON a (id);\nCREATE INDEX CONCURRENTLY j ON a (v);");
  killed(0, 2, "CREATE INDEX i ON a (id)");
  EXPECT_EQ(s.plan()["migrations"][0]["statements"].size(), 1U);
  s.new_run();
  expect_done();
  EXPECT_EQ(indexes(), "i, j");
}

TEST_F(Resume, LastStatementWasDone_TheRowIsClosed) {
  s.migration("2_b", "CREATE INDEX CONCURRENTLY i ON a (id);");
  killed(0, 1, "CREATE INDEX i ON a (id)");
  expect_done();
  EXPECT_EQ(indexes(), "i");
}

TEST_F(Resume, InvalidIndexThatTheKilledRunLeft_IsMadeAnew) {
  s.migration("2_b", "CREATE UNIQUE INDEX CONCURRENTLY i ON a (id);");
  s.database.sql("INSERT INTO a VALUES (1), (1)");
  EXPECT_ANY_THROW(s.database.sql("CREATE UNIQUE INDEX CONCURRENTLY i ON a (id)"));
  ASSERT_EQ(indexes(), "i INVALID");
  s.database.sql("DELETE FROM a");
  killed(0, 1);
  expect_done();
  EXPECT_EQ(indexes(), "i");
}

TEST_F(Resume, IndexThatIsDroppedAlready_IsDone) {
  s.migration("2_b", "DROP INDEX CONCURRENTLY i;");
  killed(0, 1);
  expect_done();
}

TEST_F(Resume, PartitionPendingDetach_IsDetached) {
  s.database.sql("CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE one PARTITION OF p FOR VALUES IN (1)");
  auto reader = s.database.connect();
  auto detaching = s.database.connect();
  reader.sql("BEGIN; SELECT * FROM p");
  detaching.send("ALTER TABLE p DETACH PARTITION one CONCURRENTLY");
  ASSERT_TRUE(s.database.eventually("SELECT bool_or(inhdetachpending) FROM pg_inherits"));
  s.database.sql("SELECT pg_cancel_backend(" + std::to_string(detaching.pid()) + ")");
  EXPECT_NE(detaching.finish(), "");
  reader.sql("COMMIT");
  s.migration("2_b", "ALTER TABLE p DETACH PARTITION one CONCURRENTLY;");
  killed(0, 1);
  expect_done();
  EXPECT_EQ(s.value("SELECT count(*) FROM pg_inherits"), "0");
}

TEST_F(Resume, FailedForACauseThatIsGone_GoesOnWhereItFailed) {
  s.database.sql("INSERT INTO a VALUES (1), (1)");
  s.migration("2_b", "CREATE INDEX CONCURRENTLY ok ON a (id);\nCREATE UNIQUE INDEX CONCURRENTLY one ON a (id);\nCREATE TABLE after (id int);");
  const auto failed = s.run();
  EXPECT_EQ(failed.sqlstate, "23505");
  EXPECT_NE(failed.hint.find("run again: it goes on from line 2"), std::string::npos) << failed.hint;
  s.new_run();
  const auto again = s.run();
  EXPECT_EQ(again.sqlstate, "23505");
  EXPECT_NE(again.message.find("line 1: CREATE INDEX CONCURRENTLY ok"), std::string::npos) << again.message;
  s.database.sql("DELETE FROM a");
  s.new_run();
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(indexes(), "ok, one");
  EXPECT_EQ(s.value("SELECT count(*) FROM after"), "0");
  EXPECT_EQ(s.value(std::string("SELECT count(*) || max(coalesce(logs, '')) ") + kRow), "1");
}

TEST_F(Resume, WhereTheFileLooksByAPathThatItHasSet_NothingIsTakenForDone) {
  s.database.sql("CREATE SCHEMA app; CREATE TABLE app.t (id int); CREATE INDEX i ON app.t (id)");
  s.migration("2_b", "SET search_path = app;\nCREATE TABLE once (id int);\nDROP INDEX CONCURRENTLY i;\nCREATE TABLE after (id int);");
  killed(1, 3, "CREATE TABLE app.once (id int)");
  const auto e = s.run();
  EXPECT_NE(e.message.find("P3009"), std::string::npos) << e.message;
  EXPECT_NE(e.message.find("line 3"), std::string::npos) << e.message;
  EXPECT_EQ(s.value("SELECT to_regclass('app.i') IS NOT NULL"), "t");
}

TEST_F(Resume, FailsAgainBeforeItsLeftoverIsGone_TheRowStays) {
  s.database.sql("INSERT INTO a VALUES (1), (1)");
  s.migration("2_b", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id);");
  EXPECT_ANY_THROW(s.database.sql("CREATE UNIQUE INDEX CONCURRENTLY i ON a (id)"));
  killed(0, 1);
  s.refuse_at = "DROP INDEX CONCURRENTLY";
  EXPECT_NE(s.run().code, Status::ok);
  EXPECT_EQ(s.value(std::string("SELECT count(*) ") + kRow), "1");
  s.refuse_at.clear();
  s.database.sql("DELETE FROM a");
  s.new_run();
  expect_done();
  EXPECT_EQ(indexes(), "i");
}

TEST_F(Resume, IndexOfTheSameNameThatWasThereBefore_IsNotTakenForItsOwn) {
  s.database.sql("CREATE INDEX i ON a (v)");
  s.migration("2_b", "CREATE TABLE once (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);");
  std::string logs;
  s.before_script = [&](const std::string& sql) {
    if (sql.starts_with("CREATE INDEX CONCURRENTLY i")) logs = s.value(std::string("SELECT logs ") + kRow);
  };
  EXPECT_EQ(s.run().sqlstate, "42P07");
  EXPECT_EQ(logs, "tidegate: 1 of 2 parts done\nan index of this name was there before");
  s.new_run();
  EXPECT_EQ(s.run().sqlstate, "42P07") << "and never taken for done";
}

TEST_F(Resume, EditedSince_IsP3009) {
  s.migration("2_b", "CREATE INDEX CONCURRENTLY i ON a (id);\nCREATE INDEX CONCURRENTLY j ON a (v);");
  killed(1, 2, "CREATE INDEX i ON a (id)");
  s.migration("2_b", "CREATE INDEX CONCURRENTLY i ON a (id);\nCREATE INDEX CONCURRENTLY k ON a (v);");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::denied);
  EXPECT_NE(e.message.find("P3009"), std::string::npos) << e.message;
  EXPECT_EQ(indexes(), "i");
}

TEST_F(Resume, WhetherItWasDoneIsNotToBeSeen_IsP3009WithThePlace) {
  s.migration("2_b", "CREATE TABLE once (id int);\nCREATE INDEX CONCURRENTLY ON a (v);");
  killed(1, 2, "CREATE TABLE once (id int)");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::denied);
  EXPECT_NE(e.message.find("P3009"), std::string::npos) << e.message;
  EXPECT_NE(e.message.find("line 2"), std::string::npos) << e.message;
  EXPECT_EQ(s.refused_plan().code, Status::denied);
}

TEST_F(Resume, RowsOfPrismaItself_AreP3009) {
  s.migration("2_b", "CREATE INDEX CONCURRENTLY i ON a (id);");
  killed(0, 1);
  s.database.sql("UPDATE _prisma_migrations SET logs = NULL WHERE migration_name = '2_b'");
  EXPECT_NE(s.run().message.find("P3009"), std::string::npos);
}

TEST_F(Resume, FileThatTakesAnotherRole_RunsAsBeforeAndIsNotGoneOnWith) {
  s.database.sql("DO $$ BEGIN CREATE ROLE resume_other; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$; GRANT CREATE ON SCHEMA public TO resume_other");
  const std::string head = "SET ROLE resume_other;\nCREATE TABLE of_other (id int);\nCREATE INDEX CONCURRENTLY ON of_other (id);\n";
  s.migration("2_b", head + "CREATE TABLE other (id int);");
  const auto done = s.run();
  ASSERT_EQ(done.code, Status::ok) << done.message;
  EXPECT_EQ(s.applied(), (Names{"1_a", "2_b"}));
  s.migration("3_c", "SET ROLE resume_other;\nCREATE TABLE more (id int);\nCREATE INDEX CONCURRENTLY ON more (id);\nSELECT 1 / 0;");
  s.new_run();
  const auto failed = s.run();
  EXPECT_EQ(failed.sqlstate, "22012");
  EXPECT_EQ(failed.hint.find("run again"), std::string::npos) << failed.hint;
  s.new_run();
  EXPECT_NE(s.run().message.find("P3009"), std::string::npos);
}

TEST_F(Resume, VacuumAmongOthers_RunsAgain) {
  s.migration("2_b", "VACUUM a;\nCREATE TABLE after (id int);");
  killed(0, 2);
  expect_done();
}

TEST(ResumeText, Progress_IsReadAsItWasWritten) {
  const auto plain = migrations::progress_of(migrations::progress_text(2, 5));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->done, 2U);
  EXPECT_EQ(plain->of, 5U);
  EXPECT_FALSE(plain->failed);
  EXPECT_TRUE(migrations::progress_of(migrations::progress_text(0, 1, "no"))->failed);
  for (const auto* other : {"", "Database error", "tidegate: x of 5 parts done", "tidegate: 1 of 5 parts done, or not"})
    EXPECT_FALSE(migrations::progress_of(other)) << other;
}

TEST(ResumeText, WhatASessionHoldsThatIsGone_KeepsFromGoingOn) {
  const auto why = [](const std::string& first) {
    const auto text = first + ";\nVACUUM a;\nSELECT 1;";
    const auto plan = migrations::plan_file(text, "m.sql");
    return plan ? migrations::why_not_resumed(*plan, text, {1, plan->parts.size(), false}) : plan.error().message;
  };
  for (const auto* first : {"CREATE TABLE t (id int)", "SET search_path = app", "INSERT INTO t VALUES ('temp')", "DO $$ BEGIN NULL; END $$"})
    EXPECT_EQ(why(first), "") << first;
  for (const auto* first : {"CREATE TEMP TABLE t (id int)", "SELECT set_config('search_path', 'app', false)", "PREPARE p AS SELECT 1",
                            "SELECT pg_advisory_lock(1)", "DO $$ BEGIN EXECUTE 'SET search_path = app'; END $$", "CALL p()"})
    EXPECT_NE(why(first).find("line 1"), std::string::npos) << first << ": " << why(first);
}

}  // namespace
}  // namespace tidegate::apply::test
