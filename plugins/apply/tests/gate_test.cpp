// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using sdk::Status;

/// Both the plan and the run refuse, with the same class, and nothing is touched.
sdk::Error refused(Scene& s, Status code) {
  const auto planned = s.refused_plan();
  const auto ran = s.run();
  EXPECT_EQ(planned.code, code) << planned.message;
  EXPECT_EQ(ran.code, code) << ran.message;
  EXPECT_EQ(planned.message, ran.message);
  EXPECT_EQ(s.changing, 0);
  return ran;
}

TEST(Gate, SchemaWithTablesAndNoHistory_IsP3005) {
  Scene s;
  s.database.sql("CREATE TABLE customers (id int)");
  s.migration("1_a", "SELECT 1;");
  const auto e = refused(s, Status::denied);
  EXPECT_NE(e.message.find("(P3005)"), std::string::npos);
  EXPECT_NE(e.message.find("customers"), std::string::npos);
  EXPECT_NE(e.hint.find("resolve --applied"), std::string::npos);
  EXPECT_EQ(s.value("SELECT to_regclass('_prisma_migrations') IS NULL"), "t");
}

TEST(Gate, ObjectsThatPrismaDoesNotCount_AreNoTables) {
  Scene s;
  s.database.sql(
      "CREATE VIEW v AS SELECT 1; CREATE MATERIALIZED VIEW mv AS SELECT 1; CREATE SEQUENCE q; CREATE TYPE e AS ENUM ('a'); "
      "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE SCHEMA other; CREATE TABLE other.t (id int); CREATE TABLE spatial_ref_sys "
      "(id int)");
  s.migration("1_a", "SELECT 1;");
  EXPECT_EQ(s.refused_plan().code, Status::ok);
  EXPECT_EQ(s.run().code, Status::ok);
}

TEST(Gate, FailedRow_IsP3009EvenOfAMigrationThatIsNotHere) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  ASSERT_EQ(s.run().code, Status::ok);
  s.changing = 0;
  s.database.sql("INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES ('x', 'y', '0_gone', 'what went wrong')");
  s.migration("2_b", "SELECT 1;");
  s.new_run();
  const auto e = refused(s, Status::denied);
  EXPECT_NE(e.message.find("(P3009)"), std::string::npos);
  EXPECT_NE(e.message.find("`0_gone` started at 20"), std::string::npos) << e.message;
  EXPECT_NE(e.hint.find("resolve --rolled-back 0_gone"), std::string::npos);
  EXPECT_EQ(e.detail, "what went wrong");
}

TEST(Gate, OrderThatDependsOnTheVersion_NamesThePair) {
  Scene s;
  s.migration("20240101000000_a", "SELECT 1;");
  s.migration("202401_b", "SELECT 1;");
  const auto e = refused(s, Status::denied);
  EXPECT_NE(e.message.find("`20240101000000_a` or `202401_b`"), std::string::npos) << e.message;
}

TEST(Gate, MissingFolder_IsAConfigurationError) {
  Scene s;
  s.texts["migrations"] = s.folder / "gone";
  s.new_run();
  refused(s, Status::config);
}

TEST(Gate, PendingMigrationWithoutFile_IsP3015) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  std::filesystem::create_directories(s.folder / "2_b");
  const auto e = refused(s, Status::config);
  EXPECT_NE(e.message.find("(P3015)"), std::string::npos);
  EXPECT_TRUE(e.file.ends_with("2_b/migration.sql"));
}

TEST(Gate, AppliedMigrationWhoseFileWentAway_IsOnlyReported) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  ASSERT_EQ(s.run().code, Status::ok);
  std::filesystem::remove(s.folder / "1_a/migration.sql");
  s.migration("2_b", "SELECT 1;");
  s.new_run();
  EXPECT_EQ(s.list()["edited"], json::parse(R"(["1_a"])"));
  EXPECT_EQ(s.run().code, Status::ok);
}

TEST(Gate, LockFileOfAnotherDatabase_IsP3019) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  tidegate::test::write_file(s.folder / "migration_lock.toml", "provider = \"mysql\"\n");
  EXPECT_NE(refused(s, Status::config).message.find("(P3019)"), std::string::npos);
}

TEST(Gate, FilesThatCannotBeApplied_AreRefusedBeforeTheFirstChange) {
  const std::pair<std::string, const char*> bad[] = {{std::string("SELECT '\xff'"), "UTF-8"},
                                                     {std::string("SELECT 1\0;", 10), "NUL"},
                                                     {"BEGIN; SELECT 1;", "BEGIN without a COMMIT"},
                                                     {"SELECT 1; COMMIT;", "COMMIT without a BEGIN"},
                                                     {"BEGIN; ROLLBACK;", "ROLLBACK"},
                                                     {"COPY t FROM STDIN;\n1\n\\.\n", "COPY"},
                                                     {"\\connect x", "psql"},
                                                     {"SELECT 'open", "never closed"}};
  for (const auto& [sql, word] : bad) {
    Scene s;
    s.migration("1_a", "CREATE TABLE a (id int);");
    s.migration("2_b", sql);
    const auto e = refused(s, Status::config);
    EXPECT_NE(e.message.find(word), std::string::npos) << e.message;
    EXPECT_NE(e.message.find("2_b"), std::string::npos) << e.message;
    EXPECT_GT(e.line, 0u);
    EXPECT_EQ(s.value("SELECT to_regclass('a') IS NULL"), "t");
  }
}

}  // namespace
}  // namespace tidegate::apply::test
