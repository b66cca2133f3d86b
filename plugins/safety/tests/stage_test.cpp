// SPDX-License-Identifier: Apache-2.0
//
// The stage against a host that answers as told.
#include <gtest/gtest.h>

#include <tidegate/extensions.hpp>
#include <tidegate/testing.hpp>

namespace {

using namespace tidegate::sdk;
using namespace tidegate::sdk::testing;

class Safety : public ::testing::Test {
 protected:
  Outcome run() {
    Driver driver(tidegate_plugin_v1, host, "safety");
    return driver.run();
  }
  FakeHost host;
};

TEST_F(Safety, NothingPending_PassesWithoutADatabase) {
  host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":[],"failed":[]})");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error.message;
  EXPECT_EQ(host.published().at("pending"), "[]");
  EXPECT_EQ(host.db().opened(), 0U);
  ASSERT_EQ(host.asked().size(), 1U) << "the plan is not asked for";
  EXPECT_EQ(host.asked().front().arguments_json, TG_HISTORY_WITHOUT_ROWS);
}

TEST_F(Safety, FailedMigrationInTheHistory_IsLeftToTheHostThatRefusesItUnderTheLock) {
  host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["2_b"],"failed":[{"name":"1_a"}]})");
  EXPECT_EQ(run().verdict, Verdict::skipped);
  EXPECT_EQ(host.asked().size(), 1U);
}

TEST_F(Safety, PlanThatCannotBeMade_IsTheCallsFailure) {
  host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["1_a"],"failed":[]})");
  host.on_ask(TG_PLAN, TG_PLAN_PENDING).fails(Status::config, "migration 1_a has no migration.sql");
  const auto outcome = run();
  EXPECT_EQ(outcome.status, Status::config);
  EXPECT_EQ(outcome.error.message, "migration 1_a has no migration.sql");
}

TEST_F(Safety, AnswerThatIsNoPlan_NamesWhoseMistakeItIs) {
  host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["1_a"],"failed":[]})");
  host.on_ask(TG_PLAN, TG_PLAN_PENDING).answers("[]");
  EXPECT_NE(run().error.message.find("tidegate.plan/1"), std::string::npos);
}

constexpr const char* kServer = R"({"in_recovery":false,"read_only":false,"version":150018,"pid":4711,"role":"deploy"})";
constexpr const char* kIdle =
    R"({"pid":7,"user":"alice","app":"shop","type":"client backend","state":"idle in transaction","state_ms":9000,"xact_ms":9000,"query":"SELECT 'x'"})";

/// Something is pending, and the server answers.
class SafetyLive : public Safety {
 protected:
  SafetyLive() {
    host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["1_a"],"failed":[]})");
    host.on_ask(TG_PLAN, TG_PLAN_PENDING)
        .answers(
            R"({"migrations":[{"name":"1_a","file":"m/1_a/migration.sql","statements":[{"sql":"ALTER TABLE orders ADD a int","line":3}]}]})");
    host.on_ask(TG_HISTORY, TG_HISTORY_LOCK_KEY).answers(R"({"key":72707369})");
    // The rules about the SQL itself have tests of their own.
    host.db().on("with recursive\nasked").rows({"catalog"}, {{"{}"}});
    host.set("policy.0.rules", {"*"}).set("policy.0.level", "allow");
    host.set("max_wait", 10'000).set("poll", 1'000).set("idle_in_transaction.action", "wait").set("idle_in_transaction.after", 5'000);
  }
  DbAnswer& answers(std::vector<DbAnswer::Cells> rows) { return host.db().on("UNION ALL").rows({"part", "row"}, std::move(rows)); }
};

TEST_F(SafetyLive, QuietServer_PassesAndIsAskedOnce) {
  answers({{"server", kServer}});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error.message;
  EXPECT_TRUE(outcome.findings.empty());
  ASSERT_EQ(host.db().sent().size(), 2U) << "the catalog for the rules, and the server";
  EXPECT_NE(host.db().sent()[1].params[0]->find(R"("name":"orders")"), std::string::npos);
  EXPECT_EQ(host.db().sent()[1].params[1], "72707369");
  EXPECT_EQ(host.published().at("pending"), R"(["1_a"])");
  EXPECT_EQ(host.published().at("blockers"), "[]");
}

TEST_F(SafetyLive, BlockerThatEnds_IsWaitedForAndForgotten) {
  answers({{"server", kServer}, {"sessions", kIdle}}).times(2);
  answers({{"server", kServer}});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::pass);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(host.waits(), (std::vector<std::int64_t>{1'000, 1'000}));
  ASSERT_FALSE(host.events().empty());
  EXPECT_EQ(host.events().front().type, "waiting");
  EXPECT_NE(host.events().front().fields_json.find("pid 7 (shop, alice, idle in transaction"), std::string::npos);
  EXPECT_EQ(host.events().front().fields_json.find("'x'"), std::string::npos) << "other people's literals are not shown";
}

TEST_F(SafetyLive, BlockerThatStays_BlocksAtTheEndOfMaxWait) {
  answers({{"server", kServer}, {"sessions", kIdle}});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].rule, "idle-in-transaction");
  EXPECT_NE(outcome.findings[0].message.find("(waited 10s for it to end)"), std::string::npos) << outcome.findings[0].message;
  EXPECT_NE(outcome.findings[0].attributes_json.find(R"("severity":"deny")"), std::string::npos);
  EXPECT_NE(host.published().at("blockers").find("pid 7"), std::string::npos);
  EXPECT_EQ(host.waits().size(), 10U);
}

TEST_F(SafetyLive, EndOfTheStagesTime_BlocksToo) {
  host.set_remaining_ms(2'500);
  answers({{"server", kServer}, {"sessions", kIdle}});
  EXPECT_EQ(run().verdict, Verdict::block);
  EXPECT_EQ(host.waits(), (std::vector<std::int64_t>{1'000, 1'000, 500}));
}

TEST_F(SafetyLive, EndOfTheStagesTimeWhileItLooks_BlocksWithWhatItSawLast) {
  answers({{"server", kServer}, {"sessions", kIdle}}).once();
  DbError late;
  late.error = Error{Status::deadline, "out of time: the statement was cancelled"};
  host.db().on("UNION ALL").fails(late);
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block) << outcome.error.message;
  EXPECT_TRUE(outcome.found("idle-in-transaction"));
}

TEST_F(SafetyLive, Interruption_IsNoVerdict) {
  host.cancel_at_wait(1);
  answers({{"server", kServer}, {"sessions", kIdle}});
  EXPECT_EQ(run().status, Status::cancelled);
}

TEST_F(SafetyLive, SomethingThatBlocks_IsNotWaitedWith) {
  host.set("in_recovery.action", "block");
  answers({{"server", R"({"in_recovery":true,"version":150018,"pid":4711})"}, {"sessions", kIdle}});
  EXPECT_EQ(run().verdict, Verdict::block);
  EXPECT_TRUE(host.waits().empty());
}

TEST_F(SafetyLive, DryRun_WarnsOfWhatWouldBeWaitedFor) {
  answers({{"server", kServer}, {"sessions", kIdle}});
  Driver driver(tidegate_plugin_v1, host, "safety");
  RunOptions options;
  options.dry = true;
  const auto outcome = driver.run(options);
  EXPECT_EQ(outcome.verdict, Verdict::warn);
  EXPECT_TRUE(host.waits().empty());
}

TEST_F(SafetyLive, WholeThatIsRefused_IsAskedPartByPart) {
  host.set("replication_slot.action", "block");
  host.db().on("UNION ALL\nSELECT 'sessions'").fails("42501", "permission denied for view pg_replication_slots");
  host.db().on("pg_replication_slots s").fails("42501", "permission denied for view pg_replication_slots");
  host.db().on("SELECT 'server'").rows({"part", "row"}, {{"server", kServer}});
  host.db().on("SELECT 'sessions'").rows({"part", "row"}, {});
  host.db().accept_anything();
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::warn) << outcome.error.message;
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].rule, "check-could-not-run");
}

TEST_F(SafetyLive, TableTooLockedForTheRules_IsWaitedForFirst) {
  FakeHost locked;
  locked.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["1_a"],"failed":[]})");
  locked.on_ask(TG_PLAN, TG_PLAN_PENDING)
      .answers(R"({"migrations":[{"name":"1_a","statements":[{"sql":"ALTER TABLE orders ADD a int","line":3}]}]})");
  locked.set("policy.0.rules", {"*"}).set("policy.0.level", "allow").set("max_wait", 10'000).set("poll", 1'000);
  locked.set("idle_in_transaction.action", "wait").set("idle_in_transaction.after", 5'000);
  locked.db().on("with recursive\nasked").fails("55P03", "canceling statement due to lock timeout").once();
  locked.db().on("with recursive\nasked").rows({"catalog"}, {{"{}"}});
  locked.db().on("UNION ALL").rows({"part", "row"}, {{"server", kServer}, {"sessions", kIdle}}).once();
  locked.db().on("UNION ALL").rows({"part", "row"}, {{"server", kServer}});
  Driver driver(tidegate_plugin_v1, locked, "safety");
  const auto outcome = driver.run();
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error.message;
  EXPECT_EQ(locked.waits().size(), 1U);
}

/// The rules' question meets a lock `times` times; the live checks see nobody.
void lock_at_times(FakeHost& host, int times) {
  host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["1_a"],"failed":[]})");
  host.on_ask(TG_PLAN, TG_PLAN_PENDING)
      .answers(R"({"migrations":[{"name":"1_a","statements":[{"sql":"ALTER TABLE orders ADD a int","line":3}]}]})");
  host.set("policy.0.rules", {"*"}).set("policy.0.level", "allow");
  for (int i = 0; i < times; ++i) host.db().on("with recursive\nasked").fails("55P03", "canceling statement due to lock timeout").once();
  host.db().on("with recursive\nasked").rows({"catalog"}, {{"{}"}});
  host.db().on("UNION ALL").rows({"part", "row"}, {{"server", kServer}});
}

TEST_F(SafetyLive, TableLockedAtTimesByAChangeThatIsTriedAgain_IsAskedForAgain) {
  FakeHost locked;
  lock_at_times(locked, 4);
  Driver driver(tidegate_plugin_v1, locked, "safety");
  const auto outcome = driver.run();
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error.message;
  EXPECT_EQ(locked.waits().size(), 3U) << "one try before the live checks, one right after them, and each other after a pause";
}

TEST_F(SafetyLive, TableLockedForGoodByNobodyThatIsSeen_ClosesTheGate) {
  FakeHost locked;
  lock_at_times(locked, 100);
  Driver driver(tidegate_plugin_v1, locked, "safety");
  EXPECT_EQ(driver.run().status, Status::locked);
}

TEST_F(SafetyLive, LockTakenWhileTheServerIsLookedAt_IsAskedForAgain) {
  host.db().on("UNION ALL").fails("55P03", "canceling statement due to lock timeout").once();
  answers({{"server", kServer}});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error.message;
  EXPECT_TRUE(outcome.findings.empty()) << "nothing could not run";
}

TEST_F(SafetyLive, ConnectionThatIsLost_IsTheCallsFailure) {
  host.db().on("UNION ALL").fails("08006", "the connection was lost");
  EXPECT_EQ(run().status, Status::unavailable);
}

}  // namespace
