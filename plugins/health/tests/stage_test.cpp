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

class Probes : public Health {
 protected:
  void SetUp() override {
    host.set("invalid_indexes", false).set("history", false);
    host.db().on("SELECT 1").rows({"?column?"}, {{"1"}});
    host.set("http.0.url", "https://shop.example/healthz?key=s3cret").set("http.0.status", 200).set("http.0.timeout", 3'000);
  }
  void expect_no_secret(const Outcome& outcome) const {
    std::string all = outcome.error.message + outcome.error.hint + host.log_text();
    for (const auto& finding : outcome.findings) all += finding.message + finding.fix;
    EXPECT_EQ(all.find("s3cret"), std::string::npos) << all;
  }
};

TEST_F(Probes, ApplicationThatAnswers_Passes) {
  host.set("http.0.headers.Authorization", "Bearer x");
  host.on_http("healthz").answers(200, "ok");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error.message;
  ASSERT_EQ(host.requests().size(), 1U);
  EXPECT_EQ(host.requests()[0].method, "GET");
  EXPECT_EQ(host.requests()[0].url, "https://shop.example/healthz?key=s3cret");
  EXPECT_EQ(host.requests()[0].timeout_ms, 3'000);
  EXPECT_EQ(host.requests()[0].headers, std::vector<std::string>{"Authorization: Bearer x"});
  EXPECT_NE(host.log_text().find("1 HTTP probe"), std::string::npos);
}

TEST_F(Probes, ApplicationThatIsNotThere_IsUnhealthyAndItsQueryIsNotTold) {
  host.on_http("healthz").fails(Status::unavailable, "the HTTP server could not be reached");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  EXPECT_EQ(only(outcome).rule, "http-unreachable");
  EXPECT_NE(only(outcome).message.find("https://shop.example/healthz"), std::string::npos);
  expect_no_secret(outcome);
}

TEST_F(Probes, QuestionThatCannotBePut_IsACheckThatCouldNotRun) {
  for (const auto status : {Status::deadline, Status::cancelled, Status::config, Status::internal}) {
    host.on_http("healthz").fails(status, "no").once();
    const auto outcome = run();
    EXPECT_EQ(outcome.status, status);
    expect_no_secret(outcome);
  }
}

TEST_F(Probes, AllOfThem_AreAskedAndReported) {
  host.set("http.1.url", "http://admin.example/").set("http.1.status", 401);
  host.set("http.1.json.0.pointer", "/status").set("http.1.json.0.equals", "locked");
  host.set("http.2.url", "http://api.example/").set("http.2.status", 200);
  host.set("http.2.version.header", "x-commit").set("http.2.version.equals", "abc");
  host.on_http("healthz").answers(500);
  host.on_http("admin").answers(401, R"({"status":"open"})");
  host.on_http("api").answers(200, "", {"X-Commit: old"});
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  EXPECT_TRUE(outcome.found("http-status"));
  EXPECT_TRUE(outcome.found("http-body"));
  EXPECT_TRUE(outcome.found("http-version"));
  expect_no_secret(outcome);
}

TEST_F(Probes, MistakesInTheirSettings_AreFoundBeforeTheRun) {
  const auto refused = [](FakeHost& fake) {
    Driver driver(tidegate_plugin_v1, fake, "health");
    return driver.validate();
  };
  FakeHost scheme, pointer, version;
  scheme.set("http.0.url", "shop.example/healthz?key=s3cret");
  pointer.set("http.0.url", "https://shop.example").set("http.0.json.0.pointer", "status").set("http.0.json.0.equals", "ok");
  version.set("http.0.url", "https://shop.example").set("http.0.version.equals", "abc");
  for (auto* fake : {&scheme, &pointer, &version}) {
    const auto outcome = refused(*fake);
    EXPECT_EQ(outcome.status, Status::config);
    EXPECT_NE(outcome.error.message.find("HTTP probe 1"), std::string::npos) << outcome.error.message;
    expect_no_secret(outcome);
  }
}

TEST_F(Probes, WithoutTheHttpService_AreRefusedBeforeTheRun) {
  host.deny(TG_HTTP);
  Driver driver(tidegate_plugin_v1, host, "health");
  EXPECT_EQ(driver.validate().status, Status::config);
}

TEST_F(Health, WithoutProbes_NeedsNoHttpService) {
  host.deny(TG_HTTP);
  host.db().on(kAnyInvalid).rows({"case"}, {{std::nullopt}});
  Driver driver(tidegate_plugin_v1, host, "health");
  EXPECT_TRUE(driver.validate().ok());
  EXPECT_EQ(driver.run().verdict, Verdict::pass);
}

class Soak : public Probes {
 protected:
  void SetUp() override {
    Probes::SetUp();
    host.set("for", 60'000).set("every", 5'000).set("failures", 2);
  }
};

TEST_F(Soak, ThatPasses_AsksDatabaseAndApplicationAgainAndAgain) {
  host.on_http("healthz").answers(200, "ok");
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error.message;
  EXPECT_GE(host.requests().size(), 2U);
  EXPECT_EQ(host.db().sent().size(), host.requests().size());
  EXPECT_EQ(host.db().opened(), host.requests().size()) << "each time on a new connection";
  EXPECT_EQ(host.db().closed(), host.db().opened()) << "none is held while waiting";
  ASSERT_FALSE(host.progress().empty());
  EXPECT_EQ(host.progress().back().done, 60U);
  EXPECT_EQ(host.progress().back().total, 60U);
}

TEST_F(Soak, ThatFailsInARow_BlocksWithWhatIsWrong) {
  host.on_http("healthz").answers(200).times(3);
  host.on_http("healthz").answers(502);
  const auto outcome = run();
  EXPECT_EQ(outcome.verdict, Verdict::block);
  EXPECT_EQ(only(outcome).rule, "http-status");
  EXPECT_EQ(host.requests().size(), 5U);
}

TEST_F(Soak, FirstLookThatFails_IsNotForgiven) {
  host.on_http("healthz").answers(502).once();
  host.on_http("healthz").answers(200);
  EXPECT_EQ(run().verdict, Verdict::block);
  EXPECT_TRUE(host.waits().empty());
}

TEST_F(Soak, Cancelled_HasNotPassed) {
  host.on_http("healthz").answers(200);
  host.cancel_at_wait(3);
  EXPECT_EQ(run().status, Status::cancelled);
}

TEST_F(Soak, LongerThanTheTimeout_IsRefusedBeforeTheRun) {
  host.set_remaining_ms(60'000);
  Driver driver(tidegate_plugin_v1, host, "health");
  const auto outcome = driver.validate();
  EXPECT_EQ(outcome.status, Status::config);
  EXPECT_NE(outcome.error.hint.find("timeout"), std::string::npos);
}

TEST_F(Health, WrongTableName_IsFoundBeforeAnyConnection) {
  host.set("tables", {"a.b.c"});
  Driver driver(tidegate_plugin_v1, host, "health");
  EXPECT_EQ(driver.validate().status, Status::config);
  EXPECT_EQ(host.db().opened(), 0U);
}

}  // namespace
