// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace tidegate::pipeline::testing {
namespace {

const base::Environment kVariables = variables({{"A", "alpha"}, {"EMPTY", ""}, {"DOLLAR", "${A}"}});
const base::Place kPlace{"a.toml", 3, 7};

std::string expanded(std::string_view text) {
  const auto out = expand(text, kVariables, kPlace);
  return out ? *out : "error: " + out.error().message;
}

TEST(Expand, Variable_IsReplaced) {
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded("${A}"), "alpha");
  EXPECT_EQ(expanded("<${A}|${A}>"), "<alpha|alpha>");
}

TEST(Expand, Default_IsTakenWhenUnsetOrEmpty) {
  EXPECT_EQ(expanded("${B:-beta}"), "beta");
  EXPECT_EQ(expanded("${EMPTY:-beta}"), "beta");
  EXPECT_EQ(expanded("${A:-beta}"), "alpha");
  EXPECT_EQ(expanded("${B:-}"), "");
}

TEST(Expand, NestedDefault_IsExpanded) {
  EXPECT_EQ(expanded("${B:-${A}}"), "alpha");
  EXPECT_EQ(expanded("${B:-${C:-<${A}>}}!"), "<alpha>!");
  EXPECT_EQ(expanded("${A:-${UNDEFINED}}"), "alpha") << "a default that is not used need not be defined";
}

TEST(Expand, Dollars_AreText) {
  EXPECT_EQ(expanded("$$"), "$");
  EXPECT_EQ(expanded("$${A}"), "${A}");
  EXPECT_EQ(expanded("$A costs 5$"), "$A costs 5$");
  EXPECT_EQ(expanded("${DOLLAR}"), "${A}") << "values are not expanded again";
}

TEST(Expand, UndefinedVariable_IsNamedWithItsPlace) {
  const auto out = expand("x ${MY_URL}", kVariables, kPlace);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, base::Status::config);
  EXPECT_EQ(out.error().message, "the variable MY_URL is not set");
  EXPECT_NE(out.error().hint.find("MY_URL"), std::string::npos);
  EXPECT_EQ(out.error().line, 3U);
  EXPECT_EQ(out.error().column, 7U);
  EXPECT_FALSE(expand("${EMPTY}", kVariables, kPlace));
}

TEST(Expand, WrongReference_IsAnError) {
  for (const char* text : {"${", "${A", "${A:-", "${}", "${1A}", "${A-b}", "${A:b}", "${B:-${C:-x}"})
    EXPECT_FALSE(expand(text, kVariables, kPlace)) << text;
}

TEST(Expand, EndlessNesting_IsRefused) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "${B:-";
  EXPECT_FALSE(expand(text, kVariables, kPlace));
}

}  // namespace
}  // namespace tidegate::pipeline::testing
