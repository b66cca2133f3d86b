// SPDX-License-Identifier: Apache-2.0
#include "migrations/lex.hpp"

#include <gtest/gtest.h>

namespace tidegate::migrations {
namespace {

TEST(Lex, OrdinaryStatements_NeedNoParser) {
  for (const char* sql :
       {"", "-- nothing\n", "CREATE TABLE a (id int);\nALTER TABLE a ALTER COLUMN id SET NOT NULL;", "SELECT 'BEGIN; COMMIT'",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN; ROLLBACK; END $$;", "/* VACUUM */ SELECT CASE WHEN true THEN 1 END",
        "SELECT \"concurrently\" FROM t", "INSERT INTO t VALUES ('it''s', E'a\\'; COMMIT; --')"}) {
    const auto l = lex(sql);
    EXPECT_EQ(l.trouble, Trouble::none) << sql;
    EXPECT_FALSE(l.needs_parser) << sql;
  }
}

TEST(Lex, WordsThatMatter_NeedTheParser) {
  for (const char* sql :
       {"begin;", "SELECT 1;\nCommit", "CREATE INDEX CONCURRENTLY i ON t (a)", "-- x\n/* y */ VACUUM t", "ALTER SYSTEM SET a = 1",
        "DROP DATABASE x", "SET lock_timeout = 0", "SELECT set_config('Lock_Timeout', '0', false)", "RESET ALL", "DISCARD ALL",
        "START TRANSACTION", "DO $$ BEGIN SET lock_timeout = 0; END $$"}) {
    EXPECT_TRUE(lex(sql).needs_parser) << sql;
  }
}

TEST(Lex, OpenQuotesAndComments_AreFoundWhereTheyBegin) {
  EXPECT_EQ(lex("SELECT 'a").trouble, Trouble::open_string);
  EXPECT_EQ(lex("SELECT 'a").at, 7u);
  EXPECT_EQ(lex("SELECT E'a\\'").trouble, Trouble::open_string);
  EXPECT_EQ(lex("SELECT 'a\\'").trouble, Trouble::none);
  EXPECT_EQ(lex("SELECT \"a").trouble, Trouble::open_identifier);
  EXPECT_EQ(lex("DO $x$ BEGIN END $y$").trouble, Trouble::open_dollar_quote);
  EXPECT_EQ(lex("/* a /* b */ SELECT 1").trouble, Trouble::open_comment);
  EXPECT_EQ(lex("SELECT 1 -- it's fine").trouble, Trouble::none);
  EXPECT_EQ(lex("SELECT a$b$c, $1").trouble, Trouble::none);
}

TEST(Lex, EscapeStringOverTwoLines_GoesOnInTheSameManner) {
  EXPECT_EQ(lex("SELECT E'a'\n'b\\'c'").trouble, Trouble::none);
  EXPECT_EQ(lex("SELECT E'a''b\\'c'").trouble, Trouble::none);
}

TEST(Lex, WhatOnlyPsqlUnderstands_IsTrouble) {
  EXPECT_EQ(lex("\\set x 1\nSELECT 1").trouble, Trouble::psql_command);
  EXPECT_EQ(lex("COPY t FROM stdin;\n1\tit's\n\\.\n").trouble, Trouble::copy_data);
  EXPECT_EQ(lex("COPY t FROM '/data.csv'").trouble, Trouble::none);
}

TEST(Lex, BytesThatAreNoText_AreTrouble) {
  EXPECT_EQ(lex(std::string_view("SELECT 1\0;", 10)).trouble, Trouble::nul_byte);
  EXPECT_EQ(lex("SELECT '\xff'").trouble, Trouble::invalid_utf8);
  EXPECT_EQ(lex("SELECT '\xff'").at, 8u);
  EXPECT_EQ(lex("\xef\xbb\xbfSELECT 1").trouble, Trouble::byte_order_mark);
}

TEST(Utf8, OverlongSurrogateAndTooLarge_AreInvalid) {
  EXPECT_EQ(first_invalid_utf8("caf\xc3\xa9 \xf0\x9f\x8c\x8a and plain text"), std::string_view::npos);
  EXPECT_EQ(first_invalid_utf8("\xc0\x80"), 0u);
  EXPECT_EQ(first_invalid_utf8("a\xed\xa0\x80"), 1u);
  EXPECT_EQ(first_invalid_utf8("12345678\xf4\x90\x80\x80"), 8u);
  EXPECT_EQ(first_invalid_utf8("caf\xc3"), 3u);
}

TEST(Lex, RoleAndLockTimeout_AreNoted) {
  EXPECT_TRUE(lex("SET ROLE app").mentions_role);
  EXPECT_TRUE(lex("SET SESSION AUTHORIZATION app").mentions_role);
  EXPECT_FALSE(lex("INSERT INTO t VALUES ('role')").mentions_role);
  EXPECT_TRUE(lex("SET Lock_timeout = 0").mentions_lock_timeout);
  EXPECT_FALSE(lex("SET statement_timeout = 0").mentions_lock_timeout);
}

}  // namespace
}  // namespace tidegate::migrations
