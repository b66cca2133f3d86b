// SPDX-License-Identifier: Apache-2.0
#include "migrations/checksum.hpp"

#include <gtest/gtest.h>

namespace tidegate::migrations {
namespace {

bool matches(std::string_view recorded_text, std::string_view now) {
  return checksum_matches(checksum(recorded_text), checksum(now), now);
}

TEST(Checksum, EmptyText_IsTheWellKnownOne) {
  EXPECT_EQ(checksum(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Checksum, LineEndsThatFlipped_AreNoEdit) {
  EXPECT_TRUE(matches("a\nb\n", "a\r\nb\r\n"));
  EXPECT_TRUE(matches("a\r\nb\r\n", "a\nb\n"));
}

TEST(Checksum, MixedLineEndsAgainstUniformOnes_AreAnEdit) {
  EXPECT_TRUE(matches("a\r\nb\n", "a\r\nb\n"));
  EXPECT_FALSE(matches("a\r\nb\n", "a\nb\n"));
}

TEST(Checksum, OtherChanges_AreEdits) {
  EXPECT_FALSE(matches("a\n", "a"));
  EXPECT_FALSE(matches("a",
                       "\xef\xbb\xbf"
                       "a"));
  EXPECT_FALSE(matches("a\rb", "a\nb"));
  EXPECT_FALSE(checksum_matches("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", checksum(""), ""));
}

TEST(Checksum, OldUnpaddedNotation_IsKnown) {
  EXPECT_TRUE(checksum_matches("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", checksum(""), ""));
  // checksum("b") = 3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d
  EXPECT_TRUE(checksum_matches("3e23e816039594a33894f6564e1b1348bbd7a088d42c4acb73eeaed59c09d", checksum("b"), "b"));
}

}  // namespace
}  // namespace tidegate::migrations
