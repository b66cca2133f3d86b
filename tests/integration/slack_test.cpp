// SPDX-License-Identifier: Apache-2.0
// notify.slack of a real run, against a local server that answers as Slack does.
#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kToken = "xoxb-17-s3cret-token";
constexpr const char* kPosted = R"({"ok":true,"channel":"C042","ts":"1503435956.000247"})";

class Slack : public ProjectTest {
 protected:
  Slack() {
    project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
    write_pipeline("on = [\"started\", \"succeeded\", \"failed\", \"blocked\"]");
  }
  void write_pipeline(const std::string& on, const std::string& further = "") {
    project.file("tidegate.toml",
                 "version = 1\nname = \"shop\"\n[[stage]]\nuse = \"environment\"\n[[stage]]\nuse = \"apply.prisma\"\n[[notify]]\nuse = "
                 "\"notify.slack\"\n" +
                     on + "\n[notify.with]\ntoken = \"${SLACK_BOT_TOKEN}\"\nchannel = \"#deploys\"\nbase_url = \"" + server.url("/api/") +
                     "\"\n" + further);
  }
  Finished run(std::vector<std::string> args = {"run"}) {
    auto done = project.tidegate(std::move(args), {{"SLACK_BOT_TOKEN", kToken},
                                                   {"VERCEL", "1"},
                                                   {"VERCEL_ENV", "production"},
                                                   {"VERCEL_GIT_COMMIT_SHA", "0123456789abcdef"},
                                                   {"VERCEL_GIT_COMMIT_REF", "main"},
                                                   {"VERCEL_DEPLOYMENT_ID", "dpl_17"}});
    EXPECT_DOES_NOT_SAY(done, kToken);
    return done;
  }
  HttpServer server;
};

TEST_F(Slack, Run_IsOneMessageThatIsReplacedByTheOutcome) {
  server.answer_with({{200, kPosted}, {200, kPosted}});
  ASSERT_CODE(run(), 0);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].path, "/api/chat.postMessage");
  EXPECT_EQ(requests[1].path, "/api/chat.update");
  EXPECT_EQ(requests[1].header("authorization"), std::string("Bearer ") + kToken);
  const auto posted = Json::parse(requests[0].body);
  const auto update = Json::parse(requests[1].body);
  EXPECT_EQ(posted["channel"], "#deploys");
  EXPECT_EQ(update["channel"], "C042");
  EXPECT_EQ(update["ts"], "1503435956.000247");
  EXPECT_EQ(update["text"], "*shop*: 1 migration applied to production");
  EXPECT_EQ(update["attachments"][0]["color"], "good");
  for (const char* part : {"20240101000000_users", "0123456789ab", "main", "dpl_17", "*Duration*"})
    EXPECT_NE(requests[1].body.find(part), std::string::npos) << part << "\n" << requests[1].body;
}

TEST_F(Slack, FailedMigration_IsToldWithItsErrorAndWithoutThePassword) {
  ASSERT_CODE(project.tidegate({"run", "minimal"}), 0);
  project.migration("20240102000000_broken", "ALTER TABLE nowhere ADD COLUMN x int;\n");
  server.answer_with({{200, kPosted}, {200, kPosted}});
  EXPECT_CODE(run(), 4);
  ASSERT_EQ(server.requests().size(), 2U);
  const auto message = server.requests().back();
  EXPECT_NE(message.body.find("danger"), std::string::npos) << message.body;
  EXPECT_NE(message.body.find("nowhere"), std::string::npos) << message.body;
  EXPECT_EQ(message.body.find(kPassword), std::string::npos) << message.body;
}

TEST_F(Slack, WhateverSlackAnswers_IsOnlyAWarning) {
  const std::vector<HttpAnswer> kinds[] = {
      {{200, R"({"ok":false,"error":"not_in_channel"})"}, {200, R"({"ok":false,"error":"not_in_channel"})"}},
      {{500, "oops"}, {500, "oops"}},
      {{429, "", {{"Retry-After", "600"}}}, {429, "", {{"Retry-After", "600"}}}},
      {{200, "<html>sign in</html>"}, {200, "<html>sign in</html>"}}};
  write_pipeline("on = [\"started\", \"succeeded\"]", "attempts = 1\n");
  for (const auto& answers : kinds) {
    server.answer_with(answers);
    const auto done = run({"run", "--json"});
    EXPECT_CODE(done, 0);
    EXPECT_EQ(of_type(parse_events(done.out), "notification.failed").size(), 2U) << done.out;
  }
}

TEST_F(Slack, ServerThatHangs_IsGivenUpAndOnlyAWarning) {
  write_pipeline("on = [\"succeeded\"]", "attempts = 1\ntimeout = \"200ms\"\n");
  server.hang();
  const auto done = run({"run", "--json"});
  EXPECT_CODE(done, 0);
  EXPECT_EQ(of_type(parse_events(done.out), "notification.failed").size(), 1U);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Slack, TooManyMessages_IsTriedAgain) {
  write_pipeline("on = [\"succeeded\"]");
  server.answer_with({{429, R"({"ok":false,"error":"ratelimited"})", {{"Retry-After", "0"}}}, {200, kPosted}});
  const auto done = run({"run", "--json"});
  EXPECT_CODE(done, 0);
  EXPECT_EQ(of_type(parse_events(done.out), "notification.sent").size(), 1U);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(Slack, TokenWhoseVariableIsNotSet_StopsTheRunBeforeItBegins) {
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "SLACK_BOT_TOKEN");
  EXPECT_TRUE(project.applied().empty());
}

}  // namespace
}  // namespace tidegate::test
