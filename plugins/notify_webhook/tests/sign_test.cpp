// SPDX-License-Identifier: Apache-2.0
#include "sign.hpp"

#include <gtest/gtest.h>

namespace tidegate::notify_webhook {
namespace {

// The vector of the Standard Webhooks project's own tests.
TEST(Sign, PublishedVector_GivesItsSignature) {
  const auto key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->size(), 24U);
  EXPECT_EQ(sign(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(SigningKey, PaddedSecret_LosesOnlyThePadding) {
  EXPECT_EQ(signing_key("whsec_YWI=").value(), "ab");
  EXPECT_EQ(signing_key("whsec_YQ==").value(), "a");
}

TEST(SigningKey, AnythingElse_IsRefusedWithoutRepeatingIt) {
  for (const char* secret : {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_abc", "whsec_a!b?", "whsec_====", "whpk_MfKQ", ""}) {
    const auto key = signing_key(secret);
    ASSERT_FALSE(key.ok()) << secret;
    EXPECT_EQ(key.error().code, sdk::Status::config);
    EXPECT_EQ((key.error().message + key.error().hint).find("MfKQ"), std::string::npos);
  }
}

TEST(NewMessageId, EachOne_IsNewAndHasNoDot) {
  const std::string one = new_message_id();
  EXPECT_NE(one, new_message_id());
  EXPECT_EQ(one.find('.'), std::string::npos);
  EXPECT_EQ(one.size(), 36U);
}

}  // namespace
}  // namespace tidegate::notify_webhook
