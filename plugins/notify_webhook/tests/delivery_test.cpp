// SPDX-License-Identifier: Apache-2.0
#include "delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "sign.hpp"

namespace tidegate::notify_webhook {
namespace {

using sdk::Error;
using sdk::HttpRequest;
using sdk::HttpResponse;
using sdk::Result;
using sdk::Status;

constexpr std::string_view kUrl = "https://hooks.example/T0PSECRET";

/// A receiver that answers as told, and a clock that moves only by waiting.
class Delivery : public testing::Test {
 protected:
  Result<void> deliver_it() { return deliver(world(), target, "msg_1", R"({"type":"run.failed"})"); }

  std::string header(std::size_t request, const std::string& name) const {
    for (const auto& line : requests.at(request).headers)
      if (line.rfind(name + ": ", 0) == 0) return line.substr(name.size() + 2);
    return {};
  }
  static HttpResponse code(std::int32_t code, std::int64_t retry_after_ms = -1, std::string body = {}) {
    return {code, 1, {}, std::move(body), retry_after_ms};
  }

  std::deque<Result<HttpResponse>> answers;
  std::vector<HttpRequest> requests;
  std::vector<std::int64_t> waits;
  std::int64_t elapsed_ms = 0, limit_ms = 60'000;
  bool cancel_while_waiting = false;
  Target target{
      std::string(kUrl), signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value(), {"Content-Type: application/json"}, 10'000, 3};

 private:
  World world() {
    return {[this](const HttpRequest& request) -> Result<HttpResponse> {
              requests.push_back(request);
              if (answers.empty()) return code(200);
              auto answer = answers.front();
              answers.pop_front();
              return answer;
            },
            {[this](std::int64_t ms) {
               waits.push_back(ms);
               elapsed_ms += ms;
               return cancel_while_waiting;
             },
             [this] { return limit_ms - elapsed_ms; }},
            [this] { return std::chrono::system_clock::time_point(std::chrono::milliseconds(1'614'265'330'000 + elapsed_ms)); }};
  }
};

TEST_F(Delivery, AnyAnswerOf2xx_IsDone) {
  answers = {code(204)};
  EXPECT_TRUE(deliver_it().ok());
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].url, kUrl);
  EXPECT_EQ(requests[0].attempts, 1U);
  EXPECT_EQ(header(0, "Content-Type"), "application/json");
  EXPECT_EQ(header(0, "webhook-timestamp"), "1614265330");
  EXPECT_EQ(header(0, "webhook-signature"), sign(target.key, "msg_1", "1614265330", requests[0].body));
}

TEST_F(Delivery, WithoutASecret_HasNoSignature) {
  target.key.clear();
  EXPECT_TRUE(deliver_it().ok());
  EXPECT_EQ(header(0, "webhook-signature"), "");
  EXPECT_EQ(header(0, "webhook-id"), "msg_1");
}

TEST_F(Delivery, Retry_KeepsTheIdAndRenewsTimestampAndSignature) {
  answers = {code(503, 2'000), code(200)};
  EXPECT_TRUE(deliver_it().ok());
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(header(0, "webhook-id"), header(1, "webhook-id"));
  EXPECT_EQ(header(0, "webhook-timestamp"), "1614265330");
  EXPECT_EQ(header(1, "webhook-timestamp"), "1614265332");
  EXPECT_NE(header(0, "webhook-signature"), header(1, "webhook-signature"));
  EXPECT_EQ(header(1, "webhook-signature"), sign(target.key, "msg_1", "1614265332", requests[1].body));
}

TEST_F(Delivery, NobodyThere_IsTriedAgainWithGrowingWaits) {
  const Error nobody{Status::unavailable, "the HTTP server could not be reached"};
  answers = {nobody, nobody, nobody};
  const auto done = deliver_it();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(waits, (std::vector<std::int64_t>{500, 1'000}));
  EXPECT_NE(done.error().message.find("tried 3 times"), std::string::npos);
}

TEST_F(Delivery, Gone_IsNotTriedAgain) {
  answers = {code(410)};
  const auto done = deliver_it();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(requests.size(), 1U);
  EXPECT_NE(done.error().message.find("410"), std::string::npos);
}

TEST_F(Delivery, Redirect_IsAFailureAndNotFollowed) {
  answers = {code(302)};
  const auto done = deliver_it();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(requests.size(), 1U);
  EXPECT_NE(done.error().message.find("redirect"), std::string::npos);
}

TEST_F(Delivery, BadRequest_IsNotTriedAgainAndSaysWhatTheReceiverSaid) {
  answers = {code(400, -1, "bad\nsignature")};
  const auto done = deliver_it();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(requests.size(), 1U);
  EXPECT_EQ(done.error().detail, "bad signature");
}

TEST_F(Delivery, RetryAfterBeyondTheTimeLeft_GivesUpAtOnce) {
  answers = {code(429, 3'600'000)};
  const auto done = deliver_it();
  ASSERT_FALSE(done.ok());
  EXPECT_TRUE(waits.empty());
  EXPECT_NE(done.error().message.find("no time is left"), std::string::npos);
}

TEST_F(Delivery, CancelledWhileWaiting_EndsAtOnce) {
  cancel_while_waiting = true;
  answers = {code(500)};
  const auto done = deliver_it();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Status::cancelled);
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(Delivery, NoError_NamesTheUrl) {
  for (const std::int32_t one : {302, 400, 401, 410, 500}) {
    answers.assign(3, code(one));
    const auto done = deliver_it();
    ASSERT_FALSE(done.ok());
    const Error& e = done.error();
    for (const auto& text : {e.message, e.hint, e.detail}) EXPECT_EQ(text.find("hooks.example"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace tidegate::notify_webhook
