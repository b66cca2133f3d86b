// SPDX-License-Identifier: Apache-2.0
//
// The description does not depend on the session that reads it, leaves no trace in it, and says what it could not see.
#include <gtest/gtest.h>

#include "migrations/fingerprint/catalog.hpp"
#include "migrations/fingerprint/difference.hpp"
#include "migrations/tests/libpq_session.hpp"
#include "support/postgres.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

using migrations::test::Access;
using migrations::test::libpq_session;
using tidegate::test::TestDatabase;

Description described(sdk::Db& db, const Without& without = {}) {
  auto out = describe(db, without);
  EXPECT_TRUE(out.ok()) << out.error().message << "\n" << out.error().hint;
  return out.ok() ? std::move(*out) : Description();
}
Description described(const TestDatabase& database, const Without& without = {}) {
  auto db = libpq_session(database.url(), Access::read);
  return described(db, without);
}

/// Spelled by the server according to settings of the session, each of it.
constexpr const char* kSettingsMatter =
    "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad'); CREATE FUNCTION app.\"Do\"(app.mood) RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE TABLE app.t (id serial PRIMARY KEY, at timestamptz DEFAULT '2024-02-01 12:00+00'::timestamptz, span interval DEFAULT '1 day 2 "
    "hours'::interval, f float8 DEFAULT '0.1'::float8, b bytea DEFAULT '\\x00ff'::bytea, m money DEFAULT '1.50'::money, mood app.mood "
    "DEFAULT 'sad', CHECK (at > '2020-01-02'::timestamptz));"
    "CREATE TABLE app.p (at timestamptz) PARTITION BY RANGE (at); CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM ('2024-01-01 "
    "00:00+00') TO "
    "('2025-01-01 00:00+00'); CREATE VIEW app.v AS SELECT app.\"Do\"(mood), at::date, '2024-02-01'::date AS d FROM app.t;";

TEST(FingerprintSession, SettingsOfTheSession_ChangeNothing) {
  TestDatabase database;
  database.sql(kSettingsMatter);
  const auto expected = described(database);
  auto db = libpq_session(database.url(), Access::write);
  ASSERT_TRUE(
      db.script("SET search_path = app, public; SET quote_all_identifiers = on; SET DateStyle = 'German'; SET IntervalStyle = "
                "'iso_8601'; SET TimeZone = 'Asia/Tokyo'; SET extra_float_digits = -5; SET bytea_output = 'escape'; SET jit_above_cost = 0")
          .ok());
  EXPECT_EQ(difference(expected, described(db)).text(), "");
  database.sql(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app', current_database()); EXECUTE format('ALTER DATABASE %I SET "
      "DateStyle = %L', current_database(), 'SQL, DMY'); EXECUTE format('ALTER DATABASE %I SET quote_all_identifiers = on', "
      "current_database()); EXECUTE format('ALTER DATABASE %I SET TimeZone = %L', current_database(), 'America/New_York'); END $$");
  EXPECT_EQ(difference(expected, described(database)).text(), "database settings of all roles new\n");
}

TEST(FingerprintSession, InASessionThatWrites_SettingsAndTransactionStayAsTheyWere) {
  TestDatabase database;
  database.sql("CREATE TABLE t (a int)");
  const auto expected = described(database);
  auto db = libpq_session(database.url(), Access::write);
  ASSERT_TRUE(db.script("SET search_path = public, pg_temp; SET DateStyle = 'German'").ok());
  const auto settings = [&] {
    std::string out;
    EXPECT_TRUE(
        db.query("SELECT current_setting('search_path') || current_setting('DateStyle') || current_setting('transaction_read_only')", {},
                 [&](const sdk::Row& row) { out = row[0]; })
            .ok());
    return out;
  };
  EXPECT_EQ(described(db).hash(), expected.hash());
  EXPECT_EQ(db.transaction(), TG_TXN_IDLE);
  EXPECT_EQ(settings(), "public, pg_tempGerman, DMYoff");
  ASSERT_TRUE(db.script("BEGIN; CREATE TABLE u (b int)").ok());
  EXPECT_EQ(difference(expected, described(db)).text(), "table public.u new\n");
  EXPECT_EQ(db.transaction(), TG_TXN_OPEN);
  EXPECT_EQ(settings(), "public, pg_tempGerman, DMYoff");
  ASSERT_TRUE(db.script("ROLLBACK").ok());
  EXPECT_EQ(described(db).hash(), expected.hash());
}

TEST(FingerprintSession, WhatIsOurs_TemporaryOrTheHistory_DoesNotCount) {
  TestDatabase database;
  database.sql("CREATE TABLE t (a int)");
  auto db = libpq_session(database.url(), Access::write);
  const auto expected = described(db, {"public", "_prisma_migrations"});
  ASSERT_TRUE(
      db.script("CREATE SCHEMA tidegate; CREATE TABLE tidegate.runs (id int PRIMARY KEY); CREATE SCHEMA tidegate_kept; CREATE TABLE "
                "tidegate_kept.x (a serial); CREATE TEMP TABLE scratch (a serial PRIMARY KEY); CREATE TEMP VIEW w AS SELECT 1 AS a; "
                "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, n serial); INSERT INTO t VALUES (1); ANALYZE t")
          .ok());
  EXPECT_EQ(difference(expected, described(db, {"public", "_prisma_migrations"})).text(), "sequence public._prisma_migrations_n_seq new\n");
  EXPECT_EQ(difference(expected, described(db)).text(),
            "sequence public._prisma_migrations_n_seq new\ntable public._prisma_migrations new\n");
}

TEST(FingerprintSession, ADatabaseWithBytesThatAreNoText_IsDescribedInText) {
  TestDatabase maker;
  const std::string name = maker.name() + "_ascii";
  maker.sql("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
  {
    tidegate::test::Connection bytes(tidegate::test::server_url(name));
    bytes.sql("CREATE TABLE t (a int)");
    bytes.sql("DO $$ BEGIN EXECUTE 'COMMENT ON TABLE t IS ' || quote_literal(convert_from('\\x66fc72'::bytea, 'SQL_ASCII')); END $$");
    auto db = libpq_session(tidegate::test::server_url(name), Access::read);
    const auto stored = described(db).stored();
    EXPECT_NE(stored.find("comment: f\\\\xfcr"), std::string::npos) << stored;
    EXPECT_TRUE(Description::read(stored).ok());
  }
  maker.sql("DROP DATABASE " + name);
}

TEST(FingerprintSession, ObjectsOfAnExtension_CountAsTheExtension) {
  TestDatabase database;
  const auto before = described(database);
  database.sql("CREATE EXTENSION pg_trgm");
  EXPECT_EQ(difference(before, described(database)).text(), "extension pg_trgm new\n");
}

TEST(FingerprintSession, AnOrdinaryRole_SeesTheSame_AndSaysWhatItMayNotSee) {
  TestDatabase database;
  database.sql("DO $$ BEGIN CREATE ROLE fp_carol LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$");
  database.sql(kSettingsMatter);
  database.sql("CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)");
  const auto all = described(database);
  auto carol = libpq_session(database.url("fp_carol"), Access::read);
  const auto seen = described(carol);
  EXPECT_EQ(difference(all, seen).text(), "");
  EXPECT_TRUE(seen.remarks().empty());
  database.sql("ALTER SUBSCRIPTION sub DISABLE; DROP SUBSCRIPTION sub");
  database.sql(
      "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS "
      "(password "
      "'hush')");
  EXPECT_EQ(described(carol).remarks(),
            std::vector<std::string>{"the role fp_carol may not see the options of the user mapping of PUBLIC on far, if it has any"});
  EXPECT_EQ(described(database).remarks(), std::vector<std::string>{});
  EXPECT_EQ(described(database).stored().find("hush"), std::string::npos);
}

TEST(FingerprintSession, ARoleThatMayNotReadACatalog_GetsAnErrorThatNamesIt) {
  TestDatabase database;
  database.sql("DO $$ BEGIN CREATE ROLE fp_carol LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$");
  database.sql("REVOKE SELECT ON pg_catalog.pg_proc FROM PUBLIC");
  auto carol = libpq_session(database.url("fp_carol"), Access::read);
  const auto refused = describe(carol);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, sdk::Status::denied);
  EXPECT_EQ(refused.error().message, "the schema cannot be described: permission denied for table pg_proc");
  EXPECT_NE(refused.error().hint.find("GRANT SELECT"), std::string::npos);
}

TEST(FingerprintSession, ARelationThatAnotherSessionLocks_IsAnErrorThatSaysSo) {
  TestDatabase database;
  database.sql("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t");
  auto db = libpq_session(database.url(), Access::write);
  ASSERT_TRUE(db.script("SET lock_timeout = '50ms'").ok());
  auto other = database.connect();
  other.sql("BEGIN; LOCK TABLE t");
  const auto refused = describe(db);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, sdk::Status::locked);
  EXPECT_NE(refused.error().hint.find("another session"), std::string::npos);
  EXPECT_EQ(db.transaction(), TG_TXN_IDLE);
  ASSERT_TRUE(db.script("BEGIN; CREATE TABLE u (a int)").ok());
  EXPECT_FALSE(describe(db).ok());
  EXPECT_EQ(db.transaction(), TG_TXN_OPEN) << "the caller's transaction goes on";
  other.sql("COMMIT");
  EXPECT_TRUE(describe(db).ok());
  EXPECT_TRUE(db.script("COMMIT").ok());
}

}  // namespace
}  // namespace tidegate::migrations::fingerprint
