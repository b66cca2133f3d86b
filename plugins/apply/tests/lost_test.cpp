// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using sdk::Status;

bool says(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

/// The host gives the connection up while the server waits for an advisory lock, amid a migration.
class GivenUp : public ::testing::Test {
 protected:
  GivenUp() {
    s.migration("1_a", "CREATE TABLE a (id int);");
    EXPECT_EQ(s.run().code, Status::ok);
    s.new_run();
    s.migration("2_b", "CREATE TABLE b (id int); SELECT pg_advisory_lock(7);");
    s.give_up_at = "pg_advisory_lock(7)";
    s.lock_timeout = 600'000;  // the server is at work until somebody ends that, on a slow machine too
    holder.sql("SELECT pg_advisory_lock(7)");
    s.before_giving_up = [&] { EXPECT_TRUE(s.database.eventually("SELECT " + at_work)); };
  }
  Scene s;
  tidegate::test::Connection holder = s.database.connect();
  // Of this database: other tests on the same server wait for theirs.
  std::string at_work =
      "EXISTS (SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database "
      "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database())";
};

/// The second session is of a role that may look and nothing else. Roles are the server's, so its name is this test's alone.
class GivenUpByAnotherRole : public GivenUp {
 protected:
  GivenUpByAnotherRole() {
    s.fresh_user = s.database.name() + "_looker";
    s.database.sql("CREATE ROLE " + s.fresh_user + " LOGIN; GRANT SELECT ON _prisma_migrations TO " + s.fresh_user);
  }
  void TearDown() override { s.database.sql("DROP OWNED BY " + s.fresh_user + "; DROP ROLE " + s.fresh_user); }
};

TEST_F(GivenUp, ServerStillAtWork_IsEndedBeforeAnythingIsClaimed) {
  const auto e = s.run();
  EXPECT_EQ(s.value("SELECT NOT " + at_work), "t");
  EXPECT_EQ(e.code, Status::unavailable) << e.message;
  EXPECT_TRUE(says(e.message, "the history shows that nothing of it stands")) << e.message;
  holder.sql("SELECT pg_advisory_unlock(7)");
  EXPECT_EQ(s.value("SELECT to_regclass('b') IS NULL"), "t");
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations"), "1");
}

TEST_F(GivenUp, NoSecondSession_OutcomeIsUnknown) {
  s.refuse_fresh = true;
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::conflict);
  EXPECT_TRUE(says(e.message, "outcome is unknown")) << e.message;
  EXPECT_FALSE(says(e.hint, "nothing of this migration stands")) << e.hint;
}

TEST_F(GivenUpByAnotherRole, ServerThatMayNotBeEnded_OutcomeIsUnknown) {
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::conflict);
  EXPECT_TRUE(says(e.message, "outcome is unknown")) << e.message;
  EXPECT_TRUE(says(e.message, "may still be at work")) << e.message;
  holder.sql("SELECT pg_advisory_unlock(7)");  // and it does go on
  EXPECT_TRUE(s.database.eventually("SELECT count(*) = 2 FROM _prisma_migrations"));
}

TEST_F(GivenUp, ServerThatCommittedMeanwhile_IsSaidToHave) {
  s.before_giving_up = [&] {
    holder.sql("SELECT pg_advisory_unlock(7)");
    EXPECT_TRUE(s.database.eventually("SELECT count(*) = 2 FROM _prisma_migrations"));
  };
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_TRUE(says(e.message, "the history shows that it was committed")) << e.message;
}

TEST_F(GivenUp, AmidParts_TheRowSaysHowFarItCame) {
  s.migration("2_b", "VACUUM a; SELECT pg_advisory_lock(7);");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::failed) << e.message;
  EXPECT_TRUE(says(e.message, "some of its statements may stand")) << e.message;
  EXPECT_TRUE(says(e.hint, "run again: it goes on where it stopped")) << e.hint;
  EXPECT_EQ(s.value("SELECT logs FROM _prisma_migrations WHERE migration_name = '2_b' AND finished_at IS NULL"), "tidegate: 1 of 2 parts done");
}

TEST(Lost, StatementThatReachesNobodyElse_IsAnOrdinaryFailure) {
  Scene s;
  s.migration("1_a", "DO $$ BEGIN RAISE 'no such host' USING ERRCODE = '08001'; END $$;");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_TRUE(says(e.hint, "nothing of this migration stands")) << e.hint;
  EXPECT_EQ(s.sessions, 1);
}

class CommitsByItself : public ::testing::Test {
 protected:
  CommitsByItself() {
    s.migration("1_a", "CREATE TABLE a (id int); CREATE TABLE b (id int);");
    EXPECT_EQ(s.run().code, Status::ok);
    s.new_run();
  }
  Scene s;
};

TEST_F(CommitsByItself, FailureAfterItsCommit_KeepsTheRowAndSaysSo) {
  s.migration("2_b", "DO $$ BEGIN INSERT INTO a VALUES (1); COMMIT; PERFORM 1/0; END $$;");
  const auto e = s.run();
  EXPECT_EQ(e.sqlstate, "22012");
  EXPECT_TRUE(says(e.message, "what it committed before it failed stands")) << e.message;
  EXPECT_FALSE(says(e.hint, "nothing of this migration stands")) << e.hint;
  EXPECT_TRUE(says(e.hint, "tidegate resolve --rolled-back 2_b")) << e.hint;
  EXPECT_EQ(s.value("SELECT count(*) FROM a"), "1");
  EXPECT_EQ(s.value("SELECT finished_at IS NULL AND logs LIKE '%division by zero%' FROM _prisma_migrations WHERE migration_name = '2_b'"),
            "t");
}

TEST_F(CommitsByItself, LockThatItDidNotGet_IsNotTriedAgain) {
  s.lock_timeout = 10;
  auto holder = s.database.connect();
  holder.sql("BEGIN; LOCK TABLE b");
  s.on_pause = [&] { holder.sql("COMMIT"); };
  s.migration("2_b", "DO $$ BEGIN INSERT INTO a VALUES (1); COMMIT; LOCK TABLE b; END $$;");
  const auto e = s.run();
  EXPECT_EQ(e.sqlstate, "55P03");
  EXPECT_TRUE(s.pauses.empty());
  EXPECT_EQ(s.value("SELECT count(*) FROM a"), "1");
  EXPECT_EQ(s.list()["failed"][0]["name"], "2_b");
}

}  // namespace
}  // namespace tidegate::apply::test
