// SPDX-License-Identifier: Apache-2.0
#include "stage/contract.hpp"

#include <gtest/gtest.h>

namespace tidegate::stage {
namespace {

using base::Status;
using manifest::Kind;
using services::Access;

Outcome concluded(Verdict verdict) {
  Outcome out;
  out.verdict = verdict;
  return out;
}

TEST(Contract, VerdictUnset_IsThePluginsBug) {
  for (const auto kind : {Kind::detect, Kind::precheck, Kind::apply, Kind::verify, Kind::rollback, Kind::notify}) {
    const auto out = enforce(kind, "x", concluded(Verdict::unset));
    ASSERT_TRUE(out.error) << manifest::name_of(kind);
    EXPECT_EQ(out.error->code, Status::internal);
    EXPECT_NE(out.error->message.find("no verdict"), std::string::npos);
  }
}

TEST(Contract, VerdictNumberThatDoesNotExist_IsThePluginsBug) {
  const auto out = enforce(Kind::precheck, "x", concluded(static_cast<Verdict>(9)));
  ASSERT_TRUE(out.error);
  EXPECT_NE(out.error->message.find('9'), std::string::npos);
}

TEST(Contract, Block_OnlyFromPrecheckAndVerify) {
  EXPECT_FALSE(enforce(Kind::precheck, "x", concluded(Verdict::block)).error);
  EXPECT_FALSE(enforce(Kind::verify, "x", concluded(Verdict::block)).error);
  for (const auto kind : {Kind::detect, Kind::apply, Kind::rollback, Kind::notify})
    EXPECT_TRUE(enforce(kind, "x", concluded(Verdict::block)).error) << manifest::name_of(kind);
}

TEST(Contract, FailedCall_HasNoVerdictWhateverThePluginSet) {
  Outcome answer = concluded(Verdict::pass);
  answer.error = base::Error{Status::failed, "no"};
  EXPECT_EQ(enforce(Kind::verify, "x", answer).verdict, Verdict::unset);
}

TEST(Contract, Access_FollowsTheKindAndADryRunNeverWrites) {
  EXPECT_EQ(access_of(Kind::detect, false), Access::read);
  EXPECT_EQ(access_of(Kind::precheck, false), Access::read);
  EXPECT_EQ(access_of(Kind::verify, false), Access::read);
  EXPECT_EQ(access_of(Kind::apply, false), Access::write);
  EXPECT_EQ(access_of(Kind::rollback, false), Access::write);
  EXPECT_EQ(access_of(Kind::notify, false), Access::none);
  EXPECT_EQ(access_of(Kind::apply, true), Access::read);
  EXPECT_EQ(access_of(Kind::rollback, true), Access::read);
}

}  // namespace
}  // namespace tidegate::stage
