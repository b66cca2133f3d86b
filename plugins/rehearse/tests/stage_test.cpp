// SPDX-License-Identifier: Apache-2.0
//
// The stage against a host that answers as told: when there is no rehearsal, and what that counts. The rehearsal itself runs
// on real servers, in tests/integration/rehearse_test.cpp.
#include <gtest/gtest.h>

#include <cstdlib>
#include <tidegate/extensions.hpp>
#include <tidegate/testing.hpp>

#include "copy.hpp"
#include "unforeseen.hpp"

namespace {

using namespace tidegate::sdk;
using namespace tidegate::sdk::testing;

class RehearseStage : public ::testing::Test {
 protected:
  RehearseStage() {
    ::unsetenv("TIDEGATE_REHEARSE");
    host.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["1_a"],"failed":[]})");
    host.on_ask(TG_PLAN, TG_PLAN_PENDING)
        .answers(R"({"migrations":[{"name":"1_a","checksum":"c","file":"m/1_a/migration.sql","statements":[{"sql":"SELECT 1","line":1,"transactional":true,"part":0}]}]})");
    host.db().on("search_path").rows({"path", "database", "role"}, {{"public", "shop", std::nullopt}, {std::nullopt, std::nullopt, "app"}});
  }
  ~RehearseStage() override { ::unsetenv("TIDEGATE_REHEARSE"); }
  Outcome run() {
    Driver driver(tidegate_plugin_v1, host, "safety.rehearse");
    return driver.run();
  }
  FakeHost host;
};

TEST_F(RehearseStage, NothingPending_AsksTheHistoryAndNoMore) {
  FakeHost idle;
  idle.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":[],"failed":[]})");
  Driver driver(tidegate_plugin_v1, idle, "safety.rehearse");
  EXPECT_EQ(driver.run().verdict, Verdict::pass);
  EXPECT_EQ(idle.asked().size(), 1U);
  EXPECT_EQ(idle.db().opened(), 0U);
  EXPECT_EQ(idle.published().at("proven"), "[]");
}

TEST_F(RehearseStage, NoServerOfThatVersion_IsSaidAndIsNoWarning_UnlessItIsRequired) {
  host.scratch_db().refuse_connections(Error{Status::not_found, "PostgreSQL 15's programs were not found", "install them"});
  const auto skipped = run();
  EXPECT_EQ(skipped.verdict, Verdict::skipped);
  EXPECT_TRUE(skipped.findings.empty());
  EXPECT_NE(host.log_text().find("PostgreSQL 15's programs were not found"), std::string::npos);
  host.set("required", true);
  const auto refused = run();
  EXPECT_EQ(refused.verdict, Verdict::block);
  ASSERT_TRUE(refused.found("not-rehearsed"));
  EXPECT_EQ(refused.findings[0].fix, "install them");
}

TEST_F(RehearseStage, ServerThatDoesNotStart_IsAWarning_AndNotTheTargetsFault) {
  host.scratch_db().refuse_connections(Error{Status::unavailable, "the scratch server did not start"});
  const auto outcome = run();
  EXPECT_EQ(outcome.status, Status::ok);
  EXPECT_EQ(outcome.verdict, Verdict::warn);
  EXPECT_TRUE(outcome.found("not-rehearsed"));
  Driver driver(tidegate_plugin_v1, host, "safety.rehearse");
  EXPECT_EQ(driver.call(TG_REHEARSE, TG_REHEARSE_RUN).status, Status::failed);
}

TEST_F(RehearseStage, TargetThatCannotBeReached_IsTheCallsFailureInACommand) {
  host.db().refuse_connections(Error{Status::unavailable, "connection refused"});
  Driver driver(tidegate_plugin_v1, host, "safety.rehearse");
  EXPECT_EQ(driver.call(TG_REHEARSE, TG_REHEARSE_RUN).status, Status::unavailable);
}

TEST_F(RehearseStage, SwitchedOff_DoesNothing) {
  ::setenv("TIDEGATE_REHEARSE", "off", 1);
  EXPECT_EQ(run().verdict, Verdict::skipped);
  EXPECT_TRUE(host.asked().empty());
  host.set("required", true);
  EXPECT_EQ(run().verdict, Verdict::block);
}

TEST_F(RehearseStage, MoreArePendingThanItMayTake_AsksForNoPlan) {
  FakeHost many;
  many.on_ask(TG_HISTORY, TG_HISTORY_LIST).answers(R"({"pending":["1_a","2_b"],"failed":[]})");
  many.set("max_pending", 1);
  Driver driver(tidegate_plugin_v1, many, "safety.rehearse");
  EXPECT_TRUE(driver.run().found("not-rehearsed"));
  EXPECT_EQ(many.scratch_db().opened(), 0U);
}

TEST_F(RehearseStage, Proof_IsEmptyBeforeTheRun) {
  Driver driver(tidegate_plugin_v1, host, "safety.rehearse");
  EXPECT_EQ(driver.call(TG_REHEARSE, TG_REHEARSE_PROOF).answer, R"({"migrations":[],"server_version":0})");
}

TEST(Unforeseen, RewritesThatNobodyForetold_AreListed_IndexesAreNot) {
  using namespace tidegate::rehearse;
  Rehearsed one;
  one.name = "1_a";
  one.file = "m/1_a/migration.sql";
  Recorded told{1, "ALTER TABLE orders …", true, {}, {"public.orders", "public.\"Big.One\""}, {}};
  Recorded untold{4, "SELECT f()", true, {{"public.orders_pkey", "AccessExclusiveLock", true}}, {"public.orders", "public.orders_pkey"}, {}};
  one.statements = {told, untold};
  const auto found = unforeseen_rewrites(R"({"migrations":[{"name":"1_a","statements":[{"rewritten":["orders","\"Big.One\""]},{}]}]})", {one});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].relation, "public.orders");
  EXPECT_EQ(found[0].line, 4U);
  EXPECT_TRUE(unforeseen_rewrites("not json", {one}).empty());
}

TEST(ScratchCopy, PsqlsCommandsInADump_AreLeftOut) {
  EXPECT_EQ(tidegate::rehearse::without_psql_commands("--\n\\restrict abc\nSELECT 1;\n\\unrestrict abc\n"), "--\nSELECT 1;\n");
}

}  // namespace
