// SPDX-License-Identifier: Apache-2.0
#include "run/history.hpp"

#include <gtest/gtest.h>

namespace tidegate::run {
namespace {

TEST(History, Read_ListsNamesOfTextsAndTables) {
  const auto h = read_history(R"({"applied":[{"name":"a","applied_at":"2026-01-01T00:00:00Z"}],"pending":["b"],
      "failed":[{"name":"c","started_at":"","logs":"x"}],"edited":["a"],"missing":[],"newest":"n1","count":1})");
  ASSERT_TRUE(h) << h.error().message;
  EXPECT_EQ(h->applied.at(0).name, "a");
  EXPECT_EQ(h->applied.at(0).applied_at, "2026-01-01T00:00:00Z");
  EXPECT_EQ(h->pending, std::vector<std::string>{"b"});
  EXPECT_EQ(h->failed, std::vector<std::string>{"c"});
  EXPECT_EQ(h->newest, "n1");
}

TEST(History, Read_NotTheDocumentedForm_IsThePluginsBug) {
  for (const char* text : {"", "[]", "{}", R"({"applied":[],"pending":"b","failed":[],"edited":[],"missing":[]})"}) {
    const auto h = read_history(text);
    ASSERT_FALSE(h) << text;
    EXPECT_EQ(h.error().code, base::Status::internal) << text;
  }
}

TEST(History, Standing_IsWhatCameInBetweenAppliedOrFailed) {
  History before;
  before.applied = {{"a", ""}};
  before.failed = {"old"};
  History after;
  after.applied = {{"a", ""}, {"b", ""}};
  after.failed = {"old", "c"};
  EXPECT_EQ(standing(before, after), (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(standing(before, before).empty());
}

TEST(History, Begun_StandsWhereItIsNewOrCameFurther) {
  const auto of = [](const std::string& begun) {
    const auto h = read_history(R"({"applied":[],"pending":["m"],"failed":[],"edited":[],"missing":[],"newest":"")" + begun + "}");
    EXPECT_TRUE(h) << h.error().message;
    return h ? *h : History{};
  };
  const auto none = of(""), one = of(R"(,"begun":[{"name":"m","done":1,"of":3,"logs":""}])"), two = of(R"(,"begun":[{"name":"m","done":2,"of":3,"logs":""}])");
  ASSERT_EQ(one.begun.size(), 1U);
  EXPECT_EQ(one.begun[0].done, 1);
  EXPECT_EQ(standing(none, one), std::vector<std::string>{"m"});
  EXPECT_EQ(standing(one, two), std::vector<std::string>{"m"});
  EXPECT_TRUE(standing(one, one).empty());
}

TEST(Plan, Read_KeepsStatementsInOrder) {
  const auto plan = read_plan(R"({"migrations":[{"name":"m","checksum":"c","file":"f.sql","transactional":false,
      "statements":[{"sql":"one","line":1,"transactional":true},{"sql":"two","line":4,"transactional":false}]}]})");
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->size(), 1U);
  EXPECT_FALSE(plan->at(0).transactional);
  EXPECT_EQ(plan->at(0).statements.at(1).sql, "two");
  EXPECT_EQ(plan->at(0).statements.at(1).line, 4);
  EXPECT_FALSE(plan->at(0).statements.at(1).transactional);
}

}  // namespace
}  // namespace tidegate::run
