// SPDX-License-Identifier: Apache-2.0
#include "cli/http_message.hpp"

#include <gtest/gtest.h>

namespace tidegate::cli {
namespace {

int refused(const std::string& text) {
  const auto parsed = parse_http(text);
  return parsed.refusal ? parsed.refusal->code : 0;
}

TEST(HttpMessage, Request_IsReadWithoutItsQuery) {
  const auto parsed = parse_http("GET /api?x=1 HTTP/1.1\r\nHost: a\r\nAUTHORIZATION:  Bearer abc \r\n\r\n");
  ASSERT_TRUE(parsed.request);
  EXPECT_EQ(parsed.request->method, "GET");
  EXPECT_EQ(parsed.request->path, "/api");
  EXPECT_EQ(parsed.request->authorization, "Bearer abc");
}

TEST(HttpMessage, EveryBeginningOfARequest_IsUnfinished) {
  const std::string whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_TRUE(parse_http(whole.substr(0, size)).unfinished()) << size;
  EXPECT_TRUE(parse_http(whole).request);
}

TEST(HttpMessage, WhatIsNoRequest_IsRefused) {
  EXPECT_EQ(refused("\x16\x03\x01 a TLS greeting"), 400);
  EXPECT_EQ(refused("GET\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET /\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / x HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), 400);
}

TEST(HttpMessage, WhatIsTooLarge_IsRefused) {
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nX: " + std::string(kMostHead, 'x')), 431);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nX: " + std::string(kMostHead, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n"), 413);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 413);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 413);
  EXPECT_TRUE(parse_http("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na=1").request);
}

TEST(HttpMessage, AnswerToHead_HasTheLengthAndNoBody) {
  const auto text = to_http({200, "{}"}, true);
  EXPECT_NE(text.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
  EXPECT_TRUE(to_http({200, "{}"}, false).ends_with("\r\n\r\n{}\n"));
}

TEST(HttpMessage, Secret_IsTheSameOnlyWhenItIs) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  for (const char* wrong : {"", "ab", "abcd", "abcabc", "abd", "ABC"}) EXPECT_FALSE(same_secret(wrong, "abc")) << wrong;
  EXPECT_FALSE(same_secret("", ""));
}

}  // namespace
}  // namespace tidegate::cli
