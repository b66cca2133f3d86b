// SPDX-License-Identifier: Apache-2.0
#include "migrations/locate.hpp"

#include <gtest/gtest.h>

namespace tidegate::migrations {
namespace {

void expect_place(std::string_view text, std::string_view what, std::uint32_t line, std::uint32_t column) {
  const Place p = locate(text, text.find(what));
  EXPECT_EQ(p.line, line) << what;
  EXPECT_EQ(p.column, column) << what;
}

TEST(Locate, EveryKindOfLineEnd_CountsOnce) {
  expect_place("a\nb\nX", "X", 3, 1);
  expect_place("a\r\nb\r\n X", "X", 3, 2);
  expect_place("a\rb\rX", "X", 3, 1);
}

TEST(Locate, CharactersOfSeveralBytes_CountAsOneColumn) {
  expect_place("SELECT 'é🌊', X", "X", 1, 14);
}

TEST(Locate, ByteOrderMark_IsNoColumn) {
  expect_place("\xef\xbb\xbfX", "X", 1, 1);
  EXPECT_EQ(locate("\xef\xbb\xbfX", 0).column, 1u);
}

TEST(Locate, EndOfText_IsAPlace) {
  EXPECT_EQ(locate("ab\n", 99).line, 2u);
  EXPECT_EQ(locate("", 0).line, 1u);
}

TEST(Characters, PositionOfTheServer_BecomesAByte) {
  EXPECT_EQ(byte_of_character("é🌊x", 2), 6u);
  EXPECT_EQ(byte_of_character("ab", 9), 2u);
  EXPECT_EQ(characters("é🌊x"), 3u);
}

}  // namespace
}  // namespace tidegate::migrations
