// SPDX-License-Identifier: Apache-2.0
#include "migrations/touched.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tidegate::migrations {
namespace {

/// "a b.c": the relations in order of their names; "?" in front when the text does not tell all.
std::string of(std::string_view sql) {
  auto found = touched(sql);
  std::vector<std::string> names;
  for (const auto& r : found.relations) names.push_back(r.schema.empty() ? r.name : r.schema + "." + r.name);
  std::sort(names.begin(), names.end());
  std::string out = found.unsure.empty() ? "" : "?";
  for (const auto& name : names) out += (out.empty() || out == "?" ? "" : " ") + name;
  return out;
}

TEST(Touched, ChangeOfATable_NamesIt) {
  EXPECT_EQ(of(R"(ALTER TABLE "User" ADD COLUMN age int NOT NULL DEFAULT 0)"), "User");
  EXPECT_EQ(of("ALTER TABLE billing.invoice DROP COLUMN total"), "billing.invoice");
  EXPECT_EQ(of("ALTER TABLE a RENAME TO b"), "a");
  EXPECT_EQ(of("CREATE INDEX ON a (b)"), "a");
  EXPECT_EQ(of("TRUNCATE a, s.b"), "a s.b");
}

TEST(Touched, DroppedTable_IsNamedAsWritten) {
  EXPECT_EQ(of(R"(DROP TABLE "Order Lines", sales.old)"), "Order Lines sales.old");
  EXPECT_EQ(of("DROP INDEX some_index"), "");
  EXPECT_EQ(of("DROP TYPE mood"), "");
}

TEST(Touched, ForeignKey_NamesBothTablesAndIsRemembered) {
  const auto found = touched("ALTER TABLE post ADD CONSTRAINT f FOREIGN KEY (author) REFERENCES usr (id) ON DELETE CASCADE");
  EXPECT_TRUE(found.adds_foreign_key);
  EXPECT_FALSE(found.writes_rows);
  EXPECT_TRUE(found.unsure.empty()) << found.unsure;
  EXPECT_EQ(found.relations.size(), 2U);
  EXPECT_FALSE(touched("ALTER TABLE post ADD COLUMN a int").adds_foreign_key);
}

TEST(Touched, ChangeOfRows_NamesWhatItReadsToo) {
  EXPECT_EQ(of("UPDATE a SET n = lower(b.n) FROM b WHERE b.id = a.id"), "a b");
  EXPECT_TRUE(touched("UPDATE a SET n = 1").writes_rows);
  EXPECT_TRUE(touched("WITH gone AS (DELETE FROM a RETURNING id) SELECT count(*) FROM gone").writes_rows);
  EXPECT_FALSE(touched("SELECT 1 FROM a").writes_rows);
}

TEST(Touched, FunctionOfTheUsers_MayReachAnything) {
  EXPECT_EQ(of("SELECT purge_everything()"), "?");
  EXPECT_EQ(of("UPDATE a SET n = app.now()"), "?a") << "not the server's now()";
  EXPECT_EQ(of("UPDATE a SET n = pg_catalog.now()"), "a");
  EXPECT_EQ(of("UPDATE a SET n = setval('s', 1)"), "?a");
}

TEST(Touched, Cascade_MayReachAnything) {
  EXPECT_EQ(of("DROP TABLE a CASCADE"), "?a");
  EXPECT_EQ(of("ALTER TABLE a DROP COLUMN b CASCADE"), "?a");
  EXPECT_EQ(of("TRUNCATE a CASCADE"), "?a");
  EXPECT_EQ(of("DROP SCHEMA s CASCADE"), "?");
}

TEST(Touched, WhatIsNoPlainStatement_IsUnsure) {
  for (const char* sql : {"DO $$ BEGIN DELETE FROM a; END $$", "CALL p()", "CREATE EXTENSION pgcrypto", "COPY a FROM '/tmp/x'",
                          "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()", "SET search_path = other",
                          "ALTER SCHEMA a RENAME TO b", "not sql at all"})
    EXPECT_FALSE(touched(sql).unsure.empty()) << sql;
  EXPECT_TRUE(touched("SET lock_timeout = '1s'").unsure.empty());
}

TEST(Touched, EndlessStatement_IsNotLookedInto) {
  EXPECT_FALSE(touched("INSERT INTO a VALUES ('" + std::string(40'000, 'x') + "')").unsure.empty());
}

}  // namespace
}  // namespace tidegate::migrations
