// SPDX-License-Identifier: Apache-2.0
#include <tidegate/services.hpp>

#include "db_fixture.hpp"
#include "services/db/hub.hpp"
#include "services/host.hpp"
#include "support/wire_proxy.hpp"

namespace tidegate::services {
namespace {

using namespace std::chrono_literals;
using base::Status;

struct QuietSink : Sink {
  void log(const std::string&, int, std::string_view) override {}
  void progress(const std::string&, std::uint64_t, std::uint64_t, std::string_view) override {}
  void emit(const std::string&, std::string_view, std::string_view) override {}
  void changing(const std::string&) override {}
  void waiting(const std::string& stage, std::chrono::milliseconds, std::string_view blockers) override {
    waits.push_back(stage + ": " + std::string(blockers));
    if (on_waiting) on_waiting();
  }
  std::function<void()> on_waiting;
  std::vector<std::string> waits;
};

class DbService : public ::testing::Test {
 protected:
  explicit DbService() = default;
  void use(const std::string& url) {
    db::Hub::Options options;
    options.application_name = "tidegate";
    options.on_warning = [this](const std::string& text) { warnings.push_back(text); };
    hub = std::make_unique<db::Hub>(
        redactor, interruption, [url](std::string_view) { return base::Result<std::string>(url); }, options);
    shared = std::make_unique<Shared>(Shared{redactor, context, sink, interruption, *hub, {}, {}});
    stage_type.required_services = {TG_CONTROL, TG_DB};
    host = std::make_unique<Host>(*shared, "apply", stage_type, base::Value(base::Table{}), std::vector<std::string>{TG_CONTROL, TG_DB});
    host->call = {Access::write, base::Deadline::in(60s)};
  }
  sdk::Db open(std::uint32_t flags = 0) {
    auto opened = sdk::Host(host.get()).db("main", flags);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

  test::TestDatabase database;
  base::Redactor redactor;
  Interruption interruption;
  ContextStore context;
  QuietSink sink;
  manifest::StageType stage_type;
  std::unique_ptr<db::Hub> hub;
  std::unique_ptr<Shared> shared;
  std::unique_ptr<Host> host;
  std::vector<std::string> warnings;
};

TEST_F(DbService, StagesInTurn_UseOneConnectionAndOneRoundTripEach) {
  test::WireProxy proxy;
  use(proxy.url(database.name()));
  for (const auto access : {Access::write, Access::read, Access::read, Access::write}) {
    hub->next_stage();
    host->call.access = access;
    auto session = open();
    ASSERT_TRUE(session.query("select 1").ok());
  }
  EXPECT_EQ(proxy.counts().connections, 1);
  EXPECT_EQ(proxy.counts().round_trips(), 4);
  EXPECT_EQ(hub->connections_opened(), 1);
}

TEST_F(DbService, ReadingCall_CannotWrite) {
  use(database.url());
  host->call.access = Access::read;
  auto session = open();
  EXPECT_EQ(session.script("create table t (a int)").error().code, Status::denied);
  EXPECT_EQ(session.query("create table t (a int)").error().code, Status::denied);
  host->call.access = Access::write;  // the handle was opened for reading
  EXPECT_EQ(session.script("create table t (a int)").error().code, Status::denied);
  auto writer = open();
  host->call.access = Access::read;  // a question to a stage that writes otherwise
  EXPECT_EQ(writer.script("create table t (a int)").error().code, Status::denied);
  host->call.access = Access::none;
  EXPECT_EQ(writer.query("select 1").error().code, Status::denied);
  EXPECT_FALSE(sdk::Host(host.get()).db().ok());
  EXPECT_EQ(database.value("select count(*) from pg_tables where schemaname = 'public'"), "0");
}

TEST_F(DbService, ReadingCallThatWaits_HoldsNoSnapshotMeanwhile) {
  use(database.url());
  host->call.access = Access::read;
  auto session = open();
  ASSERT_TRUE(session.query("select 1").ok());
  const auto state = "select state from pg_stat_activity where pid = " + std::to_string(session.backend_pid());
  ASSERT_EQ(database.value(state), "idle in transaction");
  EXPECT_FALSE(sdk::Host(host.get()).wait_ms(1));
  EXPECT_TRUE(database.eventually("select state = 'idle' from pg_stat_activity where pid = " + std::to_string(session.backend_pid())));
  EXPECT_TRUE(session.query("select 1").ok());
}

TEST_F(DbService, Fresh_IsAConnectionOfItsOwnOnlyOnceSomethingChanged) {
  use(database.url());
  auto main = open();
  EXPECT_EQ(open(TG_DB_FRESH).backend_pid(), main.backend_pid());
  hub->mark_changed();
  EXPECT_NE(open(TG_DB_FRESH).backend_pid(), main.backend_pid());
  EXPECT_EQ(open().backend_pid(), main.backend_pid());
}

TEST_F(DbService, OtherConnection_IsNotForStagesThatWrite) {
  use(database.url());
  EXPECT_EQ(sdk::Host(host.get()).db("replica").error().code, Status::denied);
  host->call.access = Access::read;
  EXPECT_TRUE(sdk::Host(host.get()).db("replica").ok());
}

TEST_F(DbService, WaitingForALock_NamesTheBlockerInReportAndError) {
  use(database.url());
  database.sql("create table t (a int)");
  auto other = database.connect();
  other.sql("set application_name = 'shop backend'; begin; lock table t");
  auto session = open();
  // The lock is let go once the wait was reported, so that no limit has to be long enough for that.
  sink.on_waiting = [&] { other.sql("rollback"); };
  const auto failed = session.script("set lock_timeout = 0; do $$ begin alter table t add b int; raise lock_not_available; end $$");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Status::locked);
  const auto expected = "pid " + std::to_string(other.pid()) + " (shop backend, postgres, idle in transaction for ";
  EXPECT_TRUE(session.last_error().blockers.starts_with(expected)) << session.last_error().blockers;
  EXPECT_NE(session.last_error().blockers.find("lock table t"), std::string::npos) << session.last_error().blockers;
  ASSERT_FALSE(sink.waits.empty());
  EXPECT_TRUE(sink.waits[0].starts_with("apply: " + expected)) << sink.waits[0];
  EXPECT_EQ(hub->connections_opened(), 2);
}

TEST_F(DbService, LostConnection_HandleSaysSoAndTheNextOpenConnectsAnew) {
  use(database.url());
  auto session = open();
  database.sql("select pg_terminate_backend(" + std::to_string(session.backend_pid()) + ")");
  EXPECT_EQ(session.query("select 1").error().code, Status::unavailable);
  EXPECT_EQ(session.query("select 1").error().code, Status::unavailable);
  EXPECT_EQ(session.transaction(), TG_TXN_UNKNOWN);
  EXPECT_TRUE(hub->target_is_lost());
  auto again = open();
  EXPECT_TRUE(again.query("select 1").ok());
  EXPECT_FALSE(hub->target_is_lost()) << "it is there again";
}

TEST_F(DbService, SomethingElseThatTheServerCannotReach_IsNotTheTarget) {
  use(database.url());
  auto session = open();
  EXPECT_EQ(session.script("do $$ begin raise sqlstate '08001' using message = 'could not establish connection'; end $$").error().code,
            Status::unavailable);
  EXPECT_FALSE(hub->target_is_lost());
}

TEST_F(DbService, NoDatabaseToOpen_IsTheTargetUntilTheNextCall) {
  use("postgresql:///none?host=/nowhere/at/all");
  hub->begin_call();
  EXPECT_EQ(sdk::Host(host.get()).db("main").error().code, Status::unavailable);
  EXPECT_TRUE(hub->target_is_lost());
  hub->begin_call();
  EXPECT_TRUE(hub->target_is_lost()) << "a question inside the call is part of it";
  hub->end_call();
  hub->end_call();
  hub->begin_call();
  EXPECT_FALSE(hub->target_is_lost());
  hub->end_call();
}

TEST_F(DbService, PinnedMainIsLost_NothingConnectsAnewUntilUnpinned) {
  use(database.url());
  auto session = open();
  ASSERT_TRUE(session.query("select pg_advisory_lock(1)").ok());
  hub->pin_main();
  database.sql("select pg_terminate_backend(" + std::to_string(session.backend_pid()) + ")");
  EXPECT_EQ(session.query("select 1").error().code, Status::unavailable);
  const auto again = sdk::Host(host.get()).db("main");
  ASSERT_FALSE(again) << "a new connection would work without the lock";
  EXPECT_EQ(again.error().code, Status::unavailable);
  EXPECT_NE(again.error().message.find("lock"), std::string::npos);
  hub->unpin_main();
  EXPECT_TRUE(open().query("select 1").ok());
}

TEST_F(DbService, CallInsideACall_LeavesTheTransactionOfTheOuterOneWhole) {
  use(database.url());
  database.sql("create table t (a int)");
  hub->begin_call();
  auto session = open();
  ASSERT_TRUE(session.script("begin; insert into t values (1)").ok());
  hub->begin_call();
  hub->end_call();
  ASSERT_TRUE(session.script("commit").ok());
  hub->end_call();
  EXPECT_EQ(database.value("select count(*) from t"), "1");
}

TEST_F(DbService, Schema_IsTheUrlsOrTheFirstThatExists) {
  use(database.url());
  EXPECT_EQ(*open().schema(), "public");
  use(database.url() + "&schema=Not%20There");
  EXPECT_EQ(*open().schema(), "Not There");
  database.sql("create schema app");
  use(database.url() + "&currentSchema=nope,app");
  EXPECT_EQ(*open().schema(), "app");
}

TEST_F(DbService, WarningsOfTheUrl_AreGivenOnce) {
  use(database.url() + "&no_such=1&pgbouncer=true");
  open();
  hub->close_all();
  open();
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_NE(warnings[0].find("no_such"), std::string::npos);
  EXPECT_NE(warnings[1].find("pooler"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::services
