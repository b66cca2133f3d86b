// SPDX-License-Identifier: Apache-2.0
#include "probes.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "json_pointer.hpp"

namespace tidegate::health {
namespace {

std::string at(const std::string& json, std::string_view pointer) {
  return text_at(nlohmann::json::parse(json), pointer).value_or("nothing");
}

TEST(JsonPointer, Steps_LeadToTheValueAsText) {
  const std::string json = R"({"a":{"b":[10,{"c":"text"}]},"d/e":true,"f~g":null,"":"empty","o":{"x":1.5}})";
  EXPECT_EQ(at(json, "/a/b/1/c"), "text");
  EXPECT_EQ(at(json, "/a/b/0"), "10");
  EXPECT_EQ(at(json, "/d~1e"), "true");
  EXPECT_EQ(at(json, "/f~0g"), "null");
  EXPECT_EQ(at(json, "/"), "empty");
  EXPECT_EQ(at(json, "/o"), R"({"x":1.5})");
  EXPECT_EQ(at(R"("whole")", ""), "whole");
}

TEST(JsonPointer, WhatIsNotThere_IsNothing) {
  for (const char* pointer : {"/x", "/a/b/2", "/a/b/01", "/a/b/-1", "/a/b/-", "/a/b/1/c/d", "/a/b/99999999999999999999"})
    EXPECT_EQ(at(R"({"a":{"b":[10,{"c":"text"}]}})", pointer), "nothing") << pointer;
}

TEST(JsonPointer, OtherForms_AreToldApart) {
  for (const char* good : {"", "/", "/a/0", "/a~0b~1c"}) EXPECT_TRUE(is_pointer(good)) << good;
  for (const char* bad : {"a", "a/b", "/a~", "/a~2", "$.a"}) EXPECT_FALSE(is_pointer(bad)) << bad;
}

TEST(ShownUrl, UserQueryAndFragment_AreLeftOut) {
  EXPECT_EQ(shown_url("https://shop.example/api/healthz?token=s3cret&x=1#y"), "https://shop.example/api/healthz");
  EXPECT_EQ(shown_url("https://user:s3cret@shop.example:8443/a@b"), "https://shop.example:8443/a@b");
  EXPECT_EQ(shown_url("http://shop.example?s3cret/@x"), "http://shop.example");
  EXPECT_EQ(shown_url("http://shop.example#s3cret"), "http://shop.example");
}

class Judge : public testing::Test {
 protected:
  const Findings& judged(std::int32_t code, std::string body = {}, std::vector<std::string> headers = {}) {
    found = {};
    judge(probe, {code, 1, std::move(headers), std::move(body)}, found);
    return found;
  }
  std::string message() const { return found.all.size() == 1 ? found.all[0].message : std::to_string(found.all.size()) + " findings"; }
  Probe probe{.url = "https://shop.example/healthz?key=s3cret",
              .contains = {},
              .headers = {},
              .json = {},
              .version_pointer = {},
              .version_header = {},
              .version = {}};
  Findings found;
};

TEST_F(Judge, ExpectedStatus_IsEnough) {
  EXPECT_TRUE(judged(200, "anything").all.empty());
  EXPECT_EQ(found.worst, sdk::Verdict::pass);
}

TEST_F(Judge, OtherStatus_Blocks) {
  EXPECT_EQ(judged(503).worst, sdk::Verdict::block);
  EXPECT_EQ(found.all[0].rule, "http-status");
  EXPECT_EQ(message(), "GET https://shop.example/healthz answered with status 503; 200 is expected");
}

TEST_F(Judge, StatusThatIsAskedFor_Passes) {
  probe.status = 404;
  EXPECT_TRUE(judged(404).all.empty());
  EXPECT_FALSE(judged(200).all.empty());
}

TEST_F(Judge, Redirect_SaysThatItIsNotFollowed) {
  judged(308);
  EXPECT_NE(message().find("not followed"), std::string::npos);
}

TEST_F(Judge, BodyWithoutTheText_Blocks) {
  probe.contains = "all good";
  EXPECT_TRUE(judged(200, "it is all good here").all.empty());
  judged(200, "it is not");
  EXPECT_EQ(found.all.at(0).rule, "http-body");
}

TEST_F(Judge, JsonValues_AreAllCompared) {
  probe.json = {{"/status", "ok"}, {"/db/up", "true"}, {"/queue", "0"}};
  EXPECT_TRUE(judged(200, R"({"status":"ok","db":{"up":true},"queue":0})").all.empty());
  judged(200, R"({"status":"degraded","db":{"up":true}})");
  ASSERT_EQ(found.all.size(), 2U);
  EXPECT_EQ(found.all[0].message, "GET https://shop.example/healthz has 'degraded' at '/status'; 'ok' is expected");
  EXPECT_EQ(found.all[1].message, "GET https://shop.example/healthz has nothing at '/queue'; '0' is expected");
}

TEST_F(Judge, BodyThatIsNoJson_IsOneFinding) {
  probe.json = {{"/status", "ok"}};
  probe.version_pointer = "/commit";
  probe.version = "abc";
  judged(200, "<html>");
  EXPECT_EQ(message(), "GET https://shop.example/healthz gave a body that is not JSON");
}

TEST_F(Judge, VersionInTheBody_MustBeTheDeployedOne) {
  probe.version_pointer = "/build/commit";
  probe.version = "abc123";
  EXPECT_TRUE(judged(200, R"({"build":{"commit":"abc123"}})").all.empty());
  judged(200, R"({"build":{"commit":"older"}})");
  EXPECT_EQ(found.all.at(0).rule, "http-version");
  EXPECT_EQ(message(), "GET https://shop.example/healthz reports the version 'older' at '/build/commit'; 'abc123' is expected");
  judged(200, "{}");
  EXPECT_NE(message().find("no version"), std::string::npos);
}

TEST_F(Judge, VersionInAHeader_IsFoundWhateverItsCapitals) {
  probe.version_header = "X-Version";
  probe.version = "abc123";
  EXPECT_TRUE(judged(200, "", {"Date: now", "x-version:  abc123"}).all.empty());
  EXPECT_FALSE(judged(200, "", {"x-version: older"}).all.empty());
  EXPECT_FALSE(judged(200, "", {}).all.empty());
}

TEST_F(Judge, EmptyVersion_IsNotLookedAt) {
  probe.version_pointer = "/commit";
  EXPECT_TRUE(judged(200, "no JSON").all.empty());
}

TEST_F(Judge, LongForeignText_IsCutBetweenCharacters) {
  std::string longer;
  for (int i = 0; i < 100; ++i) longer += "é";
  probe.json = {{"/v", "ok"}};
  judged(200, nlohmann::json{{"v", "x" + longer}}.dump());
  EXPECT_NE(message().find("é…'"), std::string::npos) << message();
  EXPECT_LT(message().size(), 250U);
}

}  // namespace
}  // namespace tidegate::health
