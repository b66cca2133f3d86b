// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <gtest/gtest.h>

namespace tidegate::health {
namespace {

TEST(ReadHistory, NamesAndObjects_GiveTheNames) {
  const auto history = read_history(R"({"applied":[],"pending":["3_c"],"failed":[{"name":"2_b","started_at":"…","logs":""}],"edited":[]})");
  ASSERT_TRUE(history.ok());
  EXPECT_EQ(history->pending, std::vector<std::string>{"3_c"});
  EXPECT_EQ(history->failed, std::vector<std::string>{"2_b"});
}

TEST(ReadHistory, AnotherForm_IsAnErrorAndNotAPass) {
  for (const char* json : {"", "{}", "[]", R"({"pending":[]})", R"({"pending":null,"failed":[]})", R"({"pending":[1],"failed":[]})"})
    EXPECT_FALSE(read_history(json).ok()) << json;
}

}  // namespace
}  // namespace tidegate::health
