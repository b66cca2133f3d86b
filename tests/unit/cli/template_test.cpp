// SPDX-License-Identifier: Apache-2.0
#include "cli/template.hpp"

#include <gtest/gtest.h>

namespace tidegate::cli {
namespace {

const std::map<std::string, std::string> kValues{{"name", "hours"}, {"kind", "verify"}};

TEST(Template, Keys_AreFilledIn) {
  EXPECT_EQ(*fill_template("a @name@ b @kind@\n", kValues, {}), "a hours b verify\n");
}

TEST(Template, OtherAtSigns_AreText) {
  EXPECT_EQ(*fill_template("a@b.example @ @A@ @@ x@\n", kValues, {}), "a@b.example @ @A@ @@ x@\n");
}

TEST(Template, Part_IsForThoseThatItNames) {
  const std::string text = "first\n@if verify apply@\nsecond\n@end@\n@if detect@\nthird\n@end@\nlast\n";
  EXPECT_EQ(*fill_template(text, kValues, {"verify", "c"}), "first\nsecond\nlast\n");
  EXPECT_EQ(*fill_template(text, kValues, {"detect"}), "first\nthird\nlast\n");
}

TEST(Template, PartWithinAPart_NeedsBoth) {
  const std::string text = "@if verify@\n@if c@\nboth\n@end@\none\n@end@\n";
  EXPECT_EQ(*fill_template(text, kValues, {"verify", "c"}), "both\none\n");
  EXPECT_EQ(*fill_template(text, kValues, {"verify"}), "one\n");
  EXPECT_EQ(*fill_template(text, kValues, {"c"}), "");
}

TEST(Template, UnknownKey_IsNamedWithItsLine) {
  const auto filled = fill_template("a\n@nobody@\n", kValues, {});
  ASSERT_FALSE(filled);
  EXPECT_NE(filled.error().message.find("line 2"), std::string::npos);
  EXPECT_NE(filled.error().message.find("@nobody@"), std::string::npos);
}

TEST(Template, PartsThatDoNotMatch_AreMistakes) {
  EXPECT_FALSE(fill_template("@if verify@\na\n", kValues, {"verify"}));
  EXPECT_FALSE(fill_template("@end@\n", kValues, {}));
}

TEST(CamelCase, Words) {
  EXPECT_EQ(camel_case("working_hours"), "WorkingHours");
  EXPECT_EQ(camel_case("a-b2_c"), "AB2C");
}

}  // namespace
}  // namespace tidegate::cli
