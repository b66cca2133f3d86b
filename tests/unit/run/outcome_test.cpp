// SPDX-License-Identifier: Apache-2.0
#include "run/outcome.hpp"

#include <gtest/gtest.h>

namespace tidegate::run {
namespace {

using base::Error;
using base::Status;

TEST(Outcome, EndBeforeChange_EachClassHasItsExitCode) {
  const std::pair<Status, std::pair<Outcome, int>> table[] = {
      {Status::config, {Outcome::not_started, 2}},      {Status::unsupported, {Outcome::not_started, 2}}, {Status::not_found, {Outcome::not_started, 2}},
      {Status::unavailable, {Outcome::not_started, 6}}, {Status::locked, {Outcome::not_started, 7}},      {Status::denied, {Outcome::blocked, 3}},
      {Status::failed, {Outcome::blocked, 3}},          {Status::deadline, {Outcome::blocked, 3}},        {Status::internal, {Outcome::not_started, 70}},
  };
  for (const auto& [status, wanted] : table) {
    const auto end = end_before_change(Error{status, "x"});
    EXPECT_EQ(end.outcome, wanted.first) << base::name_of(status);
    EXPECT_EQ(end.exit, wanted.second) << base::name_of(status);
  }
}

TEST(Outcome, Names_AreTheContract) {
  EXPECT_EQ(name_of(Outcome::succeeded), "succeeded");
  EXPECT_EQ(name_of(Outcome::not_started), "not_started");
  EXPECT_EQ(name_of(Outcome::blocked), "blocked");
  EXPECT_EQ(name_of(Outcome::failed), "failed");
  EXPECT_EQ(name_of(Outcome::rolled_back), "rolled_back");
  EXPECT_EQ(name_of(Outcome::kept), "kept");
  EXPECT_EQ(name_of(Outcome::rollback_failed), "rollback_failed");
  EXPECT_EQ(name_of(Outcome::cancelled), "cancelled");
}

}  // namespace
}  // namespace tidegate::run
