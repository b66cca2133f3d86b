// SPDX-License-Identifier: Apache-2.0
//
// The stage against a host and a database that answer as told.
#include <gtest/gtest.h>

#include <tidegate/extensions.hpp>
#include <tidegate/testing.hpp>

namespace {

using namespace tidegate::sdk;
using namespace tidegate::sdk::testing;

constexpr const char* kCombined = "UNION ALL";
constexpr const char* kAnyInvalid = "SELECT CASE WHEN EXISTS";
constexpr const char* kIndexes = "pg_stat_progress_create_index";

class Health : public ::testing::Test {
 protected:
  Outcome run() {
    Driver driver(tidegate_plugin_v1, host, "health");
    return driver.run();
  }
  const Finding& only(const Outcome& outcome) {
    EXPECT_EQ(outcome.findings.size(), 1U);
    static const Finding none;
    return outcome.findings.empty() ? none : outcome.findings.front();
  }
  FakeHost host;
};

TEST_F(Health, EverythingWell_PassesInOneQueryOnAFreshConnection) {
  host.set("tables", {"Order", "billing.Invoice"}).set("invalid_indexes", true);
  host.db().on(kCombined).rows({"case"}, {{std::nullopt}, {"1"}, {std::nullopt}});
  host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":[],"failed":[]})");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error.message;
  EXPECT_EQ(host.db().sent().size(), 1U);
  EXPECT_EQ(host.db().last_flags(), std::uint32_t{TG_DB_FRESH});
  EXPECT_NE(host.log_text().find("2 tables"), std::string::npos);
}

TEST_F(Health, TableOfOtherCapitals_IsMissingAndTheRightNameIsSaid) {
  host.set("tables", {"order", "Customer"}).set("invalid_indexes", true);
  host.db().on(kCombined).fails("42P01", "relation \"order\" does not exist");
  host.db().on(R"(FROM "order" LIMIT)").fails("42P01", "relation \"order\" does not exist");
  host.db().on(R"(FROM "Customer" LIMIT)").rows({"?column?"}, {});
  host.db().on("lower(c.relname)").rows({"name"}, {{"public.Order"}});
  host.db().on(kIndexes).rows({"a", "b", "c", "d"}, {});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  EXPECT_EQ(only(outcome).rule, "table-missing");
  EXPECT_NE(only(outcome).message.find("order"), std::string::npos);
  EXPECT_NE(only(outcome).fix.find("public.Order"), std::string::npos);
}

TEST_F(Health, TableWithoutTheRight_IsNotReadable) {
  host.set("tables", {"Order"}).set("invalid_indexes", false);
  host.db().on("(SELECT 1 FROM \"Order\"").fails("42501", "permission denied for table Order");
  host.db().on("SELECT 1 FROM \"Order\"").fails("42501", "permission denied for table Order");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  EXPECT_EQ(only(outcome).rule, "table-not-readable");
  EXPECT_NE(only(outcome).fix.find("SELECT"), std::string::npos);
}

TEST_F(Health, LockedTable_IsACheckThatCouldNotRun) {
  host.set("tables", {"Order"});
  host.db().on(kCombined).fails("55P03", "canceling statement due to lock timeout");
  const auto outcome = run();
  EXPECT_EQ(outcome.status, Status::locked);
  EXPECT_TRUE(outcome.findings.empty());
}

TEST_F(Health, NoConnection_IsACheckThatCouldNotRun) {
  host.db().refuse_connections(Error{Status::unavailable, "nobody there"});
  EXPECT_EQ(run().status, Status::unavailable);
}

TEST_F(Health, InvalidIndex_BlocksWithTheWayOut) {
  host.db().on(kAnyInvalid).rows({"case"}, {{"invalid"}});
  host.db().on(kIndexes).rows({"schema", "index", "table", "state"}, {{"public", "Order_idx", "Order", "invalid"}});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  EXPECT_EQ(only(outcome).rule, "index-invalid");
  EXPECT_NE(only(outcome).fix.find(R"(REINDEX INDEX CONCURRENTLY "public"."Order_idx")"), std::string::npos);
}

TEST_F(Health, IndexThatSomebodyBuildsNow_IsAWarning) {
  host.db().on(kAnyInvalid).rows({"case"}, {{"invalid"}});
  host.db().on(kIndexes).rows({"schema", "index", "table", "state"}, {{"public", "i", "t", "building"}});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::warn);
  EXPECT_TRUE(outcome.found("index-invalid"));
}

TEST_F(Health, HistoryWithPendingAndFailed_Blocks) {
  host.db().on(kAnyInvalid).rows({"case"}, {{std::nullopt}});
  host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["3_c"],"failed":["2_b"]})");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  ASSERT_EQ(outcome.findings.size(), 2U);
  EXPECT_EQ(outcome.findings[0].rule, "history-incomplete");
  EXPECT_NE(outcome.findings[0].message.find("2_b"), std::string::npos);
  EXPECT_NE(outcome.findings[1].message.find("3_c"), std::string::npos);
}

TEST_F(Health, NoStageWithAHistory_IsNoFinding) {
  host.db().on(kAnyInvalid).rows({"case"}, {{std::nullopt}});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::pass);
  EXPECT_EQ(host.asked().size(), 1U);
}

TEST_F(Health, HistoryThatCannotBeRead_IsACheckThatCouldNotRun) {
  host.db().on(kAnyInvalid).rows({"case"}, {{std::nullopt}});
  host.on_ask(TG_HISTORY, TG_HISTORY_LIST).fails(Status::unavailable, "connection lost");
  EXPECT_EQ(run().status, Status::unavailable);
}

TEST_F(Health, SwitchedOffChecks_AreNotAsked) {
  host.set("invalid_indexes", false).set("history", false);
  host.db().on("SELECT 1").rows({"?column?"}, {{"1"}});
  EXPECT_EQ(run().verdict, Verdict::pass);
  EXPECT_TRUE(host.asked().empty());
  EXPECT_FALSE(host.db().was_sent(kIndexes));
}

class Assertion : public Health {
 protected:
  void SetUp() override {
    host.set("invalid_indexes", false).set("history", false);
    host.set("assert.0.sql", "SELECT count(*) > 0 FROM plan").set("assert.0.name", "plans");
    host.db().on("FROM plan").rows({"?column?"}, {{value}});
    host.db().on("SELECT 1").rows({"?column?"}, {{"1"}});
  }
  std::optional<std::string> value = "t";
};

TEST_F(Assertion, True_Passes) {
  EXPECT_EQ(run().verdict, Verdict::pass);
}

TEST_F(Assertion, False_BlocksAndSaysWhichAndWhat) {
  FakeHost other;
  other.set("invalid_indexes", false).set("history", false);
  other.set("assert.0.sql", "SELECT n FROM plan").set("assert.0.name", "plans").set("assert.0.expect", "3");
  other.db().on("FROM plan").rows({"n"}, {{"2"}});
  other.db().on("SELECT 1").rows({"?column?"}, {{"1"}});
  Driver driver(tidegate_plugin_v1, other, "health");
  const auto outcome = driver.run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  EXPECT_EQ(only(outcome).rule, "assertion-failed");
  EXPECT_EQ(only(outcome).message, "the assertion 'plans' gave '2'; '3' is expected");
}

TEST_F(Assertion, SeveralOfThem_AreAllReported) {
  host.set("assert.1.sql", "SELECT NULL FROM a").set("assert.2.sql", "SELECT t FROM b").set("assert.3.sql", "SELECT nowhere");
  host.db().on("FROM a").rows({"?column?"}, {{std::nullopt}});
  host.db().on("FROM b").rows({"t"}, {{"t"}, {"t"}});
  host.db().on("nowhere").fails("42703", "column \"nowhere\" does not exist");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  ASSERT_EQ(outcome.findings.size(), 3U);
  EXPECT_NE(outcome.findings[0].message.find("gave NULL"), std::string::npos);
  EXPECT_NE(outcome.findings[1].message.find("gave 2 rows"), std::string::npos);
  EXPECT_NE(outcome.findings[2].message.find("column \"nowhere\" does not exist"), std::string::npos);
}

TEST_F(Assertion, LockTimeout_IsACheckThatCouldNotRun) {
  host.set("assert.1.sql", "SELECT t FROM locked");
  host.db().on("FROM locked").fails("55P03", "lock timeout");
  EXPECT_EQ(run().status, Status::locked);
}

TEST_F(Health, WrongTableName_IsFoundBeforeAnyConnection) {
  host.set("tables", {"a.b.c"});
  Driver driver(tidegate_plugin_v1, host, "health");
  EXPECT_EQ(driver.validate().status, Status::config);
  EXPECT_EQ(host.db().opened(), 0U);
}

}  // namespace
