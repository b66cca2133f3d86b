// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <gtest/gtest.h>

namespace tidegate::notify_slack {
namespace {

TEST(Escaped, ThreeCharacters_BecomeEntitiesAndNothingElse) {
  EXPECT_EQ(escaped("a < b && c > \"d\" *e*", 100), "a &lt; b &amp;&amp; c &gt; \"d\" *e*");
}

TEST(Escaped, MentionOfEverybody_MentionsNobody) {
  EXPECT_EQ(escaped("<!channel>", 100), "&lt;!channel&gt;");
}

TEST(Escaped, TextThatFits_IsWhole) {
  EXPECT_EQ(escaped("abcde", 5), "abcde");
  EXPECT_EQ(escaped("a&", 6), "a&amp;");
  EXPECT_EQ(escaped("", 0), "");
}

TEST(Escaped, TextThatDoesNotFit_EndsInAnEllipsisWithinTheLimit) {
  EXPECT_EQ(escaped("abcdef", 5), "abcd…");
  EXPECT_EQ(escaped("abc", 1), "…");
  EXPECT_EQ(escaped("abc", 0), "");
}

TEST(Escaped, AnyLimit_CutsNeitherCharactersNorEntities) {
  const std::string raw = "é<日本&𝄞>本é";
  const std::string whole = escaped(raw, 1'000);
  for (std::size_t limit = 1; limit <= units(whole); ++limit) {
    std::string cut = escaped(raw, limit);
    EXPECT_LE(units(cut), limit);
    if (limit == units(whole)) break;
    ASSERT_TRUE(cut.ends_with("…")) << cut;
    cut.resize(cut.size() - 3);
    ASSERT_TRUE(whole.starts_with(cut)) << cut;
    EXPECT_NE(static_cast<unsigned char>(whole[cut.size()]) & 0xC0U, 0x80U) << "within a character: " << cut;
    const auto entity = cut.rfind('&');
    EXPECT_TRUE(entity == std::string::npos || cut.find(';', entity) != std::string::npos) << "within an entity: " << cut;
  }
}

TEST(Escaped, BytesThatAreNoUtf8_AreReplaced) {
  EXPECT_EQ(escaped("a\xFF\xC3", 100), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escaped("\xC0\xAF\xED\xA0\x80", 100).find("\xC0"), std::string::npos);
}

TEST(Escaped, ControlCharacters_AreSpaces) {
  EXPECT_EQ(escaped("a\x1b[31m\tb\nc", 100), "a [31m b\nc");
}

TEST(Code, BackticksInside_DoNotEndIt) {
  EXPECT_EQ(code("a`b\nc", 100), "`a'b c`");
  EXPECT_EQ(code_block("x ``` y\nz", 100), "```x ''' y\nz```");
}

TEST(Code, CutText_IsStillClosed) {
  EXPECT_EQ(code("abcdefgh", 6), "`abc…`");
  EXPECT_EQ(code_block("abcdefgh", 10), "```abc…```");
}

TEST(Link, Address_IsALinkWithItsAmpersandsEscaped) {
  EXPECT_EQ(link("https://a.example/?x=1&y=2", "dpl<1>", 100), "<https://a.example/?x=1&amp;y=2|dpl&lt;1&gt;>");
}

TEST(Link, WhatIsNoAddressOrCouldEndTheLink_IsTextAlone) {
  for (const char* url : {"", "javascript:alert(1)", "https://a.example/|x", "https://a.example/>", "https://a.example/a b"})
    EXPECT_EQ(link(url, "dpl_1", 100), "dpl_1") << url;
  EXPECT_EQ(link("https://a.example/" + std::string(200, 'x'), "dpl_1", 100), "dpl_1");
}

TEST(Duration, IsAsLongAsPeopleSayIt) {
  EXPECT_EQ(duration(820), "820 ms");
  EXPECT_EQ(duration(12'900), "12 s");
  EXPECT_EQ(duration(185'000), "3 min 5 s");
  EXPECT_EQ(duration(3'725'000), "1 h 2 min");
}

}  // namespace
}  // namespace tidegate::notify_slack
