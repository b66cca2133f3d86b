// SPDX-License-Identifier: Apache-2.0
#include "db_fixture.hpp"
#include "services/db/read_only.hpp"

namespace tidegate::services::db {
namespace {

using base::Deadline;
using base::Status;

TEST(FirstKeyword, IsFoundBehindBlanksCommentsAndParentheses) {
  EXPECT_EQ(first_keyword("  select 1"), "SELECT");
  EXPECT_EQ(first_keyword("-- a\n/* b /* c */ select */ ((\tvalues (1)))"), "VALUES");
  EXPECT_EQ(first_keyword("--x\rdrop table t"), "DROP");
  EXPECT_EQ(first_keyword("/* /* */ select 1 */ drop table t"), "DROP");
  EXPECT_EQ(first_keyword("selecté"), "SELECTé");
  EXPECT_EQ(first_keyword(";select 1"), "");
  EXPECT_EQ(first_keyword("/* never closed select"), "");
}

class ReadOnly : public DbTest {
 protected:
  ReadOnly() {
    database.sql(
        "create table t (a int primary key); insert into t values (1), (2); create sequence s; create index i on t (a); "
        "create function writes() returns int language plpgsql as 'begin insert into t values (99); return 1; end'; "
        "create procedure p() language sql as 'insert into t values (98)'; create role " +
        role());
  }
  ~ReadOnly() override { database.sql("drop role " + role()); }
  [[nodiscard]] std::string role() const { return database.name() + "_r"; }
  /// Everything that a write would change.
  std::string state() {
    return database.value(
        "select string_agg(a::text, ',' order by a) || (select is_called::text || last_value from s) || "
        "(select string_agg(relname || relfilenode, ',' order by relname) from pg_class where relnamespace = 'public'::regnamespace) || "
        "(select count(*) from pg_largeobject_metadata) || (select count(*) from pg_proc) || current_setting('work_mem') from t");
  }
};

TEST_F(ReadOnly, Reading_Works) {
  auto session = open();
  for (const char* sql :
       {"select count(*) from t", "with x as (select 2 as n) select n from x", "values (2)", "(select 2)", "/* c */ select 2"}) {
    Collected got;
    const auto failure = query_read_only(*session, sql, {}, got.take, Deadline());
    EXPECT_FALSE(failure) << sql << failure->error.message;
    EXPECT_EQ(got.lines.at(0), "0: 2") << sql;
  }
  EXPECT_FALSE(query_read_only(*session, "table t", {}, {}, Deadline()));
  EXPECT_FALSE(query_read_only(*session, "show lock_timeout", {}, {}, Deadline()));
  EXPECT_FALSE(query_read_only(*session, "explain select $1::int", {"1"}, {}, Deadline()));
}

TEST_F(ReadOnly, EveryWayAround_IsRefusedOrWithoutEffect) {
  const auto before = state();
  auto session = open();
  const std::vector<std::string> ways = {"insert into t values (3)",
                                         "update t set a = 5",
                                         "delete from t",
                                         "truncate t",
                                         "create table u (a int)",
                                         "drop table t",
                                         "set transaction read write",
                                         "set session characteristics as transaction read write",
                                         "set default_transaction_read_only = off",
                                         "begin read write",
                                         "start transaction",
                                         "commit",
                                         "rollback",
                                         "abort",
                                         "end",
                                         "savepoint x",
                                         "prepare transaction 'x'",
                                         "reset all",
                                         "discard all",
                                         "lock table t in access exclusive mode",
                                         "reindex table t",
                                         "cluster t using i",
                                         "vacuum t",
                                         "analyze t",
                                         "copy t to program 'true'",
                                         "copy t from program 'echo 7'",
                                         "do $$ begin insert into t values (4); end $$",
                                         "call p()",
                                         "prepare q as insert into t values (5)",
                                         "execute q",
                                         "deallocate all",
                                         "declare c cursor for select 1",
                                         "notify x",
                                         "listen x",
                                         "load 'x'",
                                         "checkpoint",
                                         "refresh materialized view x",
                                         "comment on table t is 'x'",
                                         "security label on table t is 'x'",
                                         "grant all on t to public",
                                         "alter system set work_mem = '1MB'",
                                         "merge into t using t u on true when matched then delete",
                                         "import foreign schema x from server y into z",
                                         "select 1; insert into t values (6)",
                                         "select 1; commit; insert into t values (6)",
                                         "select 1;;drop table t",
                                         "with x as (insert into t values (7) returning a) select * from x",
                                         "with x as (delete from t returning a) select * from x",
                                         "select a into u from t",
                                         "select * from t for update",
                                         "select nextval('s')",
                                         "select setval('s', 9)",
                                         "select writes()",
                                         "explain analyze insert into t values (8)",
                                         "explain (analyze) delete from t",
                                         "/* select */ insert into t values (9)",
                                         "-- select\ninsert into t values (9)",
                                         "/* /* */ select 1 */ insert into t values (9)",
                                         "--x\rinsert into t values (9)",
                                         "(insert into t values (9))",
                                         "select 1 \\; insert into t values (9)",
                                         "\xEF\xBB\xBFselect 1",
                                         "",
                                         ";",
                                         "/*",
                                         "show all; drop table t",
                                         "table t; drop table t",
                                         "values (1); drop table t"};
  for (const auto& sql : ways) {
    const auto failure = query_read_only(*session, sql, {}, {}, Deadline());
    EXPECT_TRUE(failure) << sql << " was let through";
    EXPECT_TRUE(session->alive()) << sql;
  }
  // These succeed, and what they do ends with the host's transaction.
  for (const char* sql :
       {"select set_config('default_transaction_read_only', 'off', false)", "select set_config('transaction_read_only', 'off', false)",
        "select set_config('lock_timeout', '0', false)", "select set_config('role', current_user, false)",
        "select set_config('search_path', 'pg_temp', false)", "select lo_create(0)", "explain analyze create table u as select 1",
        "select set_config('work_mem', '1MB', false)"}) {
    static_cast<void>(query_read_only(*session, sql, {}, {}, Deadline()));
    const auto failure = query_read_only(*session, "select writes()", {}, {}, Deadline());
    ASSERT_TRUE(failure) << sql;
    EXPECT_EQ(failure->error.code, Status::denied) << sql << failure->error.message;
    Collected got;
    EXPECT_FALSE(query_read_only(*session, "select current_setting('lock_timeout'), current_setting('transaction_read_only'), current_setting('jit')",
                                 {}, got.take, Deadline()));
    EXPECT_EQ(got.lines.at(0), "0: 200ms|on|off") << sql;
  }
  // Both at once, in one statement.
  EXPECT_TRUE(query_read_only(*session, "select set_config('transaction_read_only', 'off', true), writes()", {}, {}, Deadline()));
  session->reset_before_next();
  EXPECT_EQ(value(*session, "select 1"), "1");
  EXPECT_EQ(state(), before);
}

TEST_F(ReadOnly, Denial_NamesTheStatementAndWhatIsAllowed) {
  auto session = open();
  const auto failure = query_read_only(*session, "  lock table t", {}, {}, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::denied);
  EXPECT_EQ(failure->error.message, "LOCK is not allowed in a read-only session");
  EXPECT_NE(failure->error.hint.find("SELECT"), std::string::npos);
}

TEST_F(ReadOnly, EachQuery_SeesWhatWasCommittedBeforeIt) {
  auto session = open();
  Collected got;
  EXPECT_FALSE(query_read_only(*session, "select count(*) from t", {}, got.take, Deadline()));
  database.sql("insert into t values (3)");
  EXPECT_FALSE(query_read_only(*session, "select count(*) from t", {}, got.take, Deadline()));
  EXPECT_EQ(got.lines.at(0), "0: 2");
  EXPECT_EQ(got.lines.at(2), "0: 3");
}

TEST_F(ReadOnly, OpenTransactionOfAWriter_IsNotEnded) {
  auto session = open();
  ASSERT_FALSE(session->script("begin; insert into t values (3)", {}, Deadline()));
  const auto failure = query_read_only(*session, "select 1", {}, {}, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::denied);
  ASSERT_FALSE(session->script("commit", {}, Deadline()));
  EXPECT_EQ(database.value("select count(*) from t"), "3");
}

TEST_F(ReadOnly, WritingAfterReading_IsNotInTheReadersTransaction) {
  auto session = open();
  ASSERT_FALSE(query_read_only(*session, "select 1", {}, {}, Deadline()));
  ASSERT_FALSE(session->script("insert into t values (3)", {}, Deadline()));
  EXPECT_EQ(session->transaction(), TG_TXN_IDLE);
  EXPECT_EQ(database.value("select count(*) from t"), "3");
}

TEST_F(ReadOnly, LockedTable_IsGivenUpAfterTheLockTimeout) {
  auto other = database.connect();
  other.sql("begin; lock table t");
  auto session = open();
  const auto failure = query_read_only(*session, "select * from t", {}, {}, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::locked);
}

}  // namespace
}  // namespace tidegate::services::db
