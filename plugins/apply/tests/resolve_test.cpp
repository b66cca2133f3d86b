// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using sdk::Status;

std::string resolve(Scene& s, const std::string& name, const std::string& as) {
  auto answer = s.ask("tidegate.history/1", "resolve", json{{"name", name}, {"as", as}}.dump());
  if (answer) return (*answer)["message"];
  EXPECT_EQ(answer.error().code, Status::config) << answer.error().message;
  return "error: " + answer.error().message;
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ResolveApplied, DatabaseWithoutHistory_IsBaselined) {
  Scene s;
  s.database.sql("CREATE TABLE a (id int)");
  s.migration("0_init", "CREATE TABLE a (id int);");
  s.migration("1_b", "CREATE TABLE b (id int);");
  EXPECT_EQ(resolve(s, "0_init", "applied"), "Migration 0_init marked as applied.");
  EXPECT_EQ(s.value("SELECT (started_at = finished_at) || logs || applied_steps_count FROM _prisma_migrations"), "true0");
  s.new_run();
  EXPECT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.applied(), (std::vector<std::string>{"0_init", "1_b"}));
}

TEST(ResolveApplied, FailedRow_IsRolledBackAndANewOneWritten) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  ASSERT_EQ(s.run().code, Status::ok);
  s.migration("2_b", "SELECT 1;");
  s.database.sql("INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'y', '2_b')");
  EXPECT_EQ(resolve(s, "2_b", "applied"), "Migration 2_b marked as applied.");
  EXPECT_EQ(s.value("SELECT string_agg((rolled_back_at IS NOT NULL)::text, ',' ORDER BY started_at) FROM _prisma_migrations WHERE "
                    "migration_name = '2_b'"),
            "true,false");
}

TEST(ResolveApplied, WhatIsApplied_IsP3008) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  ASSERT_EQ(s.run().code, Status::ok);
  EXPECT_TRUE(has(resolve(s, "1_a", "applied"), "(P3008)"));
  s.database.sql("UPDATE _prisma_migrations SET rolled_back_at = now()");
  EXPECT_TRUE(has(resolve(s, "1_a", "applied"), "(P3008)"));
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations"), "1");
}

TEST(ResolveApplied, UnknownName_IsP3017) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  EXPECT_TRUE(has(resolve(s, "1_typo", "applied"), "(P3017)"));
  EXPECT_EQ(s.value("SELECT to_regclass('_prisma_migrations') IS NULL"), "t");
}

TEST(ResolveRolledBack, FailedRow_IsMarkedAndRunsAgain) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  ASSERT_EQ(s.run().code, Status::ok);
  s.migration("2_b", "SELECT 1;");
  s.database.sql("INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES ('x', 'y', '2_b', 'kept')");
  EXPECT_EQ(resolve(s, "2_b", "rolled-back"), "Migration 2_b marked as rolled back.");
  EXPECT_EQ(s.value("SELECT logs FROM _prisma_migrations WHERE id = 'x' AND rolled_back_at IS NOT NULL AND finished_at IS NULL"), "kept");
  EXPECT_EQ(resolve(s, "2_b", "rolled-back"), "Migration 2_b was marked as rolled back already.");
  s.new_run();
  EXPECT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.applied().back(), "2_b");
}

TEST(ResolveRolledBack, WhatNeverFailed_IsP3012AndUnknownIsP3011) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  EXPECT_TRUE(has(resolve(s, "1_a", "rolled-back"), "no migration history"));
  ASSERT_EQ(s.run().code, Status::ok);
  EXPECT_TRUE(has(resolve(s, "1_a", "rolled-back"), "(P3012)"));
  EXPECT_TRUE(has(resolve(s, "1_typo", "rolled-back"), "(P3011)"));
}

TEST(Resolve, OtherArguments_AreRefused) {
  Scene s;
  EXPECT_EQ(s.ask("tidegate.history/1", "resolve", "{}").error().code, Status::config);
  EXPECT_EQ(s.ask("tidegate.history/1", "resolve", "not json").error().code, Status::config);
  EXPECT_TRUE(has(resolve(s, "1_a", "sideways"), "resolve needs"));
}

}  // namespace
}  // namespace tidegate::apply::test
