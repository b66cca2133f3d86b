// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using sdk::Status;

TEST(HistoryList, EmptyDatabase_HasEverythingPending) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  EXPECT_EQ(s.list(), json::parse(R"({"applied":[],"pending":["1_a"],"failed":[],"edited":[],"missing":[],"newest":"","count":0})"));
}

TEST(HistoryList, OneQuery_TellsAll) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  s.migration("2_b", "SELECT 2;");
  s.migration("3_c", "SELECT 3;");
  ASSERT_EQ(s.run().code, Status::ok);
  s.database.sql(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, started_at) VALUES ('g', 'h', '0_gone', '2026-01-02 "
      "03:04:05.678+00', '2026-01-01')");
  s.database.sql(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, logs, started_at) VALUES ('f', 'h', '4_f', 'why', '2026-01-03 "
      "00:00+00')");
  s.database.sql("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '3_c'");
  s.migration("2_b", "SELECT 2222;");
  s.migration("1_a", "SELECT 1;");
  s.new_run();
  s.queries = 0;
  const auto l = s.list();
  EXPECT_EQ(s.queries, 1);
  ASSERT_EQ(l["applied"].size(), 3u);
  EXPECT_EQ(l["applied"][0], json::parse(R"({"name":"0_gone","applied_at":"2026-01-02T03:04:05.678Z"})"));
  EXPECT_EQ(l["pending"], json::parse(R"(["3_c"])"));
  EXPECT_EQ(l["failed"], json::parse(R"([{"name":"4_f","started_at":"2026-01-03T00:00:00.000Z","logs":"why"}])"));
  EXPECT_EQ(l["edited"], json::parse(R"(["2_b"])"));
  EXPECT_EQ(l["missing"], json::parse(R"(["0_gone"])"));
  EXPECT_EQ(l["count"], 5);
  EXPECT_FALSE(l["newest"].get<std::string>().empty());
}

TEST(HistoryList, LineEndsThatFlipped_AreNoEdit) {
  Scene s;
  s.migration("1_a", "SELECT 1;\nSELECT 2;\n");
  ASSERT_EQ(s.run().code, Status::ok);
  s.migration("1_a", "SELECT 1;\r\nSELECT 2;\r\n");
  EXPECT_TRUE(s.list()["edited"].empty());
}

TEST(HistoryList, RolledBackAndAppliedAgain_IsAppliedOnce) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  ASSERT_EQ(s.run().code, Status::ok);
  s.database.sql(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, rolled_back_at) VALUES ('r', 'old', '1_a', '2020-01-01', "
      "'2020-01-02')");
  const auto l = s.list();
  EXPECT_EQ(l["applied"].size(), 1u);
  EXPECT_TRUE(l["pending"].empty());
  EXPECT_TRUE(l["edited"].empty());
}

TEST(HistoryList, TableThatMayNotBeRead_IsDeniedByName) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  ASSERT_EQ(s.run().code, Status::ok);
  s.database.sql("ALTER TABLE _prisma_migrations RENAME COLUMN logs TO log");
  const auto e = s.ask("tidegate.history/1", "list");
  ASSERT_FALSE(e.ok());
  EXPECT_NE(e.error().message.find("_prisma_migrations"), std::string::npos);
  EXPECT_EQ(e.error().sqlstate, "42703");
}

TEST(Plan, PendingMigrations_AreListedWithTheirStatements) {
  Scene s;
  s.migration("1_a", "-- one\nCREATE TABLE a (id int);\n\nSELECT 'x;y';");
  s.migration("2_b", "CREATE INDEX CONCURRENTLY i ON a (id);\nSELECT 1;");
  const auto p = s.plan()["migrations"];
  ASSERT_EQ(p.size(), 2u);
  EXPECT_EQ(p[0]["name"], "1_a");
  EXPECT_EQ(p[0]["checksum"].get<std::string>().size(), 64u);
  EXPECT_EQ(p[0]["transactional"], true);
  EXPECT_EQ(
      p[0]["statements"],
      json::parse(
          R"x([{"sql":"CREATE TABLE a (id int)","line":2,"transactional":true,"part":0},{"sql":"SELECT 'x;y'","line":4,"transactional":true,"part":0}])x"));
  EXPECT_EQ(p[1]["transactional"], false);
  EXPECT_EQ(p[1]["statements"][0]["transactional"], false);
  EXPECT_EQ(p[1]["statements"][1]["transactional"], true);
  EXPECT_TRUE(s.scripts.empty());
}

TEST(LockKey, Key_IsPrismas) {
  Scene s;
  EXPECT_EQ((*s.ask("tidegate.history/1", "lock_key"))["key"], 72707369);
  EXPECT_EQ(s.ask("tidegate.history/1", "nonsense").error().code, Status::unsupported);
}

}  // namespace
}  // namespace tidegate::apply::test
