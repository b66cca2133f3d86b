// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <thread>

#include "db_fixture.hpp"
#include "services/db/session.hpp"
#include "support/wire_proxy.hpp"

namespace tidegate::services::db {
namespace {

using base::Deadline;
using base::Status;

class DbSession : public DbTest {};

TEST_F(DbSession, Script_GivesRowsAndEndsInOrderWithStatementIndexes) {
  auto session = open();
  Collected got;
  ASSERT_FALSE(session->script("create table t (a int, b text); insert into t values (1, null), (2, 'x'); select * from t order by a",
                               got.take, Deadline()));
  EXPECT_EQ(got.lines, (std::vector<std::string>{"0= CREATE TABLE -1", "1= INSERT 0 2 2", "2: 1|~", "2: 2|x", "2= SELECT 2 2"}));
}

TEST_F(DbSession, Query_TakesParametersAndNulls) {
  auto session = open();
  Collected got;
  ASSERT_FALSE(session->query("select $1::int + 1, $2::text, $3::text", {"41", std::nullopt, "it's"}, got.take, Deadline()));
  EXPECT_EQ(got.lines, (std::vector<std::string>{"0: 42|~|it's", "0= SELECT 1 1"}));
}

TEST_F(DbSession, ManyRows_AllArrive) {
  auto session = open();
  Collected got;
  ASSERT_FALSE(session->query("select repeat('x', 200) || i from generate_series(1, 1000) i", {}, got.take, Deadline()));
  EXPECT_EQ(got.lines.size(), 1001U);
}

TEST_F(DbSession, Settings_AreInForceFromTheFirstMessageOn) {
  for (const bool by_script : {true, false}) {
    auto session = open(database.url(), 345ms);
    Collected got;
    const auto sql =
        "select current_setting('lock_timeout'), current_setting('client_connection_check_interval'), current_setting('application_name')";
    ASSERT_FALSE(by_script ? session->script(sql, got.take, Deadline()) : session->query(sql, {}, got.take, Deadline()));
    EXPECT_EQ(got.lines.at(0), "0: 345ms|1s|tidegate test");
  }
}

TEST_F(DbSession, SettingsAndFirstMessage_AreOneRoundTrip) {
  test::WireProxy proxy;
  auto session = open(proxy.url(database.name()));
  EXPECT_EQ(value(*session, "show lock_timeout"), "200ms");
  EXPECT_EQ(proxy.counts().round_trips(), 1);
  session->reset_before_next();
  EXPECT_EQ(value(*session, "select 1"), "1");
  session->reset_before_next();
  ASSERT_FALSE(session->script("select 1; select 2", {}, Deadline()));
  EXPECT_EQ(proxy.counts().round_trips(), 3);
}

TEST_F(DbSession, FirstMessageFails_SettingsStayInForce) {
  auto session = open();
  EXPECT_TRUE(session->script("select 1; select 1/0", {}, Deadline()));
  EXPECT_EQ(value(*session, "show lock_timeout"), "200ms");
  auto other = open();
  EXPECT_TRUE(other->query("select 1/0", {}, {}, Deadline()));
  EXPECT_EQ(value(*other, "show lock_timeout"), "200ms");
}

TEST_F(DbSession, FirstMessageDoesNotParse_SettingsComeWithTheNext) {
  auto session = open();
  EXPECT_TRUE(session->script("selec 1", {}, Deadline()));
  EXPECT_EQ(value(*session, "show lock_timeout"), "200ms");
}

TEST_F(DbSession, StatementsThatMindCompany_WorkAsFirstMessage) {
  database.sql("create table t (a int); create procedure p() language plpgsql as 'begin commit; end'; create type mood as enum ('a')");
  for (const char* sql :
       {"create index concurrently on t (a)", "vacuum t", "call p()", "do $$ begin commit; end $$", "alter type mood add value 'b'"}) {
    auto session = open();
    const auto failure = session->script(sql, {}, Deadline());
    EXPECT_FALSE(failure) << sql << ": " << failure->error.message;
    auto second = open();
    const auto other = second->query("select 1", {}, {}, Deadline());
    EXPECT_FALSE(other);
    EXPECT_EQ(value(*session, "show lock_timeout"), "200ms");
  }
}

TEST_F(DbSession, ErrorInAScript_HasEveryFieldAndTheRightPosition) {
  auto session = open();
  Collected got;
  const std::string sql = "select 'häß–lich'; create table t (a int primary key); select nöpe from t; select 4";
  const auto failure = session->script(sql, got.take, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.sqlstate, "42703");
  EXPECT_EQ(failure->error.code, Status::failed);
  EXPECT_EQ(failure->position, 63U);  // characters, not bytes
  EXPECT_EQ(got.lines.size(), 3U);    // two statements were through
  EXPECT_EQ(got.lines.back(), "1= CREATE TABLE -1");
  EXPECT_EQ(session->transaction(), TG_TXN_IDLE);

  ASSERT_FALSE(session->script("create table u (a int constraint positive check (a > 0))", {}, Deadline()));
  const auto second = session->script("insert into u values (-5)", {}, Deadline());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->error.constraint, "positive");
  EXPECT_EQ(second->error.relation, "u");
  EXPECT_EQ(second->schema, "public");
  EXPECT_NE(second->error.detail.find("-5"), std::string::npos);
}

TEST_F(DbSession, Notices_ArePassedOnButNotThoseOfTheHostsOwnStatements) {
  auto session = open();
  ASSERT_FALSE(session->script(
      "do $$ begin raise warning 'careful'; end $$; create table if not exists t (a int); create table if not exists t (a int)", {},
      Deadline()));
  EXPECT_EQ(notices, (std::vector<std::string>{"WARNING careful", "NOTICE relation \"t\" already exists, skipping"}));
}

TEST_F(DbSession, Reset_UndoesWhatAStageLeftButKeepsAdvisoryLocks) {
  database.sql("create role " + database.name() + "_role; create schema other");
  auto session = open();
  const auto before = value(*session, "select current_user || current_setting('search_path') || current_setting('work_mem')");
  ASSERT_FALSE(
      session->script("select pg_advisory_lock(7); set search_path = other; set work_mem = '9MB'; set lock_timeout = 0; "
                      "create temp table left_over (a int); set role " +
                          database.name() + "_role; begin; select 1",
                      {}, Deadline()));
  EXPECT_EQ(session->transaction(), TG_TXN_OPEN);
  session->reset_before_next();
  EXPECT_EQ(value(*session, "select current_user || current_setting('search_path') || current_setting('work_mem')"), before);
  EXPECT_EQ(session->transaction(), TG_TXN_IDLE);
  EXPECT_EQ(value(*session, "select to_regclass('left_over') is null"), "t");
  EXPECT_EQ(value(*session, "show lock_timeout"), "200ms");
  EXPECT_EQ(database.value("select count(*) from pg_locks where locktype = 'advisory' and objid = 7 and pid = " +
                           std::to_string(session->backend_pid())),
            "1");
  session->close();
  EXPECT_TRUE(
      database.eventually("select count(*) = 0 from pg_stat_activity where usename = current_user and application_name = 'tidegate test'"));
  database.sql("drop role " + database.name() + "_role");
}

TEST_F(DbSession, SchemaInTheUrl_IsTheSearchPathCapitalsAndAll) {
  database.sql("create schema \"Acme Shop\"");
  auto session = open(database.url() + "&schema=Acme%20Shop");
  ASSERT_FALSE(session->script("create table t (a int)", {}, Deadline()));
  EXPECT_EQ(database.value("select count(*) from pg_tables where schemaname = 'Acme Shop' and tablename = 't'"), "1");
  session->reset_before_next();
  EXPECT_EQ(value(*session, "show search_path"), "\"Acme Shop\"");
}

TEST_F(DbSession, DeadlineOver_StatementIsCancelledAndTheSessionLives) {
  auto session = open();
  const auto failure = session->script("select pg_sleep(60)", {}, Deadline::in(100ms));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::deadline);
  EXPECT_EQ(failure->error.sqlstate, "57014");
  ASSERT_TRUE(session->alive());
  EXPECT_EQ(value(*session, "select 1"), "1");
  EXPECT_EQ(session->query("select 1", {}, {}, Deadline::in(0ms))->error.code, Status::deadline);
}

TEST_F(DbSession, Interrupted_StatementIsCancelledAtTheServer) {
  auto session = open();
  std::thread interrupter([&] {
    database.eventually(
        "select count(*) = 1 from pg_stat_activity where query like '%pg_sleep(61)%' and state = 'active' and pid <> pg_backend_pid()");
    interruption.trigger();
  });
  const auto failure = session->query("select pg_sleep(61)", {}, {}, Deadline());
  interrupter.join();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::cancelled);
  EXPECT_EQ(session->query("select 1", {}, {}, Deadline())->error.code, Status::cancelled);
  interruption.clear();
  EXPECT_EQ(value(*session, "select 1"), "1");
}

TEST_F(DbSession, BackendKilled_IsUnavailableAndSaysSo) {
  auto session = open();
  database.sql("select pg_terminate_backend(" + std::to_string(session->backend_pid()) + ")");
  const auto failure = session->query("select 1", {}, {}, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::unavailable);
  EXPECT_FALSE(session->alive());
  EXPECT_EQ(session->query("select 1", {}, {}, Deadline())->error.code, Status::unavailable);
}

TEST_F(DbSession, ConnectionCut_OutcomeIsUnknown) {
  test::WireProxy proxy;
  auto session = open(proxy.url(database.name()));
  proxy.cut_at(1, true);
  const auto failure = session->script("create table t (a int)", {}, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::unavailable);
  EXPECT_NE(failure->error.message.find("unknown"), std::string::npos) << failure->error.message;
}

TEST_F(DbSession, ServerFallsSilent_IsGivenUpWithOutcomeUnknown) {
  test::WireProxy proxy;
  auto session = open(proxy.url(database.name()));
  ASSERT_EQ(value(*session, "select 1"), "1");
  proxy.freeze();
  const auto failure = session->query("select 1", {}, {}, Deadline::in(50ms));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::deadline);
  EXPECT_NE(failure->error.message.find("unknown"), std::string::npos);
  EXPECT_FALSE(session->alive());
}

TEST_F(DbSession, BackendStopped_IsGivenUp) {
  auto session = open();
  ASSERT_EQ(value(*session, "select 1"), "1");
  const int pid = session->backend_pid();
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  const auto failure = session->query("select 1", {}, {}, Deadline::in(50ms));
  ::kill(pid, SIGCONT);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::deadline);
  EXPECT_FALSE(session->alive());
}

TEST_F(DbSession, TableLocked_IsLockedAfterTheLockTimeout) {
  database.sql("create table t (a int)");
  auto other = database.connect();
  other.sql("begin; lock table t");
  auto session = open();
  int reports = 0;
  session->on_waiting(50ms, [&](auto) { ++reports; });
  const auto failure = session->script("alter table t add b int", {}, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, Status::locked);
  EXPECT_GE(reports, 1);
}

TEST_F(DbSession, Copy_NeitherHangsNorBreaksTheSession) {
  database.sql("create table t (a text); insert into t select repeat('x', 1000) from generate_series(1, 5000)");
  auto session = open();
  Collected got;
  ASSERT_FALSE(session->script("copy t to stdout; select 1", got.take, Deadline()));
  EXPECT_EQ(got.lines.at(0), "0= COPY 5000 5000");
  const auto failure = session->script("copy t from stdin", {}, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->error.message.find("no input here"), std::string::npos) << failure->error.message;
  EXPECT_EQ(value(*session, "select count(*) from t"), "5000");
}

TEST_F(DbSession, Quoting_SurvivesEveryCharacter) {
  auto session = open();
  for (const std::string text : {"plain", "it's", "back\\slash", "\"q\"", "ü–"}) {
    EXPECT_EQ(value(*session, "select " + session->quote_literal(text)), text);
    EXPECT_EQ(value(*session, "select quote_ident(" + session->quote_literal(text + "A") +
                                  ") = " + session->quote_literal(session->quote_identifier(text + "A"))),
              "t");
  }
}

}  // namespace
}  // namespace tidegate::services::db
