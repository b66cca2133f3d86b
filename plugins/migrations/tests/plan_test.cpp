// SPDX-License-Identifier: Apache-2.0
#include "migrations/plan.hpp"

#include <gtest/gtest.h>

namespace tidegate::migrations {
namespace {

FilePlan plan(std::string_view sql) {
  auto p = plan_file(sql, "m/migration.sql");
  EXPECT_TRUE(p.ok()) << sql << ": " << (p ? "" : p.error().message);
  return p ? *p : FilePlan{};
}
sdk::Error refusal(std::string_view sql) {
  auto p = plan_file(sql, "m/migration.sql");
  EXPECT_FALSE(p.ok()) << sql;
  return p ? sdk::Error{} : p.error();
}
std::vector<std::string> texts(std::string_view sql, const Part& part) {
  std::vector<std::string> out;
  for (const auto& s : part.statements) out.emplace_back(s.in(sql));
  return out;
}
using Texts = std::vector<std::string>;

TEST(Plan, OrdinaryFile_IsSentAsItStands) {
  EXPECT_TRUE(plan("CREATE TABLE a (id int);").plain);
  EXPECT_TRUE(plan("").plain);
}

TEST(Plan, BalancedPair_IsDropped) {
  const std::string sql = "BEGIN;\n-- why\nCREATE TABLE a (id int);\nCREATE TABLE b (id int);\nCOMMIT;\nSELECT 1";
  const auto p = plan(sql);
  EXPECT_TRUE(p.whole);
  ASSERT_EQ(p.parts.size(), 1u);
  EXPECT_EQ(texts(sql, p.parts[0]), (Texts{"CREATE TABLE a (id int)", "CREATE TABLE b (id int)", "SELECT 1"}));
}

TEST(Plan, StartTransactionAndEnd_AreAPairToo) {
  EXPECT_TRUE(plan("START TRANSACTION; SELECT 1; END;").whole);
}

TEST(Plan, IsolationLevel_IsKept) {
  EXPECT_EQ(plan("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT").parts[0].begin, "BEGIN ISOLATION LEVEL SERIALIZABLE");
}

TEST(Plan, FunctionWithSqlBody_IsNoTransactionControl) {
  const auto p = plan("CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;");
  EXPECT_TRUE(p.whole);
  ASSERT_EQ(p.parts.size(), 1u);
  EXPECT_EQ(p.parts[0].statements.size(), 1u);
}

TEST(Plan, NewEnumValueUsedAfterCommit_RunsInParts) {
  const std::string sql = "BEGIN;\nALTER TYPE \"Kind\" ADD VALUE 'NEW';\nCOMMIT;\nALTER TABLE t ALTER COLUMN k SET DEFAULT 'NEW';";
  const auto p = plan(sql);
  EXPECT_FALSE(p.whole);
  ASSERT_EQ(p.parts.size(), 2u);
  EXPECT_TRUE(p.parts[0].transactional);
  EXPECT_EQ(texts(sql, p.parts[1]), (Texts{"ALTER TABLE t ALTER COLUMN k SET DEFAULT 'NEW'"}));
  EXPECT_TRUE(plan("BEGIN; ALTER TYPE k ADD VALUE 'NEW'; COMMIT; SELECT 1;").whole);
}

TEST(Plan, Concurrently_RunsOutsideATransactionAndTheRestTogether) {
  const std::string sql =
      "SET a.b = 1; CREATE TABLE t (a int);\n-- slow\nCREATE INDEX CONCURRENTLY i ON s.t (a);\nDROP INDEX CONCURRENTLY j; SELECT 1; SELECT "
      "2";
  const auto p = plan(sql);
  EXPECT_FALSE(p.whole);
  ASSERT_EQ(p.parts.size(), 4u);
  EXPECT_TRUE(p.parts[0].transactional);
  EXPECT_EQ(p.parts[0].statements.size(), 2u);
  EXPECT_FALSE(p.parts[1].transactional);
  EXPECT_TRUE(p.parts[1].concurrently);
  EXPECT_EQ(p.parts[1].statements[0].table_schema, "s");
  EXPECT_EQ(p.parts[1].statements[0].table, "t");
  EXPECT_TRUE(p.parts[2].concurrently);
  EXPECT_EQ(p.parts[3].statements.size(), 2u);
}

TEST(Plan, EveryStatementThatRefusesABlock_RunsOutside) {
  for (const char* sql :
       {"VACUUM t", "VACUUM (ANALYZE) t", "REINDEX TABLE CONCURRENTLY t", "REINDEX (CONCURRENTLY) INDEX i", "REINDEX DATABASE d", "CLUSTER",
        "ALTER SYSTEM SET work_mem = '1MB'", "CREATE DATABASE d", "DROP DATABASE d", "CREATE TABLESPACE x LOCATION '/x'",
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY", "DROP INDEX CONCURRENTLY IF EXISTS a", "ALTER DATABASE d SET TABLESPACE x"}) {
    const auto p = plan(sql);
    ASSERT_EQ(p.parts.size(), 1u) << sql;
    EXPECT_FALSE(p.parts[0].transactional) << sql;
    EXPECT_FALSE(p.whole) << sql;
  }
}

TEST(Plan, WhatOnlyLooksLikeIt_StaysInATransaction) {
  for (const char* sql :
       {"REFRESH MATERIALIZED VIEW CONCURRENTLY v", "REINDEX TABLE t", "CLUSTER t", "ALTER DATABASE d SET work_mem = '1MB'",
        "PREPARE p AS SELECT 1", "BEGIN; SAVEPOINT a; SELECT 1; ROLLBACK TO SAVEPOINT a; COMMIT"}) {
    EXPECT_TRUE(plan(sql).whole) << sql;
  }
}

TEST(Plan, StatementNewerThanTheGrammar_IsJudgedByItsWords) {
  auto p = plan("REPACK (CONCURRENTLY) t; BEGIN; SELECT 1; COMMIT");
  EXPECT_FALSE(p.whole);
  EXPECT_FALSE(p.parts[0].transactional);
  EXPECT_FALSE(p.parts[0].statements[0].understood);
  EXPECT_TRUE(plan("ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED; RESET search_path").whole);
}

TEST(Plan, UnbalancedOrRolledBack_IsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("SELECT 1;\nBEGIN;\nSELECT 2;").line, 2u);
  EXPECT_NE(refusal("BEGIN; SELECT 1").message.find("BEGIN without a COMMIT"), std::string::npos);
  EXPECT_NE(refusal("SELECT 1; COMMIT").message.find("COMMIT without a BEGIN"), std::string::npos);
  EXPECT_NE(refusal("BEGIN; ROLLBACK").message.find("ROLLBACK"), std::string::npos);
  EXPECT_NE(refusal("BEGIN; BEGIN; COMMIT").message.find("already open"), std::string::npos);
  EXPECT_EQ(refusal("BEGIN; COMMIT AND CHAIN; COMMIT").code, sdk::Status::config);
  EXPECT_EQ(refusal("PREPARE TRANSACTION 'x'").code, sdk::Status::config);
  EXPECT_EQ(refusal("DISCARD ALL").code, sdk::Status::config);
  const auto inside = refusal("BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;");
  EXPECT_EQ(inside.line, 2u);
  EXPECT_EQ(inside.column, 1u);
  EXPECT_EQ(inside.file, "m/migration.sql");
}

TEST(Plan, TextThatCannotBeSent_IsRefusedWithItsPlace) {
  const auto e = refusal("SELECT 1;\n\\set x 1\n");
  EXPECT_EQ(e.line, 2u);
  EXPECT_EQ(e.column, 1u);
  EXPECT_EQ(refusal("SELECT '\xff'").code, sdk::Status::config);
  EXPECT_EQ(refusal("/* open").code, sdk::Status::config);
}

TEST(Plan, TextThatCannotBeSplit_IsRefusedInsteadOfSentWhole) {
  const auto e = refusal("BEGIN; SELECT E'\\u12'; COMMIT;");
  EXPECT_EQ(e.code, sdk::Status::config);
  EXPECT_EQ(e.file, "m/migration.sql");
  EXPECT_NE(e.message.find("could not be split"), std::string::npos) << e.message;
}

TEST(Plan, ConcurrentlyStatements_NameWhatTheyMayLeaveHalfDone) {
  const auto of = [](std::string_view sql) {
    const auto s = plan(sql).parts.at(0).statements.at(0);
    return std::pair(s.concurrent, s.table_schema + "." + s.table + " " + s.object_schema + "." + s.object);
  };
  EXPECT_EQ(of("CREATE INDEX CONCURRENTLY i ON x.t (a)"), std::pair(Concurrent::create_index, std::string("x.t x.i")));
  EXPECT_EQ(of("CREATE INDEX CONCURRENTLY ON t (a)"), std::pair(Concurrent::create_index, std::string(".t .")));
  EXPECT_EQ(of("DROP INDEX CONCURRENTLY IF EXISTS x.\"I\""), std::pair(Concurrent::drop_index, std::string(". x.I")));
  EXPECT_EQ(of("DROP INDEX CONCURRENTLY i"), std::pair(Concurrent::drop_index, std::string(". .i")));
  EXPECT_EQ(of("REINDEX INDEX CONCURRENTLY x.i"), std::pair(Concurrent::reindex_index, std::string(". x.i")));
  EXPECT_EQ(of("REINDEX (CONCURRENTLY) TABLE t"), std::pair(Concurrent::reindex_table, std::string(".t .")));
  EXPECT_EQ(of("REINDEX SCHEMA CONCURRENTLY x"), std::pair(Concurrent::reindex_many, std::string(". .")));
  EXPECT_EQ(of("ALTER TABLE x.t DETACH PARTITION y.p CONCURRENTLY"), std::pair(Concurrent::detach, std::string("x.t y.p")));
}

TEST(Plan, AMillionTerms_DoNotOverflowTheStack) {
  std::string sql = "BEGIN; SELECT 1";
  for (int i = 0; i < 300'000; ++i) sql += "+1";
  EXPECT_TRUE(plan(sql + "; COMMIT").whole);
}

TEST(PlanOneByOne, EveryStatement_StandsAlone) {
  const auto p = plan_one_by_one("CALL a(); CALL b()", "f");
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->parts.size(), 2u);
  EXPECT_FALSE(p->parts[0].transactional);
}

}  // namespace
}  // namespace tidegate::migrations
