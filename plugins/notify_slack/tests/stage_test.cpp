// SPDX-License-Identifier: Apache-2.0
//
// The stage through the plugin's real entry, against a host and a Slack that answer as told.
#include <gtest/gtest.h>

#include <tidegate/testing.hpp>

namespace {

using namespace tidegate::sdk;
using namespace tidegate::sdk::testing;

constexpr const char* kStarted = R"({"event":{"name":"started","run":"r1","pipeline":"shop","environment":"production"}})";
constexpr const char* kFailed = R"({"event":{"name":"failed","run":"r1","pipeline":"shop","environment":"production","exit":4}})";

class SlackStage : public ::testing::Test {
 protected:
  Outcome validate() { return Driver(tidegate_plugin_v1, host, "notify.slack").validate(); }
  FakeHost host;
};

TEST_F(SlackStage, TwoEventsOfARun_AreOneMessage) {
  host.set_secret("token", "xoxb-1").set("channel", "C042").set("base_url", "http://slack.example");
  host.on_http("http://slack.example/chat.postMessage").answers(200, R"({"ok":true,"channel":"C042","ts":"1.2"})");
  host.on_http("http://slack.example/chat.update").answers(200, R"({"ok":true,"channel":"C042","ts":"1.2"})");
  Driver driver(tidegate_plugin_v1, host, "notify.slack");
  EXPECT_TRUE(driver.validate().ok());
  EXPECT_EQ(driver.call("tidegate.notify/1", "event", kStarted).answer, "{}");
  EXPECT_TRUE(driver.call("tidegate.notify/1", "event", kFailed).ok());
  ASSERT_EQ(host.requests().size(), 2U);
  EXPECT_EQ(host.requests()[1].url, "http://slack.example/chat.update");
  EXPECT_NE(host.requests()[1].body.find("danger"), std::string::npos);
}

TEST_F(SlackStage, Webhook_IsToldEachEvent) {
  host.set_secret("webhook_url", "https://hooks.slack.example/x");
  host.on_http("hooks.slack.example").answers(200, "ok");
  Driver driver(tidegate_plugin_v1, host, "notify.slack");
  EXPECT_TRUE(driver.call("tidegate.notify/1", "event", kStarted).ok());
  EXPECT_TRUE(driver.call("tidegate.notify/1", "event", kFailed).ok());
  EXPECT_EQ(host.requests().size(), 2U);
}

TEST_F(SlackStage, RateLimit_IsWaitedOutWithinTheDeadline) {
  host.set_secret("token", "xoxb-1").set("channel", "C042");
  host.set_remaining_ms(10'000);
  host.on_http("chat.postMessage").answers(429, "").asks_to_wait(2'000).once();
  host.on_http("chat.postMessage").answers(200, R"({"ok":true,"channel":"C042","ts":"1.2"})");
  Driver driver(tidegate_plugin_v1, host, "notify.slack");
  EXPECT_TRUE(driver.call("tidegate.notify/1", "event", kStarted).ok());
  EXPECT_EQ(host.waits(), std::vector<std::int64_t>{2'000});
}

TEST_F(SlackStage, Cancelled_StopsTrying) {
  host.set_secret("token", "xoxb-1").set("channel", "C042");
  host.cancel_at_wait(1);
  host.on_http("chat.postMessage").answers(500, "");
  Driver driver(tidegate_plugin_v1, host, "notify.slack");
  EXPECT_EQ(driver.call("tidegate.notify/1", "event", kStarted).status, Status::cancelled);
  EXPECT_EQ(host.requests().size(), 1U);
}

TEST_F(SlackStage, NeitherTokenNorWebhook_IsAnErrorBeforeTheRun) {
  const auto outcome = validate();
  EXPECT_EQ(outcome.status, Status::config);
  EXPECT_NE(outcome.error.hint.find("webhook_url"), std::string::npos);
}

TEST_F(SlackStage, BothTokenAndWebhook_IsAnErrorBeforeTheRun) {
  host.set_secret("token", "xoxb-1").set("channel", "C042").set_secret("webhook_url", "https://hooks.slack.example/x");
  EXPECT_EQ(validate().status, Status::config);
}

TEST_F(SlackStage, TokenWithoutChannel_IsAnErrorBeforeTheRun) {
  host.set_secret("token", "xoxb-1");
  const auto outcome = validate();
  EXPECT_EQ(outcome.status, Status::config);
  EXPECT_NE(outcome.error.message.find("'channel'"), std::string::npos);
}

TEST_F(SlackStage, WebhookThatIsNoAddress_IsAnErrorThatDoesNotRepeatIt) {
  host.set_secret("webhook_url", "T0/B0/s3cret");
  const auto outcome = validate();
  EXPECT_EQ(outcome.status, Status::config);
  EXPECT_EQ((outcome.error.message + outcome.error.hint).find("s3cret"), std::string::npos);
}

TEST_F(SlackStage, OptionalSecretThatIsNotThere_TellsNobodyAndSaysSo) {
  host.set_secret("token", "").set("channel", "C042");
  Driver driver(tidegate_plugin_v1, host, "notify.slack");
  EXPECT_TRUE(driver.validate().ok());
  EXPECT_TRUE(driver.call("tidegate.notify/1", "event", kStarted).ok());
  EXPECT_TRUE(host.requests().empty());
  EXPECT_NE(host.log_text().find("Slack is not told"), std::string::npos);
}

TEST_F(SlackStage, MethodOfALaterHost_IsUnsupported) {
  host.set_secret("webhook_url", "https://hooks.slack.example/x");
  Driver driver(tidegate_plugin_v1, host, "notify.slack");
  EXPECT_EQ(driver.call("tidegate.notify/1", "paint").status, Status::unsupported);
}

}  // namespace
