// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using sdk::Status;
using Names = std::vector<std::string>;

TEST(Concurrently, AmongOtherStatements_Works) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int, v int);");
  s.migration("2_b",
              "SET statement_timeout = '45s';\nCREATE INDEX CONCURRENTLY i ON a (id);\nCREATE INDEX CONCURRENTLY ON a (v);\nDROP INDEX "
              "CONCURRENTLY i;\n"
              "CREATE TABLE after AS SELECT current_setting('statement_timeout') AS v, current_setting('lock_timeout') AS l;");
  s.migration("3_c", "CREATE TABLE clean AS SELECT current_setting('statement_timeout') AS v;");
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.applied(), (Names{"1_a", "2_b", "3_c"}));
  EXPECT_EQ(s.value("SELECT v || ' ' || l FROM after"), "45s 200ms");
  EXPECT_EQ(s.value("SELECT v FROM clean"), "0");
  EXPECT_EQ(s.value("SELECT applied_steps_count FROM _prisma_migrations WHERE migration_name = '2_b'"), "1");
  EXPECT_EQ(s.value("SELECT string_agg(indexrelid::regclass::text, ',') FROM pg_index WHERE indrelid = 'a'::regclass"), "a_v_idx");
}

TEST(Concurrently, UniqueViolation_LeavesNeitherIndexNorRow) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);");
  s.migration("2_b", "CREATE UNIQUE INDEX CONCURRENTLY i ON a (id);");
  const auto e = s.run();
  EXPECT_EQ(e.sqlstate, "23505");
  EXPECT_EQ(e.line, 1u);
  EXPECT_NE(e.hint.find("nothing of this migration stands"), std::string::npos) << e.hint;
  EXPECT_EQ(s.value("SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass"), "0");
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations"), "1");
}

TEST(Concurrently, FailureAfterAStatementThatStands_KeepsTheRowAndSaysSo) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);");
  s.migration("2_b", "CREATE INDEX CONCURRENTLY ok ON a (id);\nCREATE UNIQUE INDEX CONCURRENTLY bad ON a (id);");
  const auto e = s.run();
  EXPECT_EQ(e.line, 2u);
  EXPECT_NE(e.message.find("line 1: CREATE INDEX CONCURRENTLY ok"), std::string::npos) << e.message;
  EXPECT_EQ(s.value("SELECT string_agg(indexrelid::regclass::text, ',') FROM pg_index WHERE indrelid = 'a'::regclass"), "ok");
  EXPECT_EQ(s.value("SELECT finished_at IS NULL FROM _prisma_migrations WHERE migration_name = '2_b'"), "t");
}

TEST(Concurrently, InvalidIndexOfAnEarlierTry_IsReplaced) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);");
  ASSERT_EQ(s.run().code, Status::ok);
  // What Prisma leaves behind, after `resolve --rolled-back`.
  auto other = s.database.connect();
  EXPECT_THROW(other.sql("CREATE UNIQUE INDEX CONCURRENTLY i ON a (id)"), std::exception);
  s.database.sql(
      "DELETE FROM a; INSERT INTO _prisma_migrations (id, checksum, migration_name, rolled_back_at) VALUES ('x', 'y', '2_b', now())");
  ASSERT_EQ(s.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "f");
  s.migration("2_b", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id);");
  s.new_run();
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
}

TEST(Concurrently, BuildThatWaitsForAWriter_IsNotCutShort) {
  Scene s;
  s.lock_timeout = 20;
  s.migration("1_a", "CREATE TABLE a (id int);");
  ASSERT_EQ(s.run().code, Status::ok);
  s.migration("2_b", "CREATE INDEX CONCURRENTLY i ON a (id);");
  s.new_run();
  auto writer = s.database.connect();
  writer.sql("BEGIN; INSERT INTO a VALUES (1)");
  // The writer goes on once the build is seen to have waited longer than any lock_timeout would have let it.
  auto watcher = s.database.connect();
  watcher.send(
      "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX CONC%' "
      "AND datname = current_database() AND now() IS NOT NULL AND clock_timestamp() - query_start > interval '100 ms') "
      "LOOP PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.005); END LOOP; "
      "PERFORM pg_terminate_backend(" +
      std::to_string(writer.pid()) + "); END $$");
  const auto e = s.run();
  watcher.finish();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_TRUE(s.pauses.empty());
  EXPECT_EQ(s.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
}

}  // namespace
}  // namespace tidegate::apply::test
