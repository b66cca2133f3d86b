// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using sdk::Status;
using Names = std::vector<std::string>;

TEST(Apply, PendingMigrations_AreAppliedInOneRoundTripEach) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int);");
  s.migration("2_b", "-- only a comment\n");
  s.migration("3_c", "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2) -- no semicolon");
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.applied(), (Names{"1_a", "2_b", "3_c"}));
  EXPECT_EQ(s.value("SELECT count(*) FROM a"), "2");
  // history, settings, the emptiness question's settings, the table, and one for each migration
  EXPECT_EQ(s.scripts.size(), 3u + 3u);
  EXPECT_EQ(s.changing, 1);
  EXPECT_EQ(s.published["applied"], R"(["1_a","2_b","3_c"])");
  ASSERT_EQ(s.events.size(), 6u);
  EXPECT_EQ(s.events[0].first, "migration.started");
  EXPECT_EQ(s.events[5].first, "migration.finished");
  EXPECT_EQ(s.events[5].second["name"], "3_c");
  EXPECT_EQ(s.events[5].second["statements"], 2);
  EXPECT_EQ(s.progress.front(), "1_a");
}

TEST(Apply, HistoryRow_IsAsPrismaWritesIt) {
  Scene s;
  s.migration("1_it's", "SELECT 1;");
  ASSERT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.value("SELECT migration_name || '|' || checksum || '|' || applied_steps_count || '|' || (logs IS NULL) || '|' || "
                    "(rolled_back_at IS NULL) || '|' || "
                    "(id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$') || '|' || (started_at <= finished_at) "
                    "FROM _prisma_migrations"),
            "1_it's|17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a|1|true|true|true|true");
  EXPECT_EQ(s.value("SELECT string_agg(column_name || ' ' || data_type || coalesce(character_maximum_length::text, '') || ' ' || "
                    "is_nullable || ' ' || "
                    "coalesce(column_default, '-'), ', ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = "
                    "'_prisma_migrations'"),
            "id character varying36 NO -, checksum character varying64 NO -, finished_at timestamp with time zone YES -, migration_name "
            "character varying255 NO -, "
            "logs text YES -, rolled_back_at timestamp with time zone YES -, started_at timestamp with time zone NO now(), "
            "applied_steps_count integer NO 0");
  EXPECT_EQ(s.value("SELECT conname FROM pg_constraint WHERE conrelid = '_prisma_migrations'::regclass"), "_prisma_migrations_pkey");
}

TEST(Apply, SecondRun_DoesNothing) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int);");
  ASSERT_EQ(s.run().code, Status::ok);
  s.new_run();
  s.scripts.clear();
  ASSERT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.scripts.size(), 1u);
  EXPECT_EQ(s.changing, 1);
}

TEST(Apply, DivisionByZeroInTheThirdOfFive_LeavesNothingAndPointsAtIt) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int);");
  s.migration("2_b",
              "INSERT INTO a VALUES (1);\r\n-- é\r\nINSERT INTO a VALUES (2);\r\n  INSERT INTO a SELECT 1/0;\r\nSELECT 4;\r\nSELECT 5;");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_NE(e.message.find("migration 2_b failed (P3018): division by zero"), std::string::npos) << e.message;
  EXPECT_EQ(e.sqlstate, "22012");
  EXPECT_TRUE(e.file.ends_with("2_b/migration.sql")) << e.file;
  EXPECT_EQ(e.line, 4u);
  EXPECT_EQ(e.column, 3u);
  EXPECT_NE(e.hint.find("nothing of this migration stands"), std::string::npos);
  EXPECT_EQ(s.applied(), (Names{"1_a"}));
  EXPECT_EQ(s.value("SELECT count(*) FROM a"), "0");
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations"), "1");
  EXPECT_EQ(s.published["applied"], R"(["1_a"])");
}

TEST(Apply, SyntaxError_PointsAtTheCharacter) {
  Scene s;
  s.migration("1_a", "SELECT 'é🌊';\nSELECT *\nFORM t;");
  const auto e = s.run();
  EXPECT_EQ(e.sqlstate, "42601");
  EXPECT_EQ(e.line, 3u);
  EXPECT_EQ(e.column, 1u);
}

TEST(Apply, ServersDetailAndHint_AreHandedOn) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (7), (7);");
  const auto e = s.run();
  EXPECT_EQ(e.detail, "Key (id)=(7) already exists.");
  EXPECT_EQ(e.constraint, "a_pkey");
}

TEST(Apply, DeferredConstraintAtCommit_LeavesNothing) {
  Scene s;
  s.migration(
      "1_a",
      "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO c VALUES (1);");
  const auto e = s.run();
  EXPECT_EQ(e.sqlstate, "23503");
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations"), "0");
}

TEST(Apply, MissingSchemaOfTheUrl_IsMade) {
  Scene s;
  s.schema = "Shop";
  s.migration("1_a", "CREATE TABLE a (id int);");
  s.new_run();
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.value("SELECT count(*) FROM \"Shop\"._prisma_migrations"), "1");
  EXPECT_EQ(s.value("SELECT count(*) FROM \"Shop\".a"), "0");
}

TEST(Apply, DumpHeader_DoesNotLeakIntoTheNextMigration) {
  Scene s;
  s.migration("1_dump",
              "SET lock_timeout = 0;\nSET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE "
              "public.a (id int);\n"
              "CREATE TABLE public.limits AS SELECT current_setting('lock_timeout') AS v;");
  s.migration("2_next",
              "CREATE TABLE b (id int); CREATE TABLE after AS SELECT current_setting('search_path') AS path, "
              "current_setting('lock_timeout') AS v;");
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.value("SELECT v FROM limits"), "200ms");
  EXPECT_EQ(s.value("SELECT path || ' ' || v FROM after"), "public 200ms");
}

TEST(Apply, OwnLimitOfAMigration_IsKept) {
  Scene s;
  s.migration("1_a", "SET LOCAL lock_timeout = '3s'; CREATE TABLE limits AS SELECT current_setting('lock_timeout') AS v;");
  ASSERT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.value("SELECT v FROM limits"), "3s");
}

TEST(Apply, MigrationAsAnotherRole_IsRecordedByUs) {
  Scene s;
  s.database.sql("CREATE ROLE tidegate_apply_test; GRANT ALL ON SCHEMA public TO tidegate_apply_test");
  s.migration("1_a", "SET ROLE tidegate_apply_test; CREATE TABLE a (id int);");
  s.migration("2_b", "CREATE TABLE b AS SELECT current_user AS u;");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.value("SELECT u FROM b"), "postgres");
  s.database.sql("DROP TABLE a; DROP OWNED BY tidegate_apply_test; DROP ROLE tidegate_apply_test");
}

TEST(Apply, BalancedPair_RunsInOneTransaction) {
  Scene s;
  s.migration("1_a", "BEGIN;\nCREATE TABLE a (id int);\nCOMMIT;\nSELECT 1/0;");
  const auto e = s.run();
  EXPECT_EQ(e.line, 4u);
  EXPECT_EQ(s.value("SELECT to_regclass('a') IS NULL"), "t");
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations"), "0");
}

TEST(Apply, NewEnumValueUsedAfterCommit_RunsInParts) {
  Scene s;
  s.migration("1_a", "CREATE TYPE kind AS ENUM ('A'); CREATE TABLE t (k kind);");
  s.migration("2_b", "BEGIN;\nALTER TYPE kind ADD VALUE 'B';\nCOMMIT;\nALTER TABLE t ALTER COLUMN k SET DEFAULT 'B';");
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.applied(), (Names{"1_a", "2_b"}));
  EXPECT_EQ(s.value("SELECT applied_steps_count FROM _prisma_migrations WHERE migration_name = '2_b'"), "1");
}

TEST(Apply, PartThatFailsAfterACommit_SaysWhatStands) {
  Scene s;
  s.migration("1_a", "CREATE TYPE kind AS ENUM ('A');");
  s.migration("2_b", "BEGIN;\nALTER TYPE kind ADD VALUE 'B';\nCOMMIT;\nSELECT 'B'::kind;\nSELECT 1/0;");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_EQ(e.line, 5u);
  EXPECT_NE(e.message.find("line 2: ALTER TYPE kind ADD VALUE 'B'"), std::string::npos) << e.message;
  EXPECT_NE(e.hint.find("tidegate resolve --rolled-back 2_b"), std::string::npos);
  EXPECT_EQ(
      s.value("SELECT finished_at IS NULL AND logs LIKE '%division by zero%line 2%' FROM _prisma_migrations WHERE migration_name = '2_b'"),
      "t");
  const auto list = s.list();
  EXPECT_EQ(list["failed"].size(), 0U);
  EXPECT_EQ(list["begun"][0]["name"], "2_b");
  EXPECT_EQ(list["begun"][0]["done"], 1);
  EXPECT_EQ(list["pending"], json({"2_b"}));
}

TEST(Apply, NewEnumValueUsedAtOnce_FailsWithTheRemedy) {
  Scene s;
  s.migration("1_a", "CREATE TYPE kind AS ENUM ('A');");
  s.migration("2_b", "ALTER TYPE kind ADD VALUE 'B';\nSELECT 'B'::kind;");
  const auto e = s.run();
  EXPECT_EQ(e.sqlstate, "55P04");
  EXPECT_NE(e.hint.find("migration of its own"), std::string::npos);
  EXPECT_EQ(s.value("SELECT count(*) FROM _prisma_migrations WHERE migration_name = '2_b'"), "0");
}

TEST(Apply, ProcedureThatCommits_RunsOutsideATransaction) {
  Scene s;
  s.migration("1_a",
              "CREATE TABLE a (id int); CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a VALUES (1); COMMIT; END $$;");
  s.migration("2_b", "CALL p();");
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.value("SELECT count(*) FROM a"), "1");
  EXPECT_EQ(s.applied(), (Names{"1_a", "2_b"}));
}

TEST(Apply, LostConnectionBeforeTheServerSawIt_SaysThatNothingStands) {
  Scene s;
  s.migration("1_a", "SELECT pg_terminate_backend(pg_backend_pid());");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::unavailable);
  EXPECT_NE(e.message.find("nothing of it stands"), std::string::npos) << e.message;
  EXPECT_EQ(s.sessions, 2);
}

TEST(Apply, LostConnectionAmidParts_SaysThatSomeMayStand) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int);");
  s.migration("2_b", "VACUUM a; SELECT pg_terminate_backend(pg_backend_pid());");
  const auto e = s.run();
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_NE(e.message.find("some of its statements may stand"), std::string::npos) << e.message;
}

TEST(Apply, DryRun_ChangesNothing) {
  Scene s;
  s.migration("1_a", "CREATE TABLE a (id int);");
  s.read_only = true;
  const auto e = s.run(true);
  EXPECT_EQ(e.code, Status::ok) << e.message;
  EXPECT_EQ(s.logs.at(0), "would apply 1_a");
  EXPECT_EQ(s.value("SELECT to_regclass('_prisma_migrations') IS NULL"), "t");
  EXPECT_EQ(s.changing, 0);
}

}  // namespace
}  // namespace tidegate::apply::test
