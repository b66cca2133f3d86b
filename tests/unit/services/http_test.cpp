// SPDX-License-Identifier: Apache-2.0
//
// The HTTP client against real servers on the loopback interface.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "services/http/client.hpp"
#include "services/http/curl.hpp"
#include "services/http/retry.hpp"
#include "support/http_server.hpp"
#include "support/silent_server.hpp"
#include "world.hpp"

namespace tidegate::services::http {
namespace {

using base::Status;
using std::chrono::milliseconds;

class Http : public testing::Test {
 protected:
  void SetUp() override {
    request.url = server.url("/hook?token=s3cret-token");
    request.first_backoff = milliseconds(1);
  }
  base::Result<Response> go() { return send(request, interruption); }
  test::HttpServer server;
  Interruption interruption;
  Request request;
};

TEST_F(Http, Request_ArrivesAsGivenAndTheAnswerComesBack) {
  server.answer_with({{201, "made", {{"X-One", "1"}}}});
  request.method = "POST";
  request.body = std::string("{\"a\":1}\0!", 9);
  request.headers = {"Content-Type: application/json", "X-Two: 2"};
  const auto answer = go();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->code, 201);
  EXPECT_EQ(answer->body, "made");
  EXPECT_EQ(answer->attempts, 1U);
  EXPECT_NE(std::find(answer->headers.begin(), answer->headers.end(), "X-One: 1"), answer->headers.end());
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].body, request.body);
  EXPECT_EQ(seen[0].header("content-type"), "application/json");
  EXPECT_EQ(seen[0].header("x-two"), "2");
}

TEST_F(Http, Redirect_IsGivenAsItIs) {
  server.answer_with({{302, "", {{"Location", server.url("/elsewhere")}}}});
  EXPECT_EQ(go().value().code, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Http, ServerThatIsBusy_IsAskedAgain) {
  server.answer_with({{503}, {429, "", {{"Retry-After", "0"}}}, {200, "at last"}});
  request.attempts = 3;
  const auto answer = go();
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "at last");
  EXPECT_EQ(answer->attempts, 3U);
}

TEST_F(Http, LastTryThatFails_GivesItsAnswer) {
  server.answer_with({{503}, {503, "still"}, {200}});
  request.attempts = 2;
  const auto answer = go();
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->code, 503);
  EXPECT_EQ(answer->body, "still");
}

TEST_F(Http, AnswerThatNoRetryHelps_IsNotAskedAgain) {
  server.answer_with({{500}, {200}});
  request.attempts = 3;
  EXPECT_EQ(go().value().code, 500);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Http, RetryAfterLongerThanTheDeadline_GivesTheAnswerAtOnce) {
  server.answer_with({{503, "", {{"Retry-After", "30"}}}, {200}});
  request.attempts = 2;
  request.deadline = base::Deadline::in(std::chrono::seconds(20));
  EXPECT_EQ(go().value().code, 503);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Http, NobodyListening_IsUnavailableAndKeepsTheUrlToItself) {
  const test::ClosedPort nobody;
  request.url = "http://127.0.0.1:" + std::to_string(nobody.port()) + "/s3cret-token";
  request.attempts = 2;
  const auto answer = go();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Status::unavailable);
  EXPECT_NE(answer.error().message.find("2 tries"), std::string::npos);
  EXPECT_EQ((answer.error().message + answer.error().hint).find("s3cret"), std::string::npos);
}

TEST_F(Http, ServerThatHangs_IsGivenUpAfterTheTimeOfATry) {
  server.hang();
  request.try_timeout = milliseconds(50);
  const auto answer = go();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Status::unavailable);
}

TEST_F(Http, PostThatWasSent_IsNotSentAgainAfterATimeout) {
  server.hang();
  request.method = "POST";
  request.attempts = 3;
  request.try_timeout = milliseconds(200);
  EXPECT_FALSE(go().ok());
  EXPECT_LE(server.requests().size(), 1U);
}

TEST_F(Http, Deadline_EndsAHangingRequest) {
  server.hang();
  request.deadline = base::Deadline::in(milliseconds(50));
  request.try_timeout = std::chrono::minutes(10);
  const auto answer = go();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Status::deadline);
}

TEST_F(Http, Interruption_EndsAHangingRequest) {
  server.hang();
  request.try_timeout = std::chrono::minutes(10);
  std::thread interrupter([&] {
    EXPECT_TRUE(server.wait_for_requests(1));
    interruption.trigger();
  });
  const auto answer = go();
  interrupter.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Status::cancelled);
}

TEST_F(Http, AnswerLongerThanAllowed_IsCut) {
  server.answer_with({{200, std::string(100'000, 'x')}});
  request.max_body = 1'000;
  const auto answer = go();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->code, 200);
  EXPECT_EQ(answer->body.size(), 1'000U);
}

TEST_F(Http, TlsWithAServerThatDoesNotSpeakIt_IsNotTakenForAnAnswer) {
  request.url = "https" + request.url.substr(4);
  EXPECT_FALSE(go().ok());
}

TEST_F(Http, RequestsThatCannotBeSent_AreRefusedBeforeAnyConnection) {
  const std::string good = request.url;
  for (const char* url : {"", "ftp://h/", "file:///etc/passwd", "hooks.example/x", "http://h/a\r\nHost: other"}) {
    request.url = url;
    EXPECT_EQ(go().error().code, Status::config) << url;
  }
  request.url = good;
  for (const char* header : {"no colon", "A: b\r\nC: d", ": empty", "a b: c"}) {
    request.headers = {header};
    EXPECT_EQ(go().error().code, Status::config) << header;
  }
  request.headers.clear();
  request.method = "GET /";
  EXPECT_EQ(go().error().code, Status::config);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Http, Service_GivesThePluginTheAnswer) {
  server.answer_with({{202, "ok", {{"X-One", "1"}}}});
  World world;
  const auto host = world.host();
  const auto answer = sdk::Host(host.get()).http({"PUT", server.url(), "body", {"X-Two: 2"}});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->code, 202);
  EXPECT_EQ(answer->body, "ok");
  EXPECT_EQ(server.requests().at(0).method, "PUT");
}

TEST_F(Http, Service_SaysHowLongTheAnswerAsksToWait) {
  server.answer_with({{429, "", {{"Retry-After", "7"}}}, {200}});
  World world;
  const auto host = world.host();
  EXPECT_EQ(sdk::Host(host.get()).http({"POST", server.url()}).value().retry_after_ms, 7'000);
  EXPECT_EQ(sdk::Host(host.get()).http({"POST", server.url()}).value().retry_after_ms, -1);
}

TEST_F(Http, Service_ObeysTheStagesDeadline) {
  World world;
  const auto host = world.host();
  host->call.deadline = base::Deadline::in(milliseconds(0));
  const auto answer = sdk::Host(host.get()).http({"GET", server.url()});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Status::deadline);
  EXPECT_TRUE(server.requests().empty());
}

TEST(LoadCurl, LibraryThatIsNotThere_IsUnavailableWithThePackage) {
  const auto api = load_curl({"libcurl-of-nobody.so.4"});
  ASSERT_FALSE(api.ok());
  EXPECT_EQ(api.error().code, Status::unavailable);
  EXPECT_NE(api.error().message.find("libcurl-of-nobody.so.4"), std::string::npos);
  EXPECT_NE(api.error().hint.find("libcurl4"), std::string::npos);
}

TEST(LoadCurl, LibraryWithoutTheFunctions_IsNotTaken) {
  const auto api = load_curl({"libc.so.6"});
  ASSERT_FALSE(api.ok());
  EXPECT_NE(api.error().message.find("curl_"), std::string::npos);
}

TEST(RetryAfter, SecondsAndDates_AreUnderstood) {
  const std::chrono::system_clock::time_point now{std::chrono::seconds(784'111'770)};  // Sun, 06 Nov 1994 08:49:30 GMT
  EXPECT_EQ(retry_after({"Content-Length: 3", "RETRY-AFTER:  5"}, now), milliseconds(5'000));
  EXPECT_EQ(retry_after({"retry-after: Sun, 06 Nov 1994 08:49:37 GMT"}, now), milliseconds(7'000));
  EXPECT_EQ(retry_after({"retry-after: Sat, 05 Nov 1994 08:49:37 GMT"}, now), milliseconds(0));
  for (const char* value : {"soon", "-3", "1.5", "", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT!"})
    EXPECT_EQ(retry_after({std::string("retry-after: ") + value}, now), std::nullopt) << value;
}

TEST(Backoff, EachTry_WaitsTwiceAsLongUpToTenSeconds) {
  EXPECT_EQ(backoff(milliseconds(500), 1), milliseconds(500));
  EXPECT_EQ(backoff(milliseconds(500), 3), milliseconds(2'000));
  EXPECT_EQ(backoff(milliseconds(500), 4'000'000'000U), milliseconds(10'000));
}

}  // namespace
}  // namespace tidegate::services::http
