// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <gtest/gtest.h>

namespace tidegate::notify_webhook {
namespace {

const std::chrono::system_clock::time_point kTime{std::chrono::milliseconds(1'614'265'330'123)};

TEST(Message, Event_BecomesTypeTimestampAndDataInThisOrder) {
  const auto message = message_for(R"({"event":{"name":"succeeded","run":"r1","applied":["001_a"],"exit":0}})", kTime);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(
      *message,
      R"({"type":"run.succeeded","timestamp":"2021-02-25T15:02:10.123Z","data":{"name":"succeeded","run":"r1","applied":["001_a"],"exit":0}})");
}

TEST(Message, ArgumentsWithoutANamedEvent_AreAnError) {
  for (const char* arguments : {"", "[]", "{}", R"({"event":1})", R"({"event":{}})", R"({"event":{"name":3}})"})
    EXPECT_FALSE(message_for(arguments, kTime).ok()) << arguments;
}

}  // namespace
}  // namespace tidegate::notify_webhook
