// SPDX-License-Identifier: Apache-2.0
#include "migrations/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tidegate::migrations {
namespace {

// As observed of the real tool; a name beyond ASCII stood between B and Z1.
const std::vector<std::string> kObserved = {"_x",
                                            ".hid",
                                            "0_init",
                                            "00_init",
                                            "10_x",
                                            "2024_01",
                                            "2024-01",
                                            "202401",
                                            "20240105000000_a",
                                            "20240105000000_b",
                                            "20240105000000_B",
                                            "20240105000000_with space",
                                            "20240105000000-a",
                                            "202401050000000_z",
                                            "9_x",
                                            "a",
                                            "A",
                                            "a b",
                                            "a_b",
                                            "a-b",
                                            "B",
                                            "Z1",
                                            "z10",
                                            "z2"};

TEST(IcuOrder, ObservedList_IsReproducedPairByPair) {
  for (std::size_t i = 0; i < kObserved.size(); ++i) {
    for (std::size_t j = i + 1; j < kObserved.size(); ++j) {
      EXPECT_EQ(icu_less(kObserved[i], kObserved[j]), true) << kObserved[i] << " < " << kObserved[j];
      EXPECT_EQ(icu_less(kObserved[j], kObserved[i]), false) << kObserved[j] << " < " << kObserved[i];
    }
  }
}

TEST(IcuOrder, NamesBeyondAscii_AreUndecidedUntilSomethingEarlierDecides) {
  EXPECT_EQ(icu_less("é", "z"), std::nullopt);
  EXPECT_EQ(icu_less("1_é", "2_z"), true);
  EXPECT_EQ(icu_less("20240101000000_é", "20240101000000_a"), std::nullopt);
}

TEST(OrderDiffers, UsualNames_Agree) {
  EXPECT_EQ(order_differs({"20221206131204_init", "20221207113401_user_organization", "20221207113401_user_organization_2"}), std::nullopt);
  EXPECT_EQ(order_differs({"01_init", "02_report", "10_x"}), std::nullopt);
  EXPECT_EQ(order_differs({"only é"}), std::nullopt);
}

TEST(OrderDiffers, UnderscoreAgainstDigitOrCapitals_NamesThePair) {
  auto pair = order_differs({"20240105000000_a", "20240105000000_b", "202401_x"});
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->first, "20240105000000_b");
  EXPECT_EQ(pair->second, "202401_x");
  EXPECT_TRUE(order_differs({"1_B", "1_a"}));
  EXPECT_TRUE(order_differs({"1_a", "1_é"}));
}

}  // namespace
}  // namespace tidegate::migrations
