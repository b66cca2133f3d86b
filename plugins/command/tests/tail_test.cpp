// SPDX-License-Identifier: Apache-2.0
#include "tail.hpp"

#include <gtest/gtest.h>

namespace tidegate::command {
namespace {

TEST(Tail, FewLines_AreKeptWithoutTheLastNewline) {
  Tail tail;
  EXPECT_EQ(tail.text(), "");
  tail.add("one");
  tail.add("");
  tail.add("three");
  EXPECT_EQ(tail.text(), "one\n\nthree");
}

TEST(Tail, MoreThanItHolds_LosesWholeLinesFromTheFront) {
  Tail tail;
  const std::string line(1'023, 'x');
  for (int i = 0; i < 100; ++i) tail.add(line);
  tail.add("the end");
  EXPECT_LE(tail.text().size(), Tail::kMost);
  EXPECT_GT(tail.text().size(), Tail::kMost - 2'048) << "no more is lost than has to be";
  EXPECT_EQ((tail.text().size() - std::string("\nthe end").size() + 1) % 1'024, 0U) << "no line is cut";
  EXPECT_TRUE(tail.text().ends_with("the end"));
}

TEST(Tail, LineAsLongAsTheBound_IsKept) {
  Tail tail;
  tail.add(std::string(Tail::kMost, 'x'));
  EXPECT_EQ(tail.text().size(), Tail::kMost);
}

TEST(Tail, LastWords_PassOverEmptyLines) {
  Tail tail;
  for (const char* line : {"first", "second", "   ", "  third  ", ""}) tail.add(line);
  EXPECT_EQ(tail.last(2), "second / third");
  EXPECT_EQ(tail.last(0), "");
}

}  // namespace
}  // namespace tidegate::command
