// SPDX-License-Identifier: Apache-2.0
//
// The client against a Slack that answers as told, and a clock that moves only by waiting.
#include "client.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace tidegate::notify_slack {
namespace {

using sdk::Error;
using sdk::HttpRequest;
using sdk::HttpResponse;
using sdk::Result;
using sdk::Status;

constexpr const char* kToken = "xoxb-s3cret";
constexpr const char* kPosted = R"({"ok":true,"channel":"C042","ts":"1503435956.000247","message":{"text":"…"}})";

class SlackClient : public testing::Test {
 protected:
  Result<void> tell(const std::string& name = "started") {
    auto message =
        message_for(Json{{"event", {{"name", name}, {"pipeline", "shop"}, {"environment", "production"}, {"run", "r1"}}}}.dump());
    return client.tell(account, *message);
  }
  static HttpResponse answer(std::string body, std::int32_t code = 200, std::int64_t retry_after_ms = -1) {
    return {code, 1, {}, std::move(body), retry_after_ms};
  }
  static HttpResponse refused(const std::string& code) { return answer(R"({"ok":false,"error":")" + code + R"("})"); }
  Json body(std::size_t i) const { return Json::parse(requests.at(i).body); }
  std::string method(std::size_t i) const { return requests.at(i).url.substr(requests.at(i).url.rfind('/') + 1); }

  std::deque<Result<HttpResponse>> answers;
  std::vector<HttpRequest> requests;
  std::vector<std::int64_t> waits;
  std::int64_t elapsed_ms = 0, limit_ms = 60'000;
  Account account{kToken, "#deploys", "", "https://slack.example/api/", 5'000, 3};
  Client client = unused();

  /// One that has posted nothing yet.
  Client unused() {
    return Client({[this](const HttpRequest& request) -> Result<HttpResponse> {
                     requests.push_back(request);
                     if (answers.empty()) return answer(kPosted);
                     auto next = answers.front();
                     answers.pop_front();
                     return next;
                   },
                   {[this](std::int64_t ms) {
                      waits.push_back(ms);
                      elapsed_ms += ms;
                      return false;
                    },
                    [this] { return limit_ms - elapsed_ms; }}});
  }
};

TEST_F(SlackClient, FirstMessage_IsPostedWithTheToken) {
  ASSERT_TRUE(tell().ok());
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].url, "https://slack.example/api/chat.postMessage");
  EXPECT_EQ(requests[0].headers,
            (std::vector<std::string>{"Content-Type: application/json; charset=utf-8", "Authorization: Bearer xoxb-s3cret"}));
  EXPECT_EQ(body(0)["channel"], "#deploys");
  EXPECT_FALSE(body(0).contains("ts"));
}

TEST_F(SlackClient, NextMessage_ReplacesItInTheChannelThatSlackNamed) {
  ASSERT_TRUE(tell().ok());
  ASSERT_TRUE(tell("succeeded").ok());
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(method(1), "chat.update");
  EXPECT_EQ(body(1)["channel"], "C042");
  EXPECT_EQ(body(1)["ts"], "1503435956.000247") << "as text: as a number it loses digits";
}

TEST_F(SlackClient, MessageThatIsGone_IsPostedAgain) {
  for (const char* code : {"message_not_found", "cant_update_message", "edit_window_closed"}) {
    answers = {answer(kPosted), refused(code), answer(kPosted)};
    requests.clear();
    client = unused();
    ASSERT_TRUE(tell().ok());
    ASSERT_TRUE(tell("failed").ok()) << code;
    EXPECT_EQ(method(requests.size() - 1), "chat.postMessage");
    EXPECT_FALSE(body(requests.size() - 1).contains("ts"));
    EXPECT_EQ(body(requests.size() - 1)["channel"], "#deploys");
  }
}

TEST_F(SlackClient, PostThatFailed_IsMadeUpForByTheNextEvent) {
  answers = {refused("not_in_channel")};
  EXPECT_FALSE(tell().ok());
  EXPECT_TRUE(tell("succeeded").ok());
  EXPECT_EQ(method(1), "chat.postMessage");
}

TEST_F(SlackClient, RefusalWithStatus200_IsAFailureThatSaysWhatHelps) {
  answers = {refused("not_in_channel")};
  const auto done = tell();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(requests.size(), 1U) << "trying again changes nothing";
  EXPECT_EQ(done.error().code, Status::denied);
  EXPECT_EQ(done.error().message, "Slack did not take the message: not_in_channel");
  EXPECT_NE(done.error().hint.find("/invite"), std::string::npos);
}

TEST_F(SlackClient, TooManyMessages_WaitsAsLongAsSlackAsks) {
  answers = {answer(R"({"ok":false,"error":"ratelimited"})", 429, 3'000), answer(kPosted)};
  EXPECT_TRUE(tell().ok());
  EXPECT_EQ(waits, std::vector<std::int64_t>{3'000});
}

TEST_F(SlackClient, WaitLongerThanTheTimeLeft_GivesUpAtOnce) {
  limit_ms = 10'000;
  answers = {answer("", 429, 30'000)};
  const auto done = tell();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Status::unavailable);
  EXPECT_TRUE(waits.empty());
  EXPECT_NE(done.error().message.find("no time is left"), std::string::npos);
}

TEST_F(SlackClient, TroubleOnSlacksSide_IsTriedAgain) {
  answers = {answer("oops", 500), refused("internal_error"), answer(kPosted)};
  EXPECT_TRUE(tell().ok());
  EXPECT_EQ(requests.size(), 3U);
  EXPECT_EQ(waits, (std::vector<std::int64_t>{500, 1'000}));
}

TEST_F(SlackClient, NobodyThere_IsGivenUpAfterTheTries) {
  const Error nobody{Status::unavailable, "the HTTP server could not be reached"};
  answers = {nobody, nobody, nobody, nobody};
  const auto done = tell();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(requests.size(), 3U);
  EXPECT_NE(done.error().message.find("tried 3 times"), std::string::npos);
}

TEST_F(SlackClient, AnswerThatIsNotSlacks_IsNeverASuccess) {
  for (const char* garbage :
       {"", "ok", "<html>captive portal</html>", "[]", "{}", R"({"ok":"true"})", R"({"ok":1})", R"({"ok":null,"ts":"1"})"}) {
    answers = {answer(garbage)};
    const auto done = tell();
    ASSERT_FALSE(done.ok()) << garbage;
    EXPECT_NE(done.error().message.find("is not Slack"), std::string::npos) << done.error().message;
  }
}

TEST_F(SlackClient, ErrorThatIsNoWordOfSlacks_IsNotRepeated) {
  answers = {answer(R"({"ok":false,"error":"<b>xoxb-s3cret</b>"})")};
  const auto done = tell();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message.find("s3cret"), std::string::npos);
}

TEST_F(SlackClient, MessageThatIsTooLong_IsSentWithoutDetails) {
  for (const char* code : {"msg_too_long", "msg_blocks_too_long", "invalid_blocks"}) {
    requests.clear();
    answers = {refused(code), answer(kPosted)};
    ASSERT_TRUE(tell().ok()) << code;
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_FALSE(body(0)["attachments"].empty());
    EXPECT_TRUE(body(1)["attachments"].empty());
    EXPECT_EQ(body(1)["text"], body(0)["text"]);
  }
}

TEST_F(SlackClient, EvenTheShortOneTooLong_IsAFailureAndNotALoop) {
  answers = {refused("msg_too_long"), refused("msg_too_long"), refused("msg_too_long")};
  EXPECT_FALSE(tell().ok());
  EXPECT_EQ(requests.size(), 2U);
}

class SlackWebhook : public SlackClient {
 protected:
  void SetUp() override { account = {"", "", "https://hooks.slack.example/services/T0/B0/s3cret", "https://slack.com/api/", 5'000, 3}; }
};

TEST_F(SlackWebhook, EachEvent_IsAMessageOfItsOwn) {
  answers = {answer("ok"), answer("ok")};
  ASSERT_TRUE(tell().ok());
  ASSERT_TRUE(tell("succeeded").ok());
  ASSERT_EQ(requests.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(requests[i].url, account.webhook_url);
    EXPECT_EQ(requests[i].headers, std::vector<std::string>{"Content-Type: application/json; charset=utf-8"});
    EXPECT_FALSE(body(i).contains("channel"));
    EXPECT_FALSE(body(i).contains("ts"));
  }
}

TEST_F(SlackWebhook, RefusedMessage_SaysSlacksWord) {
  answers = {answer("no_service", 404)};
  const auto done = tell();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message, "Slack did not take the message: no_service");
  EXPECT_NE(done.error().hint.find("make a new one"), std::string::npos);
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(SlackWebhook, InvalidPayload_IsSentWithoutDetails) {
  answers = {answer("invalid_payload", 400), answer("ok")};
  EXPECT_TRUE(tell().ok());
  EXPECT_TRUE(body(1)["attachments"].empty());
}

TEST_F(SlackWebhook, NoError_NamesTheUrl) {
  for (const std::int32_t code : {301, 400, 403, 404, 410, 429, 500}) {
    answers.assign(3, answer("https://hooks.slack.example/services/T0/B0/s3cret", code));
    const auto done = tell();
    ASSERT_FALSE(done.ok());
    const auto& e = done.error();
    EXPECT_EQ((e.message + e.hint + e.detail).find("s3cret"), std::string::npos) << e.message;
  }
}

}  // namespace
}  // namespace tidegate::notify_slack
