// SPDX-License-Identifier: Apache-2.0
//
// The description of a real database: what is made shows, in the right words, and is gone when it is dropped.
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

Description described(sdk::Db& db) {
  auto out = describe(db);
  EXPECT_TRUE(out.ok()) << out.error().message << "\n" << out.error().hint;
  return out.ok() ? std::move(*out) : Description();
}

/// Roles belong to the server, which other tests use at the same time.
void make_roles(TestDatabase& database) {
  for (const std::string role : {"fp_alice", "fp_bob"})
    database.sql("DO $$ BEGIN CREATE ROLE " + role + " LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$");
}

struct Step {
  std::string change;              ///< SQL
  std::vector<std::string> words;  ///< lines of the difference, each must be there
  std::string back;                ///< SQL after which it is equal again
};

class Fingerprint : public ::testing::Test {
 protected:
  Fingerprint() { make_roles(database); }
  int major() { return std::stoi(database.value("SELECT current_setting('server_version_num')")) / 10000; }
  void expect_seen(const std::vector<Step>& steps) {
    const auto before = now();
    for (const auto& step : steps) {
      SCOPED_TRACE(step.change);
      database.sql(step.change);
      const auto after = now();
      const auto text = difference(before, after).text();
      EXPECT_NE(before.hash(), after.hash());
      for (const auto& word : step.words)
        EXPECT_NE(("\n" + text).find("\n" + word + "\n"), std::string::npos) << word << "\nis not in\n" << text;
      database.sql(step.back);
      EXPECT_EQ(difference(before, now()).text(), "");
    }
  }
  Description now() { return described(session_); }
  TestDatabase database;

 private:
  sdk::Db session_ = libpq_session(database.url(), Access::read);
};

TEST_F(Fingerprint, Tables_AreSeenAndGoneAgain) {
  database.sql("CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total numeric(10,2) NOT NULL, note text)");
  expect_seen({
      {"CREATE TABLE \"Other\" (a int)", {"table public.\"Other\" new"}, "DROP TABLE \"Other\""},
      {"ALTER TABLE orders SET (fillfactor = 70)",
       {"table public.orders: options (none) -> fillfactor=70"},
       "ALTER TABLE orders RESET (fillfactor)"},
      {"ALTER TABLE orders SET (toast.autovacuum_enabled = false)",
       {"table public.orders: toast options (none) -> autovacuum_enabled=false"},
       "ALTER TABLE orders RESET (toast.autovacuum_enabled)"},
      {"ALTER TABLE orders SET UNLOGGED", {"table public.orders: unlogged added"}, "ALTER TABLE orders SET LOGGED"},
      {"ALTER TABLE orders REPLICA IDENTITY FULL",
       {"table public.orders: replica identity (none) -> full"},
       "ALTER TABLE orders REPLICA IDENTITY DEFAULT"},
      {"ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_pkey",
       {"table public.orders: index orders_pkey: replica identity added"},
       "ALTER TABLE orders REPLICA IDENTITY DEFAULT"},
      {"ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
       {"table public.orders: row level security added"},
       "ALTER TABLE orders DISABLE ROW LEVEL SECURITY"},
      {"ALTER TABLE orders FORCE ROW LEVEL SECURITY",
       {"table public.orders: row level security forced added"},
       "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY"},
      {"COMMENT ON TABLE orders IS 'what was ordered'",
       {"table public.orders: comment (none) -> what was ordered"},
       "COMMENT ON TABLE orders IS NULL"},
      {"ALTER TABLE orders OWNER TO fp_alice", {"table public.orders: owner postgres -> fp_alice"}, "ALTER TABLE orders OWNER TO postgres"},
      {"ALTER TABLE orders CLUSTER ON orders_pkey",
       {"table public.orders: index orders_pkey: clustered added"},
       "ALTER TABLE orders SET WITHOUT CLUSTER"},
      {"CREATE TABLE child () INHERITS (orders)", {"table public.child new"}, "DROP TABLE child"},
  });
  database.sql("CREATE TABLE child (LIKE orders INCLUDING CONSTRAINTS)");
  expect_seen({{"ALTER TABLE child INHERIT orders",
                {"table public.child: inherits (none) -> public.orders", "table public.child: column id: inherited and local added"},
                "ALTER TABLE child NO INHERIT orders"}});
}

TEST_F(Fingerprint, Columns_AreSeenAndGoneAgain) {
  database.sql("CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text, day date)");
  std::vector<Step> steps = {
      {"ALTER TABLE orders ALTER total TYPE numeric(12,2)",
       {"table public.orders: column total: type numeric(10,2) -> numeric(12,2)"},
       "ALTER TABLE orders ALTER total TYPE numeric(10,2)"},
      {"ALTER TABLE orders ALTER total SET NOT NULL",
       {"table public.orders: column total: not null added"},
       "ALTER TABLE orders ALTER total DROP NOT NULL"},
      {"ALTER TABLE orders ALTER total SET DEFAULT 0",
       {"table public.orders: column total: default (none) -> 0"},
       "ALTER TABLE orders ALTER total DROP DEFAULT"},
      {"ALTER TABLE orders ALTER note TYPE text COLLATE \"C\"",
       {"table public.orders: column note: collation (none) -> pg_catalog.\"C\""},
       "ALTER TABLE orders ALTER note TYPE text COLLATE \"default\""},
      {"ALTER TABLE orders ALTER id ADD GENERATED BY DEFAULT AS IDENTITY",
       {"table public.orders: column id: identity (none) -> by default", "sequence public.orders_id_seq new"},
       "ALTER TABLE orders ALTER id DROP IDENTITY"},
      {"ALTER TABLE orders ALTER note SET STORAGE external",
       {"table public.orders: column note: storage (none) -> external"},
       "ALTER TABLE orders ALTER note SET STORAGE extended"},
      {"ALTER TABLE orders ALTER note SET STATISTICS 300",
       {"table public.orders: column note: statistics (none) -> 300"},
       "ALTER TABLE orders ALTER note SET STATISTICS -1"},
      {"ALTER TABLE orders ALTER note SET (n_distinct = 5)",
       {"table public.orders: column note: options (none) -> n_distinct=5"},
       "ALTER TABLE orders ALTER note RESET (n_distinct)"},
      {"COMMENT ON COLUMN orders.note IS 'one''s\nwords'",
       {"table public.orders: column note: comment (none) -> one's …"},
       "COMMENT ON COLUMN orders.note IS NULL"},
      {"GRANT SELECT (note), UPDATE (note) ON orders TO fp_alice WITH GRANT OPTION",
       {"table public.orders: column note: privileges (none) -> fp_alice: SELECT*, UPDATE*"},
       "REVOKE ALL (note) ON orders FROM fp_alice"},
      {"ALTER TABLE orders ADD twice numeric GENERATED ALWAYS AS (total * 2) STORED",
       {"table public.orders: column twice new"},
       "ALTER TABLE orders DROP twice"},
      {"ALTER TABLE orders RENAME note TO remark",
       {"table public.orders: column note missing", "table public.orders: column remark new"},
       "ALTER TABLE orders RENAME remark TO note"},
  };
  if (major() >= 14)
    steps.push_back({"ALTER TABLE orders ALTER note SET COMPRESSION pglz",
                     {"table public.orders: column note: compression (none) -> pglz"},
                     "ALTER TABLE orders ALTER note SET COMPRESSION DEFAULT"});
  expect_seen(steps);
}

TEST_F(Fingerprint, ColumnDroppedAndAddedBack_IsEqualButForColumnOrder) {
  database.sql("CREATE TABLE t (a int NOT NULL, \"b, c\" text, d date DEFAULT now()); COMMENT ON COLUMN t.a IS 'first'");
  const auto before = now();
  database.sql("ALTER TABLE t DROP a");
  database.sql("ALTER TABLE t ADD a int NOT NULL; COMMENT ON COLUMN t.a IS 'first'");
  const auto after = now();
  const auto difference = fingerprint::difference(before, after);
  EXPECT_EQ(difference.same, Same::but_column_order);
  EXPECT_EQ(before.hash_but_column_order(), after.hash_but_column_order());
  EXPECT_EQ(difference.text(), "table public.t: column order a, \"b, c\", d -> \"b, c\", d, a\n");
}

TEST_F(Fingerprint, Constraints_AreSeenAndGoneAgain) {
  database.sql(
      "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE t (a int, b int, during tsrange); CREATE DOMAIN amount AS int CHECK (VALUE > "
      "0)");
  expect_seen({
      {"ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0)",
       {"table public.t: constraint positive new"},
       "ALTER TABLE t DROP CONSTRAINT positive"},
      {"ALTER TABLE t ADD CONSTRAINT one UNIQUE (a, b)",
       {"table public.t: constraint one new", "table public.t: index one new"},
       "ALTER TABLE t DROP CONSTRAINT one"},
      {"ALTER TABLE t ADD CONSTRAINT apart EXCLUDE USING gist (during WITH &&)",
       {"table public.t: constraint apart new"},
       "ALTER TABLE t DROP CONSTRAINT apart"},
      {"ALTER TABLE t ADD CONSTRAINT up FOREIGN KEY (a) REFERENCES parent",
       {"table public.t: constraint up new"},
       "ALTER TABLE t DROP CONSTRAINT up"},
      {"ALTER DOMAIN amount ADD CONSTRAINT small CHECK (VALUE < 10)",
       {"domain public.amount: constraint small new"},
       "ALTER DOMAIN amount DROP CONSTRAINT small"},
  });
  database.sql("ALTER TABLE t ADD CONSTRAINT up FOREIGN KEY (a) REFERENCES parent NOT VALID");
  database.sql("ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID");
  expect_seen({
      {"ALTER TABLE t ALTER CONSTRAINT up DEFERRABLE INITIALLY DEFERRED",
       {"table public.t: constraint up: definition FOREIGN KEY (a) REFERENCES public.parent(id) NOT VALID -> FOREIGN KEY (a) REFERENCES "
        "public.parent(id) DEFERRABLE INITIALLY DEFERRED NOT VALID"},
       "ALTER TABLE t ALTER CONSTRAINT up NOT DEFERRABLE"},
      {"ALTER TABLE t VALIDATE CONSTRAINT positive",
       {"table public.t: constraint positive: definition CHECK ((a > 0)) NOT VALID -> CHECK ((a > 0))"},
       "ALTER TABLE t DROP CONSTRAINT positive; ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID"},
      {"ALTER TABLE t DISABLE TRIGGER ALL",
       {"table public.t: constraint up: triggers not enabled (none) -> public.t"},
       "ALTER TABLE t ENABLE TRIGGER ALL"},
      {"COMMENT ON CONSTRAINT up ON t IS 'why'",
       {"table public.t: constraint up: comment (none) -> why"},
       "COMMENT ON CONSTRAINT up ON t IS NULL"},
  });
}

TEST_F(Fingerprint, Indexes_AreSeenAndGoneAgain) {
  database.sql("CREATE TABLE t (a int NOT NULL, b text)");
  expect_seen({
      {"CREATE INDEX t_a ON t (a DESC) WHERE b IS NOT NULL", {"table public.t: index t_a new"}, "DROP INDEX t_a"},
      {"CREATE UNIQUE INDEX CONCURRENTLY t_b ON t (lower(b))", {"table public.t: index t_b new"}, "DROP INDEX t_b"},
  });
  database.sql("CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (lower(b))");
  expect_seen({
      {"ALTER INDEX t_a SET (fillfactor = 50)",
       {"table public.t: index t_a: definition CREATE INDEX t_a ON public.t USING btree (a) -> CREATE INDEX t_a ON public.t USING btree "
        "(a) WITH "
        "(fillfactor='50')"},
       "ALTER INDEX t_a RESET (fillfactor)"},
      {"ALTER INDEX t_b ALTER COLUMN 1 SET STATISTICS 7",
       {"table public.t: index t_b: statistics (none) -> 1=7"},
       "ALTER INDEX t_b ALTER COLUMN 1 SET STATISTICS -1"},
      {"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a'::regclass",
       {"table public.t: index t_a: not valid added"},
       "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 't_a'::regclass"},
      {"COMMENT ON INDEX t_a IS 'fast'", {"table public.t: index t_a: comment (none) -> fast"}, "COMMENT ON INDEX t_a IS NULL"},
  });
}

TEST_F(Fingerprint, Partitions_AreSeenAndGoneAgain) {
  database.sql(
      "CREATE TABLE events (at timestamptz NOT NULL, kind text) PARTITION BY RANGE (at); CREATE INDEX events_kind ON events (kind);"
      "CREATE TABLE old (at timestamptz NOT NULL, kind text); CREATE INDEX old_kind ON old (kind);"
      "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
  expect_seen({
      {"CREATE TABLE p24 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", {"table public.p24 new"}, "DROP TABLE p24"},
      {"ALTER TABLE events ATTACH PARTITION old FOR VALUES FROM (MINVALUE) TO ('2024-01-01')",
       {"table public.old: partition of (none) -> public.events",
        "table public.old: bound (none) -> FOR VALUES FROM (MINVALUE) TO ('2024-01-01 00:00:00+00')",
        "table public.old: index old_kind: partition of (none) -> public.events_kind"},
       "ALTER TABLE events DETACH PARTITION old"},
  });
  if (major() < 13) return;
  database.sql(
      "CREATE TABLE p24 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
      "CREATE TRIGGER each AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION nothing()");
  expect_seen({{"ALTER TABLE p24 DISABLE TRIGGER each",
                {"table public.p24: trigger each: enabled (none) -> no"},
                "ALTER TABLE p24 ENABLE TRIGGER each"}});
}

TEST_F(Fingerprint, Sequences_AreSeenAndGoneAgain_AndTheirValueIsNot) {
  database.sql("CREATE SEQUENCE numbers; CREATE TABLE t (id serial)");
  const auto before = now();
  database.sql(
      "SELECT nextval('numbers'), nextval('t_id_seq'); ALTER SEQUENCE numbers RESTART 77; INSERT INTO t DEFAULT VALUES; ANALYZE t");
  EXPECT_EQ(now().hash(), before.hash());
  expect_seen({
      {"CREATE SEQUENCE more AS smallint CYCLE", {"sequence public.more new"}, "DROP SEQUENCE more"},
      {"ALTER SEQUENCE numbers INCREMENT 10 CACHE 5",
       {"sequence public.numbers: increment 1 -> 10", "sequence public.numbers: cache 1 -> 5"},
       "ALTER SEQUENCE numbers INCREMENT 1 CACHE 1"},
      {"ALTER SEQUENCE numbers OWNED BY t.id",
       {"sequence public.numbers: owned by (none) -> public.t.id"},
       "ALTER SEQUENCE numbers OWNED BY NONE"},
      {"GRANT USAGE ON SEQUENCE numbers TO fp_bob",
       {"sequence public.numbers: privileges (none) -> fp_bob: USAGE; postgres: SELECT, UPDATE, USAGE"},
       "REVOKE ALL ON SEQUENCE numbers FROM fp_bob"},
  });
}

TEST_F(Fingerprint, ViewsRulesTriggersAndPolicies_AreSeenAndGoneAgain) {
  database.sql(
      "CREATE TABLE t (a int, b text); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN "
      "RETURN NEW; END'");
  expect_seen({
      {"CREATE VIEW w AS SELECT b FROM t", {"view public.w new"}, "DROP VIEW w"},
      {"CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a > 0",
       {"view public.v: definition, line 2: FROM public.t; -> FROM public.t"},
       "CREATE OR REPLACE VIEW v AS SELECT a FROM t"},
      {"ALTER VIEW v SET (security_barrier = true)",
       {"view public.v: options (none) -> security_barrier=true"},
       "ALTER VIEW v RESET (security_barrier)"},
      {"ALTER VIEW v ALTER a SET DEFAULT 3", {"view public.v: column a: default (none) -> 3"}, "ALTER VIEW v ALTER a DROP DEFAULT"},
      {"CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX m_a ON m (a)",
       {"materialized view public.m new"},
       "DROP MATERIALIZED VIEW m"},
      {"CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING", {"table public.t: rule quiet new"}, "DROP RULE quiet ON t"},
      {"CREATE TRIGGER each BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION nothing()",
       {"table public.t: trigger each new"},
       "DROP TRIGGER each ON t"},
      {"CREATE POLICY own ON t FOR SELECT TO fp_alice USING (a = 1)", {"table public.t: policy own new"}, "DROP POLICY own ON t"},
  });
  database.sql(
      "CREATE TRIGGER each BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION nothing(); CREATE POLICY own ON t USING (a = 1);"
      "CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING");
  expect_seen({
      {"ALTER TABLE t ENABLE REPLICA TRIGGER each",
       {"table public.t: trigger each: enabled (none) -> replica"},
       "ALTER TABLE t ENABLE TRIGGER each"},
      {"ALTER TABLE t DISABLE RULE quiet", {"table public.t: rule quiet: enabled (none) -> no"}, "ALTER TABLE t ENABLE RULE quiet"},
      {"ALTER POLICY own ON t TO fp_bob, fp_alice USING (a = 2)",
       {"table public.t: policy own: to PUBLIC -> fp_alice, fp_bob", "table public.t: policy own: using (a = 1) -> (a = 2)"},
       "ALTER POLICY own ON t TO PUBLIC USING (a = 1)"},
  });
}

TEST_F(Fingerprint, RoutinesAndTypes_AreSeenAndGoneAgain) {
  database.sql(
      "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TYPE pair AS (x "
      "int, y "
      "text); CREATE DOMAIN amount AS int");
  expect_seen({
      {"CREATE FUNCTION g(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT a'",
       {"function public.g(integer,text) new"},
       "DROP FUNCTION g"},
      {"CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
       {"function public.f(integer): definition, line 4: AS $function$SELECT 1$function$ -> AS $function$SELECT 2$function$"},
       "CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'"},
      {"ALTER FUNCTION f SECURITY DEFINER SET search_path = pg_catalog STABLE",
       {},
       "ALTER FUNCTION f SECURITY INVOKER RESET search_path VOLATILE"},
      {"REVOKE EXECUTE ON FUNCTION f FROM PUBLIC",
       {"function public.f(integer): privileges (none) -> postgres: EXECUTE"},
       "GRANT EXECUTE ON FUNCTION f TO PUBLIC"},
      {"CREATE PROCEDURE p() LANGUAGE sql AS ''", {"procedure public.p() new"}, "DROP PROCEDURE p"},
      {"CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')",
       {"aggregate public.total(integer) new"},
       "DROP AGGREGATE total(int)"},
      {"CREATE TYPE size AS ENUM ('s')", {"enum public.size new"}, "DROP TYPE size"},
      {"ALTER TYPE mood RENAME VALUE 'sad' TO 'low'",
       {"enum public.mood: labels 'sad', 'happy' -> 'low', 'happy'"},
       "ALTER TYPE mood RENAME VALUE 'low' TO 'sad'"},
      {"ALTER TYPE pair ALTER ATTRIBUTE x TYPE bigint",
       {"composite type public.pair: attribute x: type integer -> bigint"},
       "ALTER TYPE pair ALTER ATTRIBUTE x TYPE int"},
      {"ALTER DOMAIN amount SET DEFAULT 1", {"domain public.amount: default (none) -> 1"}, "ALTER DOMAIN amount DROP DEFAULT"},
      {"ALTER DOMAIN amount SET NOT NULL", {"domain public.amount: not null added"}, "ALTER DOMAIN amount DROP NOT NULL"},
      {"GRANT USAGE ON TYPE mood TO fp_alice",
       {"enum public.mood: privileges (none) -> PUBLIC: USAGE; fp_alice: USAGE; postgres: USAGE"},
       "REVOKE USAGE ON TYPE mood FROM fp_alice"},
      {"CREATE TYPE span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)", {"range public.span new"}, "DROP TYPE span"},
      {"CREATE TYPE shell", {"shell type public.shell new"}, "DROP TYPE shell"},
      {"CREATE COLLATION german (LOCALE = 'C')", {"collation public.german new"}, "DROP COLLATION german"},
      {"CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8", {"conversion public.conv new"}, "DROP CONVERSION conv"},
      {"CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
       {"operator public.===(integer,integer) new"},
       "DROP OPERATOR === (int, int)"},
      {"CREATE OPERATOR CLASS rev FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, "
       "FUNCTION 1 "
       "btint4cmp(int, int)",
       {"operator class public.rev using btree new", "operator family public.rev using btree new"},
       "DROP OPERATOR FAMILY rev USING btree"},
      {"CREATE CAST (pair AS text) WITH INOUT AS ASSIGNMENT", {"cast public.pair as text new"}, "DROP CAST (pair AS text)"},
      {"CREATE LANGUAGE mine HANDLER plpgsql_call_handler", {"language mine new"}, "DROP LANGUAGE mine"},
      {"CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
       {"transform integer in sql new"},
       "DROP TRANSFORM FOR int LANGUAGE sql"},
  });
}

TEST_F(Fingerprint, EverythingElse_IsSeenAndGoneAgain) {
  database.sql(
      "CREATE TABLE t (a int, b int, c text); CREATE FUNCTION ended() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
      "CREATE FOREIGN DATA WRAPPER wrap; CREATE SERVER far FOREIGN DATA WRAPPER wrap; CREATE TEXT SEARCH CONFIGURATION conf (COPY = "
      "simple);"
      "CREATE STATISTICS s ON a, b FROM t; CREATE PUBLICATION pub FOR TABLE t; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  expect_seen({
      {"CREATE SCHEMA more AUTHORIZATION fp_alice", {"schema more new"}, "DROP SCHEMA more"},
      {"CREATE EXTENSION pg_trgm", {"extension pg_trgm new"}, "DROP EXTENSION pg_trgm"},
      {"ALTER FUNCTION f() DEPENDS ON EXTENSION plpgsql",
       {"extension dependency function public.f() on plpgsql new"},
       "DROP FUNCTION f; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"},
      {"CREATE STATISTICS s2 (mcv) ON b, a FROM t", {"statistics public.s2 new"}, "DROP STATISTICS s2"},
      {"CREATE EVENT TRIGGER ev ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION ended()",
       {"event trigger ev new"},
       "DROP EVENT TRIGGER ev"},
      {"CREATE PUBLICATION everything FOR ALL TABLES", {"publication everything new"}, "DROP PUBLICATION everything"},
      {"ALTER PUBLICATION pub SET (publish = 'insert')",
       {"publication pub: operations insert, update, delete, truncate -> insert"},
       "ALTER PUBLICATION pub SET (publish = 'insert, update, delete, truncate')"},
      {"ALTER PUBLICATION pub DROP TABLE t", {"publication pub: tables public.t -> (none)"}, "ALTER PUBLICATION pub ADD TABLE t"},
      {"CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere password=hush' PUBLICATION p1 WITH (connect = false, slot_name = NONE)",
       {"subscription sub new"},
       "DROP SUBSCRIPTION sub"},
      {"CREATE FOREIGN DATA WRAPPER other OPTIONS (debug 'on')", {"foreign data wrapper other new"}, "DROP FOREIGN DATA WRAPPER other"},
      {"ALTER SERVER far OPTIONS (host 'a', password 'hush')",
       {"server far: options (none) -> host=a, password=(not read)"},
       "ALTER SERVER far OPTIONS (DROP host, DROP password)"},
      {"CREATE FOREIGN TABLE ft (a int OPTIONS (k 'v')) SERVER far OPTIONS (x 'y')",
       {"foreign table public.ft new"},
       "DROP FOREIGN TABLE ft"},
      {"CREATE USER MAPPING FOR fp_bob SERVER far OPTIONS (password 'hush')",
       {"user mapping fp_bob on far new"},
       "DROP USER MAPPING FOR fp_bob SERVER far"},
      {"ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH english_stem",
       {},
       "ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH simple"},
      {"CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple)",
       {"text search dictionary public.dict new"},
       "DROP TEXT SEARCH DICTIONARY dict"},
      {"CREATE TEXT SEARCH TEMPLATE temp (LEXIZE = dsimple_lexize)",
       {"text search template public.temp new"},
       "DROP TEXT SEARCH TEMPLATE temp"},
      {"CREATE TEXT SEARCH PARSER pars (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
       {"text search parser public.pars new"},
       "DROP TEXT SEARCH PARSER pars"},
      {"CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler", {"access method heap2 new"}, "DROP ACCESS METHOD heap2"},
      {"ALTER DEFAULT PRIVILEGES FOR ROLE fp_alice IN SCHEMA public GRANT SELECT ON TABLES TO fp_bob",
       {"default privileges for fp_alice in public on tables new"},
       "ALTER DEFAULT PRIVILEGES FOR ROLE fp_alice IN SCHEMA public REVOKE SELECT ON TABLES FROM fp_bob"},
      {"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '8MB'); END $$",
       {"database settings of all roles new"},
       "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET work_mem', current_database()); END $$"},
      {"GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO fp_alice",
       {"privileges of function pg_read_file(text) new"},
       "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) FROM fp_alice"},
  });
}

}  // namespace
}  // namespace tidegate::migrations::fingerprint
