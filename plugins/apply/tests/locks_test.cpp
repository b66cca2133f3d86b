// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using sdk::Status;

class Locks : public ::testing::Test {
 protected:
  Locks() {
    s.lock_timeout = 10;
    s.migration("1_a", "CREATE TABLE a (id int);");
    EXPECT_EQ(s.run().code, Status::ok);
    s.new_run();
    s.logs.clear();
    holder.sql("BEGIN; SELECT * FROM a");
  }
  Scene s;
  tidegate::test::Connection holder = s.database.connect();
};

TEST_F(Locks, TableInUse_IsTriedAgainUntilItIsFree) {
  s.migration("2_b", "CREATE TABLE b (id int); ALTER TABLE a ADD COLUMN v int;");
  s.on_pause = [&] {
    if (s.pauses.size() == 3) holder.sql("COMMIT");
  };
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.pauses.size(), 3u);
  for (const auto pause : s.pauses) EXPECT_GE(pause, 40);
  EXPECT_NE(s.logs.at(0).find("waits for a lock: pid 1 (psql); try 2 in "), std::string::npos) << s.logs.at(0);
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations"), "2");
}

TEST_F(Locks, BetweenTries_NoTransactionIsOpen) {
  s.migration("2_b", "CREATE TABLE b (id int); ALTER TABLE a ADD COLUMN v int;");
  s.on_pause = [&] {
    EXPECT_EQ(
        s.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND pid <> " +
            std::to_string(holder.pid())),
        "0");
    holder.sql("COMMIT");
  };
  EXPECT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.pauses.size(), 1u);
}

TEST_F(Locks, TimeIsUp_NamesWhoHoldsIt) {
  s.remaining = 2'000;
  s.migration("2_b", "ALTER TABLE a ADD COLUMN v int;");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::locked);
  EXPECT_EQ(e.sqlstate, "55P03");
  EXPECT_NE(e.message.find("did not get its locks in "), std::string::npos) << e.message;
  EXPECT_EQ(e.detail, "blocked by pid 1 (psql)");
  EXPECT_NE(e.hint.find("nothing of this migration stands"), std::string::npos);
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations"), "1");
  EXPECT_GE(s.remaining, 0);
}

TEST_F(Locks, PipelineWithoutTimeout_DoesNotWaitForEver) {
  s.migration("2_b", "ALTER TABLE a ADD COLUMN v int;");
  EXPECT_EQ(s.run().code, Status::locked);
  std::int64_t slept = 0;
  for (const auto pause : s.pauses) slept += pause;
  EXPECT_LE(slept, 600'000);
  EXPECT_GE(slept, 400'000);
}

TEST_F(Locks, MigrationThatTakesTheLimitAway_GetsItBack) {
  s.migration("2_b", "SET lock_timeout = 0; ALTER TABLE a ADD COLUMN v int;");
  s.on_pause = [&] { holder.sql("COMMIT"); };
  EXPECT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.pauses.size(), 1u);
}

TEST_F(Locks, PartThatWaits_IsTriedAgainAlone) {
  s.migration("2_b", "CREATE TABLE b (id int); VACUUM b; ALTER TABLE a ADD COLUMN v int;");
  s.on_pause = [&] { holder.sql("COMMIT"); };
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations WHERE migration_name = '2_b' AND finished_at IS NOT NULL"), "1");
}

TEST_F(Locks, Deadlock_IsTriedAgain) {
  holder.sql("COMMIT");
  s.lock_timeout = 60'000;
  s.database.sql("CREATE TABLE b (id int)");
  s.migration("2_b", "LOCK TABLE a; SELECT pg_advisory_lock(7); LOCK TABLE b; CREATE TABLE c (id int);");
  holder.sql("SET deadlock_timeout = '1h'; SELECT pg_advisory_lock(7); BEGIN; LOCK TABLE b");
  // The holder lets the migration take a, then waits for a while holding b: the migration's backend finds the circle.
  holder.send(
      "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted) LOOP PERFORM pg_sleep(0.005); END "
      "LOOP; "
      "PERFORM pg_advisory_unlock(7); LOCK TABLE a; END $$");
  s.on_pause = [&] {
    EXPECT_EQ(holder.finish(), "");
    holder.sql("COMMIT; SELECT pg_advisory_unlock_all()");
  };
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  ASSERT_EQ(s.pauses.size(), 1u);
  EXPECT_NE(s.logs.at(0).find("deadlock"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::apply::test
