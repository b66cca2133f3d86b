// SPDX-License-Identifier: Apache-2.0
//
// The soak with a clock that moves only by waiting and by rounds that take as long as told.
#include "soak.hpp"

#include <gtest/gtest.h>

namespace tidegate::health {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

class SoakTest : public testing::Test {
 protected:
  /// `rounds`: a character a round: '.' passes, 'x' blocks, 'e' cannot be asked, '!' is a bug, 'w' warns; then all pass.
  Soaked go(const std::string& rounds) {
    return soak(settings, world, [&, i = std::size_t{0}](Findings& found) mutable -> Result<void> {
      const char kind = i < rounds.size() ? rounds[i] : '.';
      ++i;
      clock_ms += round_ms;
      if (kind == 'x') found.add(Verdict::block, "http-status", "GET x answered with 503", "");
      if (kind == 'w') found.add(Verdict::warn, "index-invalid", "being built", "");
      if (kind == 'e') return Error{Status::unavailable, "connection lost"};
      if (kind == '!') return Error{Status::internal, "a bug"};
      return {};
    });
  }

  Soak settings{120'000, 5'000, 2};
  std::int64_t clock_ms = 0, round_ms = 0, limit_ms = 1'000'000;
  bool cancel = false;
  std::vector<std::string> warned;
  std::vector<std::int64_t> progress;
  SoakWorld world{[this](std::int64_t ms) {
                    clock_ms += ms;
                    return cancel || clock_ms > limit_ms;
                  },
                  [this] { return clock_ms > limit_ms; }, [this] { return clock_ms; },
                  [this](std::int64_t elapsed, std::int64_t) { progress.push_back(elapsed); },
                  [this](const std::string& text) { warned.push_back(text); }};
};

TEST_F(SoakTest, AllWell_AsksAtTheGivenPaceUntilTheEnd) {
  const auto done = go("");
  EXPECT_FALSE(done.error);
  EXPECT_EQ(done.rounds, 24U);
  EXPECT_EQ(clock_ms, 120'000);
  EXPECT_TRUE(done.found.all.empty());
  EXPECT_EQ(progress.front(), 5'000);
  EXPECT_EQ(progress.back(), 120'000);
}

TEST_F(SoakTest, RoundsThatTakeTime_KeepThePace) {
  round_ms = 2'000;
  EXPECT_EQ(go("").rounds, 24U);
  EXPECT_EQ(clock_ms, 122'000) << "the first wait and its round, then 5 s each";
}

TEST_F(SoakTest, RoundsSlowerThanThePace_FollowAtOnceAndDoNotProlongIt) {
  round_ms = 30'000;
  EXPECT_EQ(go("").rounds, 4U);
}

TEST_F(SoakTest, EnoughFailuresInARow_Block) {
  const auto done = go("..xx");
  EXPECT_FALSE(done.error);
  EXPECT_EQ(done.found.worst, Verdict::block);
  EXPECT_EQ(done.rounds, 4U) << "it does not go on";
  ASSERT_EQ(done.found.all.size(), 1U);
  EXPECT_EQ(done.found.all[0].rule, "http-status");
  ASSERT_EQ(warned.size(), 2U);
  EXPECT_EQ(warned[1], "soak, after 20 s: failure 2 of 2 in a row: GET x answered with 503");
}

TEST_F(SoakTest, FailuresThatAreNotInARow_AreForgivenAndTold) {
  const auto done = go("x.x.x.");
  EXPECT_FALSE(done.error);
  EXPECT_EQ(done.rounds, 24U);
  EXPECT_EQ(done.found.worst, Verdict::warn);
  ASSERT_EQ(done.found.all.size(), 1U);
  EXPECT_EQ(done.found.all[0].rule, "soak-unsteady");
  EXPECT_EQ(done.found.all[0].message, "3 of 24 rounds of the soak failed, never 2 in a row: GET x answered with 503");
}

TEST_F(SoakTest, OneFailureIsTooMany_WhenSoSet) {
  settings.failures = 1;
  EXPECT_EQ(go(".x").found.worst, Verdict::block);
}

TEST_F(SoakTest, FailureAtTheVeryEnd_IsAskedAgainAndNotForgivenUnseen) {
  const std::string well(23, '.');
  EXPECT_EQ(go(well + "xx").found.worst, Verdict::block);
  const auto recovered = go(well + "x.");
  EXPECT_EQ(recovered.rounds, 25U);
  EXPECT_EQ(recovered.found.worst, Verdict::warn);
}

TEST_F(SoakTest, RoundsThatCannotBeAsked_CountAndEndAsACheckThatCouldNotRun) {
  const auto done = go("xe");
  ASSERT_TRUE(done.error);
  EXPECT_EQ(done.error->code, Status::unavailable);
  EXPECT_EQ(go("e.").found.worst, Verdict::warn) << "one is forgiven";
}

TEST_F(SoakTest, FailureThatCannotPass_EndsItAtOnce) {
  const auto done = go(".!");
  ASSERT_TRUE(done.error);
  EXPECT_EQ(done.error->code, Status::internal);
  EXPECT_EQ(done.rounds, 2U);
}

TEST_F(SoakTest, WarningOfEachRound_IsToldOnce) {
  const auto done = go("www");
  EXPECT_EQ(done.found.worst, Verdict::warn);
  ASSERT_EQ(done.found.all.size(), 1U);
  EXPECT_EQ(done.found.all[0].rule, "index-invalid");
}

TEST_F(SoakTest, Cancelled_EndsAtOnceAndHasNotPassed) {
  cancel = true;
  const auto done = go("");
  ASSERT_TRUE(done.error);
  EXPECT_EQ(done.error->code, Status::cancelled);
  EXPECT_EQ(done.rounds, 0U);
}

TEST_F(SoakTest, DeadlineBeforeTheEnd_HasNotPassed) {
  limit_ms = 60'000;
  const auto done = go("");
  ASSERT_TRUE(done.error);
  EXPECT_EQ(done.error->code, Status::deadline);
  EXPECT_NE(done.error->message.find("after 60 s of 120 s"), std::string::npos) << done.error->message;
}

}  // namespace
}  // namespace tidegate::health
