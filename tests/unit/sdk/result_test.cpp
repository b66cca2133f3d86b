// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tidegate/services.hpp>

using namespace tidegate::sdk;

TEST(Status, EveryNumber_HasTheNameOfItsRetryClass) {
  EXPECT_EQ(name_of(Status::ok), "ok");
  EXPECT_EQ(name_of(Status::locked), "locked");
  EXPECT_EQ(name_of(Status::internal), "internal");
  EXPECT_EQ(name_of(static_cast<Status>(99)), "internal");
  EXPECT_EQ(name_of(static_cast<Status>(-1)), "internal");
}

TEST(Result, Value_IsMovedOut) {
  Result<std::string> result = std::string("long enough to live on the heap");
  ASSERT_TRUE(result);
  EXPECT_EQ(std::move(*result), "long enough to live on the heap");
}

TEST(Result, VoidError_IsKept) {
  const Result<void> good;
  const Result<void> bad = Error{Status::denied, "no"};
  EXPECT_TRUE(good);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "no");
}
