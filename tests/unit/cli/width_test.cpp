// SPDX-License-Identifier: Apache-2.0
#include "cli/width.hpp"

#include <gtest/gtest.h>

namespace tidegate::cli {
namespace {

TEST(Width, OfWideCharacters_IsTwoColumnsAndOfCombiningOnesNone) {
  EXPECT_EQ(width_of("abc"), 3U);
  EXPECT_EQ(width_of("größe"), 5U);
  EXPECT_EQ(width_of("日本語"), 6U);
  EXPECT_EQ(width_of("한국"), 4U);
  EXPECT_EQ(width_of("e\xCC\x81"), 1U) << "e and a combining accent";
  EXPECT_EQ(width_of("🚀"), 2U);
  EXPECT_EQ(width_of("…"), 1U);
}

TEST(Width, OfWhatIsNoUtf8_IsAColumnAByte) {
  EXPECT_EQ(width_of("\xFF\xC3"), 2U);
  EXPECT_EQ(width_of("\xE6\x97"), 2U) << "half a character";
}

TEST(Width, Cut_FitsExactlyAndSplitsNoCharacter) {
  EXPECT_EQ(cut_to_width("abcdef", 6, "…"), "abcdef");
  EXPECT_EQ(cut_to_width("abcdefg", 6, "…"), "abcde…");
  EXPECT_EQ(cut_to_width("日本語テキスト", 6, "…"), "日本…") << "five columns: half a character has no place";
  EXPECT_EQ(cut_to_width("abcdef", 5, "..."), "ab...");
  EXPECT_EQ(cut_to_width("abcdef", 2, "..."), "");
  EXPECT_EQ(cut_to_width("abcdef", 0, "…"), "");
  for (std::size_t columns = 1; columns < 20; ++columns)
    EXPECT_LE(width_of(cut_to_width("zehn größere 日本語 e\xCC\x81 and 🚀 more", columns, "…")), columns) << columns;
}

}  // namespace
}  // namespace tidegate::cli
