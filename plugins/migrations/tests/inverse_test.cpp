// SPDX-License-Identifier: Apache-2.0
//
// Forth and back on a real server: the inverse is right when the description is what it was before.
#include "migrations/inverse/inverse.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "migrations/fingerprint/catalog.hpp"
#include "migrations/fingerprint/difference.hpp"
#include "migrations/tests/libpq_session.hpp"
#include "support/files.hpp"
#include "support/postgres.hpp"

namespace tidegate::migrations::inverse {
namespace {

namespace fs = std::filesystem;
using fingerprint::Description;
using fingerprint::Same;
using migrations::test::Access;
using migrations::test::libpq_session;
using tidegate::test::TestDatabase;

struct Outcome {
  Grade grade = Grade::exact;
  Same same = Same::equal;
  std::vector<std::string> statements, reasons;
  std::string difference;  ///< what did not come back
  std::string error;       ///< of the way forth or back
};

class Inverses {
 public:
  Description described() {
    auto out = fingerprint::describe(db_);
    EXPECT_TRUE(out.ok()) << out.error().message;
    return out.ok() ? std::move(*out) : Description();
  }
  std::string run(const std::string& sql) {
    const auto done = db_.script(sql);
    return done ? "" : sql.substr(0, 200) + ": " + done.error().message;
  }
  /// Runs it, then its inverse; afterwards it stands, since going back was rolled back.
  Outcome there_and_back(const std::string& sql) {
    Outcome out;
    const auto first = described();
    auto before = first;
    for (const auto& piece : pieces(sql)) {
      if (out.error = run(piece); !out.error.empty()) return out;
      auto after = described();
      const auto inverse = invert(before, after, piece);
      out.grade = std::max(out.grade, inverse.grade);
      out.reasons.insert(out.reasons.end(), inverse.reasons.begin(), inverse.reasons.end());
      out.statements.insert(out.statements.begin(), inverse.statements.begin(), inverse.statements.end());
      before = std::move(after);
    }
    if (out.grade == Grade::irreversible) return out;
    if (out.error = run("BEGIN"); !out.error.empty()) return out;
    for (const auto& statement : out.statements) {
      if (out.error = run(statement); !out.error.empty()) break;
    }
    if (out.error.empty()) {
      const auto found = fingerprint::difference(first, described());
      out.same = found.same;
      out.difference = found.text();
    }
    if (const auto undone = run("ROLLBACK"); out.error.empty()) out.error = undone;
    return out;
  }
  void expect(Grade grade, const std::vector<std::string>& changes) {
    for (const auto& sql : changes) {
      SCOPED_TRACE(sql);
      const auto out = there_and_back(sql);
      EXPECT_EQ(out.error, "");
      EXPECT_EQ(name_of(out.grade), name_of(grade)) << (out.reasons.empty() ? "" : out.reasons.front());
      EXPECT_EQ(out.reasons.empty(), out.grade == Grade::exact);
      if (grade == Grade::exact) {
        EXPECT_EQ(out.difference, "");
      } else if (grade == Grade::exact_but_column_order) {
        EXPECT_EQ(out.same, Same::but_column_order) << out.difference;
      } else if (grade == Grade::loses_data) {
        EXPECT_NE(out.same, Same::different) << out.difference;
      }
    }
  }
  TestDatabase database;

 private:
  sdk::Db db_ = libpq_session(database.url(), Access::write);
};

constexpr const char* kTables =
    "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total numeric(10,2) DEFAULT 0, note "
    "text, n int "
    "NOT NULL); CREATE TABLE lines (id serial PRIMARY KEY, order_id bigint REFERENCES orders, amount int CHECK (amount > 0)); CREATE INDEX "
    "lines_amount ON lines (amount) WHERE amount > 5; CREATE VIEW big AS SELECT id, total FROM orders WHERE total > 10; CREATE FUNCTION "
    "twice(int) "
    "RETURNS int LANGUAGE sql AS 'SELECT $1 * 2'; CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN amount AS int DEFAULT 3; CREATE "
    "SEQUENCE numbers; CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER each BEFORE "
    "UPDATE "
    "ON orders FOR EACH ROW EXECUTE FUNCTION nothing(); CREATE POLICY own ON orders TO PUBLIC USING (id = 1); COMMENT ON TABLE orders IS "
    "'it''s "
    "old'; COMMENT ON COLUMN orders.note IS 'words'; ALTER TABLE orders ALTER note SET STATISTICS 9; CREATE SCHEMA app";

class InverseOnAServer : public ::testing::Test, public Inverses {
 protected:
  InverseOnAServer() {
    database.sql("DO $$ BEGIN CREATE ROLE fp_alice LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$");
    database.sql("DO $$ BEGIN CREATE ROLE fp_bob LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$");
    database.sql(kTables);
  }
};

TEST_F(InverseOnAServer, OfWhatIsNew_DropsIt) {
  expect(
      Grade::exact,
      {"CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); ALTER TABLE a ADD b int "
       "REFERENCES b",
       "CREATE INDEX orders_n ON orders (n)", "CREATE INDEX CONCURRENTLY orders_n2 ON orders (n)", "CREATE TYPE size AS ENUM ('s')",
       "CREATE TYPE pair AS (x int, y text)", "CREATE VIEW v1 AS SELECT * FROM orders; CREATE VIEW v2 AS SELECT id FROM v1",
       "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a", "CREATE SEQUENCE s2", "CREATE SCHEMA other; CREATE TABLE other.t (a int)",
       "ALTER TABLE orders ADD COLUMN extra text NOT NULL DEFAULT 'x'",
       "ALTER TABLE lines ADD CONSTRAINT small CHECK (amount < 100) NOT VALID", "ALTER TABLE lines ADD UNIQUE (order_id, amount)",
       "CREATE FUNCTION thrice(a int) RETURNS int LANGUAGE sql AS 'SELECT a * 3'",
       "CREATE TRIGGER more AFTER INSERT ON lines FOR EACH ROW EXECUTE FUNCTION nothing()", "CREATE POLICY mine ON lines USING (true)",
       "CREATE DOMAIN small AS int CHECK (VALUE < 9); ALTER TABLE lines ADD s small", "CREATE STATISTICS st ON order_id, amount FROM lines",
       "CREATE EXTENSION pg_trgm; CREATE INDEX orders_trgm ON orders USING gin (note gin_trgm_ops)",
       "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)"});
}

TEST_F(InverseOnAServer, OfALongerText_FailsRatherThanCutsWhatWasWrittenSince) {
  database.sql("ALTER TABLE orders ADD code varchar(3)");
  const auto before = described();
  ASSERT_EQ(run("ALTER TABLE orders ALTER code TYPE text"), "");
  const auto inverse = invert(before, described(), "ALTER TABLE orders ALTER code TYPE text");
  ASSERT_EQ(inverse.statements.size(), 1U);
  database.sql("INSERT INTO orders (n, code) VALUES (1, 'abcdef')");
  EXPECT_NE(run(inverse.statements.front()), "") << inverse.statements.front();
  database.sql("UPDATE orders SET code = 'abc'");
  EXPECT_EQ(run(inverse.statements.front()), "");
}

TEST_F(InverseOnAServer, OfAWiderNumberOrMoment_FailsRatherThanRoundsWhatWasWrittenSince) {
  database.sql("CREATE TABLE wide (a numeric(10,2), b timestamp(0), c int)");
  const auto before = described();
  const std::string forth = "ALTER TABLE wide ALTER a TYPE numeric, ALTER b TYPE timestamp, ALTER c TYPE numeric";
  ASSERT_EQ(run(forth), "");
  const auto inverse = invert(before, described(), forth);
  const auto back = [&] {
    std::string failed;
    for (const auto& statement : inverse.statements)
      if (failed.empty()) failed = run(statement);
    return failed;
  };
  for (const char* row : {"(1.005, NULL, 1)", "(1, '2026-01-01 00:00:00.5', 1)", "(1, NULL, 1.5)"}) {
    database.sql("INSERT INTO wide VALUES " + std::string(row));
    EXPECT_EQ(run("BEGIN"), "");
    EXPECT_NE(back().find("does not fit"), std::string::npos) << row;
    EXPECT_EQ(run("ROLLBACK"), "");
    database.sql("DELETE FROM wide");
  }
  database.sql("INSERT INTO wide VALUES (1.25, '2026-01-01', 7), (NULL, NULL, NULL)");
  EXPECT_EQ(back(), "");
  EXPECT_EQ(described().hash(), before.hash());
}

TEST_F(InverseOnAServer, OfAFunctionThatMayWrite_SaysThatRowsAreNotKnown) {
  database.sql("CREATE FUNCTION reads() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM orders'");
  database.sql("CREATE FUNCTION writes() RETURNS bigint LANGUAGE sql AS 'UPDATE orders SET n = 0 RETURNING id'");
  expect(Grade::loses_data, {"SELECT writes()", "SELECT public.writes() FROM orders",
                             "CREATE FUNCTION fill() RETURNS bigint LANGUAGE sql AS 'DELETE FROM lines RETURNING id'; SELECT fill()"});
  expect(Grade::exact, {"SELECT reads()", "SELECT now(), lower('A')"});
}

TEST_F(InverseOnAServer, OfWhatBelongsToTheServer_IsNotPretended) {
  for (const auto& sql : {"CREATE ROLE fp_" + database.name(), std::string("ALTER ROLE fp_alice SET work_mem = '8MB'"), std::string("GRANT fp_alice TO fp_bob")}) {
    const auto before = described();
    EXPECT_EQ(run(sql), "");
    const auto inverse = invert(before, described(), sql);
    EXPECT_EQ(inverse.grade, Grade::irreversible) << sql;
    EXPECT_FALSE(inverse.reasons.empty()) << sql;
  }
  EXPECT_EQ(run("DROP ROLE fp_" + database.name() + "; ALTER ROLE fp_alice RESET work_mem; REVOKE fp_alice FROM fp_bob"), "");
}

TEST_F(InverseOnAServer, Reasons_RepeatNoLiteral) {
  for (const char* sql : {"CREATE ROLE fp_secret PASSWORD 'hunter2'", "UPDATE orders SET note = 'hunter2'", "SELECT lo_unlink('hunter2')"}) {
    const auto before = described();
    const auto inverse = invert(before, before, sql);
    ASSERT_EQ(inverse.reasons.size(), 1U) << sql;
    EXPECT_EQ(inverse.reasons[0].find("hunter2"), std::string::npos) << inverse.reasons[0];
  }
}

TEST_F(InverseOnAServer, OfAnEnumWithALongName_OrOneThatIsTaken_FindsAnotherNameBeside) {
  const std::string name(63, 'e');
  database.sql("CREATE TYPE " + name + " AS ENUM ('a'); CREATE TYPE mood_tidegate AS ENUM ('x'); CREATE TABLE has (l " + name + ", m mood)");
  expect(Grade::exact, {"ALTER TYPE " + name + " ADD VALUE 'b'", "ALTER TYPE mood ADD VALUE 'ok'"});
}

TEST_F(InverseOnAServer, OfWhatWasChanged_ChangesItBack) {
  expect(Grade::exact, {"ALTER TABLE orders ALTER total SET DEFAULT 7",
                        "ALTER TABLE orders ALTER total DROP DEFAULT",
                        "ALTER TABLE orders ALTER total SET NOT NULL",
                        "ALTER TABLE orders ALTER n DROP NOT NULL",
                        "ALTER TABLE lines ALTER amount TYPE bigint",
                        "ALTER TABLE orders ALTER id SET GENERATED BY DEFAULT",
                        "ALTER TABLE lines ALTER order_id SET NOT NULL; ALTER TABLE lines ALTER order_id ADD GENERATED ALWAYS AS IDENTITY",
                        "COMMENT ON TABLE orders IS 'new'; COMMENT ON COLUMN orders.note IS NULL; COMMENT ON COLUMN orders.n IS 'x'",
                        "ALTER TABLE orders ALTER note SET STATISTICS 77",
                        "ALTER TABLE orders SET (fillfactor = 50)",
                        "ALTER TABLE orders SET (fillfactor = 60, autovacuum_enabled = off)",
                        "ALTER TABLE orders OWNER TO fp_alice",
                        "GRANT SELECT, UPDATE ON orders TO fp_alice WITH GRANT OPTION",
                        "REVOKE ALL ON orders FROM fp_alice",
                        "GRANT SELECT (note) ON orders TO fp_bob",
                        "REVOKE EXECUTE ON FUNCTION twice FROM PUBLIC",
                        "GRANT USAGE ON SCHEMA app TO fp_bob",
                        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY; ALTER TABLE orders FORCE ROW LEVEL SECURITY",
                        "ALTER TABLE orders REPLICA IDENTITY FULL",
                        "ALTER TABLE orders DISABLE TRIGGER each",
                        "ALTER POLICY own ON orders TO fp_alice USING (id = 2)",
                        "CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT 2 * $1'",
                        "CREATE OR REPLACE VIEW big AS SELECT id, total FROM orders WHERE total > 99",
                        "ALTER TYPE mood RENAME VALUE 'sad' TO 'low'",
                        "ALTER DOMAIN amount SET DEFAULT 4; ALTER DOMAIN amount SET NOT NULL",
                        "ALTER SEQUENCE numbers INCREMENT 5 MAXVALUE 900 CYCLE",
                        "ALTER SEQUENCE numbers OWNED BY lines.amount",
                        "ALTER TABLE lines DROP CONSTRAINT lines_order_id_fkey",
                        "DROP INDEX lines_amount",
                        "ALTER TABLE lines DROP CONSTRAINT lines_amount_check",
                        "DROP TRIGGER each ON orders",
                        "DROP POLICY own ON orders",
                        "DROP VIEW big",
                        "DROP FUNCTION twice",
                        "ALTER TABLE lines CLUSTER ON lines_pkey"});
}

TEST_F(InverseOnAServer, OfAnEnumsNewLabel_IsAnotherType_ForItsColumns) {
  database.sql(
      "CREATE TABLE felt (a mood DEFAULT 'sad', b mood[] DEFAULT '{happy}'); INSERT INTO felt DEFAULT VALUES; COMMENT ON TYPE mood IS 'x'");
  expect(Grade::exact, {"ALTER TYPE mood ADD VALUE 'ok' BEFORE 'happy'"});
  database.sql("CREATE TYPE size AS ENUM ('s', 'm', 'l'); CREATE TABLE shirts (size size NOT NULL DEFAULT 'm')");
  // As Prisma takes a label out.
  expect(
      Grade::loses_data,
      {"CREATE TYPE size_new AS ENUM ('s', 'm'); ALTER TABLE shirts ALTER size DROP DEFAULT; ALTER TABLE shirts ALTER size TYPE size_new "
       "USING (size::text::size_new); ALTER TYPE size RENAME TO size_old; ALTER TYPE size_new RENAME TO size; DROP TYPE size_old; ALTER "
       "TABLE shirts ALTER size SET DEFAULT 'm'"});
}

TEST_F(InverseOnAServer, OfARename_RenamesBack_AndLosesNothing) {
  expect(Grade::exact,
         {"ALTER TABLE orders RENAME TO \"Bestellung\"", "ALTER TABLE \"Bestellung\" RENAME note TO remark",
          "ALTER INDEX lines_amount RENAME TO la", "ALTER TABLE lines RENAME CONSTRAINT lines_pkey TO pk", "ALTER VIEW big RENAME TO large",
          "ALTER TYPE mood RENAME TO state", "ALTER SEQUENCE numbers RENAME TO nrs", "ALTER FUNCTION twice(int) RENAME TO double",
          "ALTER TRIGGER each ON \"Bestellung\" RENAME TO every", "ALTER POLICY own ON \"Bestellung\" RENAME TO mine",
          "ALTER DOMAIN amount RENAME TO sum", "ALTER TABLE lines SET SCHEMA app", "ALTER SCHEMA app RENAME TO shop",
          "ALTER TABLE shop.lines RENAME TO items; ALTER TABLE shop.items ADD x int; ALTER TABLE shop.items RENAME x TO y"});
}

TEST_F(InverseOnAServer, OfADroppedColumn_PutsItLast_WithoutItsValues) {
  expect(Grade::loses_data, {"ALTER TABLE orders DROP COLUMN note", "ALTER TABLE lines DROP COLUMN amount"});
}

TEST_F(InverseOnAServer, OfADroppedTable_MakesItAgain_AndSaysThatItsRowsAreGone) {
  expect(Grade::loses_data, {"DROP TABLE lines", "DROP TABLE orders CASCADE", "DROP SEQUENCE numbers"});
}

TEST_F(InverseOnAServer, OfStatementsThatWriteRows_SaysThatTheyStay) {
  expect(Grade::loses_data,
         {"INSERT INTO orders (n) VALUES (1); ALTER TABLE orders ADD x1 int", "UPDATE orders SET note = 'y'; ALTER TABLE orders ADD x2 int",
          "DELETE FROM lines; ALTER TABLE orders ADD x3 int", "TRUNCATE lines; ALTER TABLE orders ADD x4 int",
          "DO $$ BEGIN UPDATE orders SET n = 2; END $$; ALTER TABLE orders ADD x5 int", "ALTER TABLE lines ALTER amount TYPE smallint"});
  // What they write goes with the column or the table.
  expect(Grade::exact, {"ALTER TABLE orders ADD filled int; UPDATE orders SET filled = n; ALTER TABLE orders ALTER filled SET NOT NULL",
                        "CREATE TABLE seeds (a int); INSERT INTO seeds VALUES (1), (2)"});
}

TEST_F(InverseOnAServer, OfWhatCannotBeTakenBack_IsNone_AndSaysWhy) {
  expect(Grade::irreversible, {"CREATE FUNCTION says(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TYPE mood ADD VALUE 'ok'",
                               "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler",
                               "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO fp_bob"});
}

class InversesOfRealHistories : public ::testing::Test, public Inverses {
 protected:
  void SetUp() override {
    const char* place = std::getenv("TIDEGATE_CORPORA");
    if (place == nullptr) GTEST_SKIP() << "TIDEGATE_CORPORA does not name a folder with histories";
    corpora = place;
  }
  /// Every `step`th; the others are only applied. Prints the score.
  void expect_none_wrong(const std::string& history, std::size_t count, std::size_t step) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(corpora + "/" + history + "/migrations"))
      if (entry.is_directory()) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    ASSERT_EQ(names.size(), count);
    std::map<std::string, int> score;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto sql = tidegate::test::file_text(corpora + "/" + history + "/migrations/" + names[i] + "/migration.sql");
      if (i % step != 0) {
        for (const auto& piece : pieces(sql)) ASSERT_EQ(run(piece), "") << names[i];
        continue;
      }
      const auto out = there_and_back(sql);
      const bool wrong = !out.error.empty() || (out.grade != Grade::irreversible && out.same == Same::different) ||
                         (out.grade == Grade::exact && out.same != Same::equal);
      ++score[wrong ? "wrong"
                    : std::string(name_of(out.grade)) +
                          (out.grade == Grade::irreversible ? "" : ", schema " + std::string(fingerprint::name_of(out.same)))];
      EXPECT_FALSE(wrong) << names[i] << "\n" << out.error << "\n" << out.difference;
      if (out.grade == Grade::irreversible)
        std::printf("  irreversible: %s: %s\n", names[i].c_str(), out.reasons.empty() ? "" : out.reasons.back().c_str());
    }
    for (const auto& [what, number] : score) std::printf("%s: %4d %s\n", history.c_str(), number, what.c_str());
  }
  std::size_t step() { return std::getenv("TIDEGATE_CHECK") != nullptr && std::string(std::getenv("TIDEGATE_CHECK")) == "full" ? 1 : 10; }
  std::string corpora;
};

TEST_F(InversesOfRealHistories, OfTriggerDev_AreRightOrDeclared) {
  expect_none_wrong("trigger.dev", 820, step());
}

TEST_F(InversesOfRealHistories, OfUmami_AreRightOrDeclared) {
  expect_none_wrong("umami", 19, 1);
}

}  // namespace
}  // namespace tidegate::migrations::inverse
