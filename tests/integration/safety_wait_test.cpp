// SPDX-License-Identifier: Apache-2.0
// Other sessions in the way: who they are is said, what they wait for, and that the run goes on when they end.
#include "safety_scene.hpp"

namespace tidegate::test {
namespace {

class SafetyWait : public SafetyScene {
 protected:
  Connection another(const std::string& app = "shop") { return Connection(project.db.url() + "&application_name=" + app); }
  static std::string pid_of(const Connection& session) { return "pid " + std::to_string(session.pid()); }
  /// The session's state is older than some milliseconds, so that limits of 1ms are passed.
  void let_it_age(const Connection& session) {
    ASSERT_TRUE(project.db.eventually("select clock_timestamp() - state_change > interval '20ms' from pg_stat_activity where pid = " +
                                      std::to_string(session.pid())));
  }
};

TEST_F(SafetyWait, SessionIdleInTransactionWithALock_IsNamedAndNothingIsTouched) {
  then(kAlter);
  safety("conflicting_lock = { action = \"block\" }\nidle_in_transaction = { action = \"ignore\" }");
  auto other = another();
  other.sql("begin; update orders set amount = 2 /* key=geheim1 */ where amount::text <> 'geheim2'");
  ASSERT_TRUE(project.db.eventually("select clock_timestamp() - xact_start > interval '300ms' from pg_stat_activity where pid = " +
                                    std::to_string(other.pid())));
  const auto before = project.snapshot();
  const auto done = tidegate({"run", "--json"});
  EXPECT_CODE(done, 3);
  EXPECT_DOES_NOT_SAY(done, "geheim");
  const auto finding = of_rule(last_event(parse_events(done.out)).at("findings").get<std::vector<Json>>(), "conflicting-lock");
  EXPECT_TRUE(says(finding, "AccessExclusiveLock on orders")) << finding;
  EXPECT_TRUE(says(finding, "RowExclusiveLock of " + pid_of(other) + " (shop, postgres, idle in transaction")) << finding;
  EXPECT_TRUE(says(finding, "update orders set amount = 2 where amount::text <> '…'")) << finding;
  EXPECT_EQ(finding["where"]["line"], 1);
  ASSERT_EQ(finding["blockers"].size(), 1U);
  EXPECT_EQ(project.snapshot(), before);
}

TEST_F(SafetyWait, BlockerThatEnds_LetsTheRunGoOnAndItHoldsNoTransactionMeanwhile) {
  then(kAlter);
  safety("poll = \"100ms\"\nidle_in_transaction = { action = \"ignore\" }\nconflicting_lock = { after = 0 }");
  auto other = another();
  other.sql("begin; lock table orders in access share mode");
  Process host(command({"run"}));
  const auto line = host.wait_for_line(pid_of(other));
  ASSERT_TRUE(line) << all_output(host.wait());
  // A wait that held a snapshot would hold this up for ever.
  other.sql("commit; begin; lock table orders in access share mode");
  EXPECT_TRUE(
      project.db.eventually("select count(*) = 1 from pg_stat_activity where application_name like 'tidegate %' and state = 'idle' and "
                            "datname = current_database()"));
  auto third = project.db.connect();
  third.sql("create table bystander (id int)");
  third.sql("set statement_timeout = '60s'");
  EXPECT_TRUE(project.applied().size() == 1U);
  other.sql("commit");
  third.sql("create index concurrently on bystander (id)");
  const auto done = host.wait();
  EXPECT_CODE(done, 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(SafetyWait, BlockerThatStays_Is3AtTheEndAndNamed) {
  then(kAlter);
  safety("poll = \"50ms\"\nmax_wait = \"300ms\"\nidle_in_transaction = { action = \"ignore\" }\nconflicting_lock = { after = 0 }");
  auto other = another();
  other.sql("begin; lock table orders in access share mode");
  const auto done = tidegate({"run", "--json"});
  EXPECT_CODE(done, 3);
  const auto events = parse_events(done.out);
  const auto waits = of_type(events, "waiting");
  ASSERT_FALSE(waits.empty());
  EXPECT_EQ(waits.front()["for"], "check");
  EXPECT_EQ(waits.front()["stage"], "safety");
  EXPECT_EQ(waits.front()["rules"], Json::array({"conflicting-lock"}));
  EXPECT_NE(waits.front()["blockers"][0].get<std::string>().find(pid_of(other)), std::string::npos);
  const auto finding = of_rule(last_event(events).at("findings").get<std::vector<Json>>(), "conflicting-lock");
  EXPECT_EQ(finding["verdict"], "block");
  EXPECT_TRUE(says(finding, pid_of(other)));
  EXPECT_TRUE(says(finding, "(waited 300ms for it to end)")) << finding;
  EXPECT_EQ(last_event(events)["outcome"], "blocked");
}

TEST_F(SafetyWait, StagesTimeout_EndsTheWaitAsABlockNotAsAFailedCall) {
  then(kAlter);
  safety("poll = \"50ms\"\nidle_in_transaction = { action = \"ignore\" }\nconflicting_lock = { after = 0 }", "timeout = \"2s\"\n");
  auto other = another();
  other.sql("begin; lock table orders in access share mode");
  const auto found = findings(3);
  EXPECT_TRUE(says(of_rule(found, "conflicting-lock"), pid_of(other)));
  EXPECT_EQ(found.size(), 1U) << Json(found).dump(1);
}

TEST_F(SafetyWait, DryRun_SaysWhatWouldBeWaitedFor) {
  then(kAlter);
  safety("idle_in_transaction = { action = \"ignore\" }\nconflicting_lock = { after = 0 }");
  auto other = another();
  other.sql("begin; lock table orders in access share mode");
  const auto finding = of_rule(would_find(), "conflicting-lock");
  EXPECT_EQ(finding["verdict"], "warn");
  EXPECT_TRUE(says(finding, "a run would wait"));
}

TEST_F(SafetyWait, IdleAndLongTransactions_AreFoundWhereverTheyAre) {
  then(kAlter);
  safety(
      "idle_in_transaction = { action = \"block\", after = \"1ms\" }\nlong_transaction = { action = \"block\", after = \"1ms\", scope = "
      "\"database\" }");
  auto other = another();
  other.sql("begin; select 1");
  let_it_age(other);
  const auto found = findings(3);
  EXPECT_TRUE(says(of_rule(found, "idle-in-transaction"), pid_of(other)));
  EXPECT_TRUE(says(of_rule(found, "long-transaction"), pid_of(other)));
  safety("idle_in_transaction = { action = \"ignore\" }\nlong_transaction = { action = \"block\", warn_after = \"1ms\", after = \"1ms\" }");
  EXPECT_EQ(of_rule(would_find(), "long-transaction")["verdict"], "warn") << "it is not in the way";
}

TEST_F(SafetyWait, OldTransaction_IsInTheWayOfConcurrently) {
  then("CREATE INDEX CONCURRENTLY orders_amount ON orders (amount);\n");
  safety("idle_in_transaction = { action = \"ignore\" }\nlong_transaction = { action = \"block\", after = \"1ms\" }");
  auto other = another();
  other.sql("begin isolation level repeatable read; select 1");
  let_it_age(other);
  EXPECT_TRUE(says(of_rule(findings(3), "long-transaction"), "CONCURRENTLY"));
}

TEST_F(SafetyWait, SessionsThatWaitAlready_AreNamedWithWhomTheyWaitFor) {
  then(kAlter);
  safety(
      "lock_waiters = { action = \"block\" }\nconflicting_lock = { action = \"ignore\" }\nidle_in_transaction = { action = \"ignore\" }");
  auto holder = another();
  holder.sql("begin; lock table orders in access exclusive mode");
  auto waiter = another("report");
  waiter.send("select * from orders");
  ASSERT_TRUE(
      project.db.eventually("select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"));
  const auto finding = of_rule(findings(3), "lock-waiters");
  EXPECT_TRUE(says(finding, pid_of(waiter) + " (report")) << finding;
  EXPECT_TRUE(says(finding, "waits for " + pid_of(holder))) << finding;
  holder.sql("rollback");
  EXPECT_EQ(waiter.finish(), "");
}

TEST_F(SafetyWait, ActiveSessions_AboveTheLimitWithoutTidegatesOwn) {
  then(kAlter);
  safety("max_active_connections = 0\nactive_connections = { action = \"block\" }");
  EXPECT_TRUE(findings(0, {"--dry-run"}).empty()) << "its own session does not count";
  auto ours = another("tidegate%2020261125T1-abc");
  ours.send("select pg_sleep(600)");
  auto busy = another();
  busy.send("select pg_sleep(600)");
  ASSERT_TRUE(project.db.eventually(
      "select count(*) = 2 from pg_stat_activity where query like '%pg_sleep(600)' and state = 'active' and datname = current_database()"));
  const auto finding = of_rule(findings(3), "active-connections");
  ASSERT_EQ(finding["blockers"].size(), 1U) << finding;
  EXPECT_NE(finding["blockers"][0].get<std::string>().find(pid_of(busy)), std::string::npos);
  safety("max_active_connections = 1\nactive_connections = { action = \"block\" }");
  EXPECT_TRUE(would_find().empty());
  project.db.sql("select pg_terminate_backend(" + std::to_string(busy.pid()) + "), pg_terminate_backend(" + std::to_string(ours.pid()) +
                 ")");
}

TEST_F(SafetyWait, IndexBuildUnderWay_IsMaintenance) {
  then(kAlter);
  safety(
      "maintenance_running = { action = \"block\" }\nconflicting_lock = { action = \"ignore\" }\nidle_in_transaction = { action = "
      "\"ignore\" }");
  auto old = another();
  old.sql("begin; update orders set amount = 3");
  auto builder = another("builder");
  builder.send("create index concurrently building on orders (amount)");
  ASSERT_TRUE(project.db.eventually(
      "select count(*) = 1 from pg_stat_progress_create_index where datname = current_database() and lockers_total > 0"));
  EXPECT_TRUE(says(of_rule(findings(3), "maintenance-running"), "(builder"));
  old.sql("rollback");
  EXPECT_EQ(builder.finish(), "");
}

TEST_F(SafetyWait, OtherToolWithTheFormatsLock_IsSaidAndLeftToTheHost) {
  then(kAlter);
  auto prisma = another("prisma_migrate");
  prisma.sql("select pg_advisory_lock(72707369)");
  const auto finding = of_rule(would_find(), "other-deployment");
  EXPECT_EQ(finding["verdict"], "warn");
  EXPECT_TRUE(says(finding, pid_of(prisma) + " (prisma_migrate"));
}

TEST_F(SafetyWait, RoleThatSeesNothing_CouldNotRunIsNotFine) {
  then(kAlter);
  const auto role = project.db.name() + "_blind";
  project.db.sql("create role " + role + " login; alter table orders owner to " + role + "; grant all on _prisma_migrations to " + role);
  auto busy = another();
  busy.send("select pg_sleep(600)");
  ASSERT_TRUE(project.db.eventually(
      "select count(*) = 1 from pg_stat_activity where query like '%pg_sleep(600)' and state = 'active' and datname = current_database()"));
  url_ = project.db.url(role);
  safety("max_active_connections = 0\nactive_connections = { action = \"block\" }");
  const auto finding = of_rule(would_find(), "check-could-not-run");
  EXPECT_EQ(finding["verdict"], "warn");
  EXPECT_TRUE(says(finding, "active-connections")) << finding;
  EXPECT_TRUE(says(finding, "cannot be seen by " + role)) << finding;
  EXPECT_EQ(finding["fix"], "GRANT pg_read_all_stats TO " + role);
  project.db.sql("grant pg_read_all_stats to " + role);
  EXPECT_EQ(of_rule(would_find(3), "active-connections")["verdict"], "block");
  project.db.sql("select pg_terminate_backend(" + std::to_string(busy.pid()) + "); alter table orders owner to postgres; drop owned by " +
                 role + "; drop role " + role);
}

TEST_F(SafetyWait, ViewThatWasRevoked_CostsOnlyItsOwnChecks) {
  then(kAlter);
  const auto role = project.db.name() + "_poor";
  project.db.sql(
      "create role " + role + " login; alter table orders owner to " + role + "; grant all on _prisma_migrations to " + role +
      "; revoke select on pg_replication_slots from public; alter table orders add constraint positive check (amount > 0) not valid");
  url_ = project.db.url(role);
  const auto found = would_find();
  EXPECT_TRUE(says(of_rule(found, "check-could-not-run"),
                   "replication-slot, xmin-horizon: replication slots could not be looked at: permission denied"))
      << Json(found).dump(1);
  EXPECT_EQ(of_rule(found, "unvalidated-constraint")["verdict"], "warn") << "the others are made";
  project.db.sql("alter table orders owner to postgres; drop owned by " + role + "; drop role " + role);
}

}  // namespace
}  // namespace tidegate::test
