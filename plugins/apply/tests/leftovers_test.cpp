// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::apply::test {
namespace {

using sdk::Status;
using tidegate::test::Connection;

bool says(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

class Leftovers : public ::testing::Test {
 protected:
  void set_up(const std::string& sql) {
    s.migration("1_a", sql);
    const auto e = s.run();
    ASSERT_EQ(e.code, Status::ok) << e.message;
    s.new_run();
    s.before_script = [&](const std::string& message) {  // taking an index away waits for the writer too
      if (message.starts_with("DROP INDEX CONCURRENTLY IF EXISTS")) holder.sql("COMMIT");
    };
  }
  /// Runs `sql` once the statement that begins like this waits for a lock and the condition holds; then cancels it.
  void cancel(const std::string& statement, const std::string& condition = "true", const std::string& sql = "") {
    watcher.send(
        "DO $w$ DECLARE p int; BEGIN LOOP PERFORM pg_stat_clear_snapshot(); SELECT pid INTO p FROM pg_stat_activity WHERE datname = "
        "current_database() AND wait_event_type = 'Lock' AND query LIKE '" +
        statement + "%'; EXIT WHEN p IS NOT NULL AND (" + condition + "); PERFORM pg_sleep(0.005); END LOOP; " + sql +
        "PERFORM pg_cancel_backend(p); END $w$");
  }
  sdk::Error run() {
    auto out = s.run();
    EXPECT_EQ(watcher.finish(), "");
    return out;
  }
  std::string indexes() {
    return s.value(
        "SELECT string_agg(relname || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END, ', ' ORDER BY relname) FROM pg_index JOIN pg_class "
        "c ON c.oid = indexrelid WHERE indrelid = 'a'::regclass");
  }
  std::string rows() { return s.value("SELECT count(*) FROM _prisma_migrations WHERE migration_name = '2_b'"); }
  std::string logs() { return s.value("SELECT logs FROM _prisma_migrations WHERE migration_name = '2_b' AND finished_at IS NULL"); }

  Scene s;
  Connection holder = s.database.connect();
  Connection watcher = s.database.connect();
};

TEST_F(Leftovers, CancelledDrop_KeepsTheRowAndIsTakenUpByTheNextTry) {
  set_up("CREATE TABLE a (id int); CREATE INDEX i ON a (id);");
  s.migration("2_b", "DROP INDEX CONCURRENTLY i;");
  holder.sql("BEGIN; SELECT * FROM a");
  cancel("DROP INDEX CONC", "EXISTS (SELECT 1 FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relname = 'i' AND NOT indisvalid)");
  const auto e = run();
  EXPECT_EQ(e.sqlstate, "57014");
  EXPECT_EQ(indexes(), "i INVALID");
  EXPECT_TRUE(says(e.message, "the index \"i\" is left INVALID")) << e.message;
  EXPECT_FALSE(says(e.hint, "nothing of this migration stands")) << e.hint;
  EXPECT_TRUE(says(logs(), "left INVALID")) << logs();
  holder.sql("COMMIT");
  ASSERT_TRUE(s.ask("tidegate.history/1", "resolve", R"({"name":"2_b","as":"rolled-back"})").ok());
  s.new_run();
  EXPECT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(indexes(), "");
}

TEST_F(Leftovers, DropOfWhatIsNotThere_LeavesNoRow) {
  set_up("CREATE TABLE a (id int);");
  s.migration("2_b", "DROP INDEX CONCURRENTLY i;");
  const auto e = s.run();
  EXPECT_EQ(e.sqlstate, "42704");
  EXPECT_TRUE(says(e.hint, "nothing of this migration stands")) << e.hint;
  EXPECT_EQ(rows(), "0");
}

TEST_F(Leftovers, CancelledReindex_TakesItsOwnIndexesAway) {
  set_up("CREATE TABLE a (id int, v int); CREATE INDEX i ON a (id); CREATE INDEX other ON a (v); CREATE INDEX other_ccnew ON a (v);");
  s.database.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other_ccnew'::regclass");
  s.migration("2_b", "REINDEX INDEX CONCURRENTLY i;");
  holder.sql("BEGIN; INSERT INTO a VALUES (1, 1)");
  cancel("REINDEX INDEX CONC", "EXISTS (SELECT 1 FROM pg_class WHERE relname = 'i_ccnew')");
  const auto e = run();
  EXPECT_EQ(e.sqlstate, "57014");
  EXPECT_EQ(indexes(), "i, other, other_ccnew INVALID");
  EXPECT_TRUE(says(e.hint, "nothing of this migration stands")) << e.hint;
  EXPECT_EQ(rows(), "0");
}

TEST_F(Leftovers, CancelledReindexOfATable_TakesItsOwnIndexesAway) {
  set_up("CREATE TABLE a (id int, v text); CREATE INDEX i ON a (id); CREATE INDEX j ON a (v);");
  s.migration("2_b", "REINDEX TABLE CONCURRENTLY a;");
  holder.sql("BEGIN; INSERT INTO a VALUES (1, 1)");
  cancel("REINDEX TABLE CONC", "EXISTS (SELECT 1 FROM pg_class WHERE relname = 'j_ccnew')");
  EXPECT_EQ(run().sqlstate, "57014");
  EXPECT_EQ(indexes(), "i, j");
}

TEST_F(Leftovers, LongNameOfAnIndex_IsKnownWhenCutShort) {
  const std::string name(63, 'x');
  set_up("CREATE TABLE a (id int); CREATE INDEX " + name + " ON a (id);");
  s.migration("2_b", "REINDEX INDEX CONCURRENTLY " + name + ";");
  holder.sql("BEGIN; INSERT INTO a VALUES (1)");
  cancel("REINDEX INDEX CONC", "EXISTS (SELECT 1 FROM pg_class WHERE relname LIKE 'xxx%ccnew')");
  EXPECT_EQ(run().sqlstate, "57014");
  EXPECT_EQ(indexes(), name);
}

TEST_F(Leftovers, CancelledDetach_KeepsTheRowAndSaysHowToFinish) {
  set_up("CREATE TABLE a (id int) PARTITION BY LIST (id); CREATE TABLE one PARTITION OF a FOR VALUES IN (1);");
  s.migration("2_b", "ALTER TABLE a DETACH PARTITION one CONCURRENTLY;");
  holder.sql("BEGIN; SELECT * FROM a");
  cancel("ALTER TABLE a DETACH", "EXISTS (SELECT 1 FROM pg_inherits WHERE inhdetachpending)");
  const auto e = run();
  EXPECT_EQ(e.sqlstate, "57014");
  EXPECT_TRUE(says(e.message, "pending detach")) << e.message;
  EXPECT_TRUE(says(e.hint, "FINALIZE")) << e.hint;
  EXPECT_TRUE(says(logs(), "pending detach")) << logs();
}

TEST_F(Leftovers, IndexOfSomebodyElse_IsLeftAloneAfterAFailure) {
  set_up("CREATE TABLE a (id int); CREATE INDEX theirs ON a (id);");
  s.migration("2_b", "CREATE INDEX CONCURRENTLY ON a (id);");
  holder.sql("BEGIN; INSERT INTO a VALUES (1)");
  cancel("CREATE INDEX CONC", "EXISTS (SELECT 1 FROM pg_class WHERE relname = 'a_id_idx')",
         "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'theirs'::regclass;");
  EXPECT_EQ(run().sqlstate, "57014");
  EXPECT_EQ(indexes(), "theirs INVALID");
  EXPECT_EQ(rows(), "0");
}

TEST_F(Leftovers, IndexOfSomebodyElse_IsLeftAloneBeforeASecondTry) {
  set_up("CREATE TABLE a (id int); CREATE INDEX theirs ON a (id);");
  s.database.sql(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'theirs'::regclass; INSERT INTO _prisma_migrations (id, checksum, "
      "migration_name, rolled_back_at) VALUES ('x', 'y', '2_b', now())");
  s.migration("2_b", "CREATE INDEX CONCURRENTLY mine ON a (id);");
  EXPECT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(indexes(), "mine, theirs INVALID");
}

TEST_F(Leftovers, IndexThatAnotherSessionBuilds_IsLeftAlone) {
  set_up("CREATE TABLE a (id int);");
  s.database.sql("INSERT INTO _prisma_migrations (id, checksum, migration_name, rolled_back_at) VALUES ('x', 'y', '2_b', now())");
  s.migration("2_b", "CREATE INDEX CONCURRENTLY mine ON a (id);");
  holder.sql("BEGIN; INSERT INTO a VALUES (1)");
  watcher.send("CREATE INDEX CONCURRENTLY mine ON a (id)");
  ASSERT_TRUE(s.database.eventually("SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'mine')"));
  s.before_script = [&](const std::string& sql) {  // the DROP would come before the CREATE, were there one
    if (sql.starts_with("CREATE INDEX") || sql.starts_with("DROP INDEX")) holder.sql("COMMIT");
  };
  const auto e = run();
  EXPECT_EQ(e.sqlstate, "42P07") << e.message;
  EXPECT_EQ(indexes(), "mine");
  for (const auto& sql : s.scripts) EXPECT_FALSE(sql.starts_with("DROP INDEX")) << sql;
}

TEST_F(Leftovers, CatalogThatCannotBeRead_IsNotTakenForNone) {
  set_up("CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);");
  s.migration("2_b", "CREATE UNIQUE INDEX CONCURRENTLY i ON a (id);");
  s.before_script = [&](const std::string& sql) {
    if (sql.starts_with("CREATE UNIQUE INDEX")) s.refuse_at = "indisvalid";
  };
  const auto e = s.run();
  EXPECT_EQ(e.sqlstate, "23505");
  EXPECT_TRUE(says(e.message, "could not be looked up")) << e.message;
  EXPECT_TRUE(says(logs(), "could not be looked up")) << logs();
}

}  // namespace
}  // namespace tidegate::apply::test
