// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tidegate/extensions.hpp>
#include <tidegate/testing.hpp>

using namespace tidegate::sdk;
using tidegate::sdk::testing::Driver;
using tidegate::sdk::testing::FakeHost;

TEST(Driver, StageThatPasses_ReportsPass) {
  FakeHost host;
  host.set("does", "pass").set("say", "hi");
  Driver driver(tidegate_plugin_v1, host, "probe");
  const auto out = driver.run();
  EXPECT_TRUE(out.ok());
  EXPECT_EQ(out.verdict, Verdict::pass);
  EXPECT_TRUE(out.findings.empty());
  EXPECT_EQ(host.published().at("said"), "hi");
  EXPECT_EQ(host.log_text(), "probe says hi\n");
  ASSERT_EQ(host.events().size(), 1U);
  EXPECT_EQ(host.events()[0].fields_json, "{\"does\":\"pass\"}");
}

TEST(Driver, StageThatBlocks_ReportsItsFinding) {
  FakeHost host;
  host.set("does", "block").set("say", "too busy");
  const auto out = Driver(tidegate_plugin_v1, host, "probe").run();
  EXPECT_EQ(out.verdict, Verdict::block);
  ASSERT_TRUE(out.found("probe-says"));
  EXPECT_EQ(out.findings[0].message, "too busy");
}

TEST(Driver, StageThatFails_ReportsStatusAndError) {
  FakeHost host;
  host.set("does", "fail").set("say", "nobody there");
  const auto out = Driver(tidegate_plugin_v1, host, "probe").run();
  EXPECT_EQ(out.status, Status::unavailable);
  EXPECT_EQ(out.verdict, Verdict::unset);
  EXPECT_EQ(out.error.message, "nobody there");
  EXPECT_EQ(out.error.hint, "try again");
}

TEST(Driver, StageThatThrows_IsAnInternalErrorAndNothingEscapes) {
  FakeHost host;
  host.set("does", "throw").set("say", "boom");
  const auto out = Driver(tidegate_plugin_v1, host, "probe").run();
  EXPECT_EQ(out.status, Status::internal);
  EXPECT_NE(out.error.message.find("boom"), std::string::npos);
}

TEST(Driver, DryRun_ReachesTheStage) {
  FakeHost host;
  host.set("does", "pass").set("say", "hi");
  EXPECT_TRUE(Driver(tidegate_plugin_v1, host, "probe").run({.dry = true}).ok());
  EXPECT_TRUE(host.published().empty());
}

TEST(Driver, Validate_ReportsConfigErrors) {
  FakeHost host;
  host.set("say", "forbidden");
  Driver driver(tidegate_plugin_v1, host, "probe");
  EXPECT_EQ(driver.validate().status, Status::config);
  host.set("say", "fine");
  EXPECT_TRUE(driver.validate().ok());
}

TEST(Driver, ExtensionCall_GivesTheAnswerOrUnsupported) {
  FakeHost host;
  Driver driver(tidegate_plugin_v1, host, "probe");
  EXPECT_EQ(driver.call("org.example.echo/1", "echo", "{\"a\":1}").answer, "{\"a\":1}");
  const auto out = driver.call(TG_HISTORY, TG_HISTORY_LIST);
  EXPECT_EQ(out.status, Status::unsupported);
  EXPECT_NE(out.error.message.find("list"), std::string::npos);
}

TEST(Driver, UnknownStageType_FailsCreateAndEveryCall) {
  FakeHost host;
  Driver driver(tidegate_plugin_v1, host, "nothing");
  EXPECT_EQ(driver.created().status, Status::not_found);
  EXPECT_EQ(driver.run().status, Status::not_found);
  EXPECT_EQ(driver.call("a.b/1", "c").status, Status::not_found);
}
