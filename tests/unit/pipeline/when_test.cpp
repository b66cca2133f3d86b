// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace tidegate::pipeline::testing {
namespace {

bool holds_for(const std::string& key, std::vector<std::string> any_of, const std::map<std::string, std::string>& context) {
  return holds({{key, std::move(any_of), {}}}, [&](std::string_view name) -> std::optional<std::string> {
    const auto at = context.find(std::string(name));
    return at == context.end() ? std::nullopt : std::optional(at->second);
  });
}

bool environment(std::vector<std::string> any_of, const std::string& name, const std::string& environment_class = "") {
  std::map<std::string, std::string> context{{"environment.name", name}};
  if (!environment_class.empty()) context["environment.class"] = environment_class;
  return holds_for("environment.name", std::move(any_of), context);
}

TEST(When, NoCondition_Holds) {
  EXPECT_TRUE(holds({}, [](std::string_view) { return std::nullopt; }));
}

TEST(When, MissingValue_NeverHolds) {
  EXPECT_FALSE(holds_for("a.b", {"x"}, {}));
  EXPECT_FALSE(holds_for("a.b", {"!=x"}, {}));
}

TEST(When, Text_IsComparedWhole) {
  EXPECT_TRUE(holds_for("a.b", {"x"}, {{"a.b", "x"}}));
  EXPECT_TRUE(holds_for("a.b", {"=x"}, {{"a.b", "x"}}));
  EXPECT_FALSE(holds_for("a.b", {"x"}, {{"a.b", "xy"}}));
  EXPECT_FALSE(holds_for("a.b", {"!=x"}, {{"a.b", "x"}}));
  EXPECT_TRUE(holds_for("a.b", {"!=x"}, {{"a.b", "y"}}));
  EXPECT_TRUE(holds_for("a.b", {"!=x"}, {{"a.b", ""}}));
}

TEST(When, List_HoldsWhenOneDoes) {
  EXPECT_TRUE(holds_for("a.b", {"x", "y"}, {{"a.b", "y"}}));
  EXPECT_FALSE(holds_for("a.b", {"x", "y"}, {{"a.b", "z"}}));
}

TEST(When, TwoNumbers_AreComparedAsNumbers) {
  EXPECT_TRUE(holds_for("a.b", {">9"}, {{"a.b", "10"}}));
  EXPECT_FALSE(holds_for("a.b", {">10"}, {{"a.b", "10"}}));
  EXPECT_TRUE(holds_for("a.b", {">=10"}, {{"a.b", "10.0"}}));
  EXPECT_TRUE(holds_for("a.b", {"<= 5"}, {{"a.b", "-3"}}));
  EXPECT_FALSE(holds_for("a.b", {"<5"}, {{"a.b", "5"}}));
  EXPECT_TRUE(holds_for("a.b", {"5"}, {{"a.b", "5.0"}}));
  EXPECT_FALSE(holds_for("a.b", {"!=5"}, {{"a.b", "5.0"}}));
}

TEST(When, NumberAndText_AreComparedAsText) {
  EXPECT_FALSE(holds_for("a.b", {">9x"}, {{"a.b", "10"}}));
  EXPECT_TRUE(holds_for("a.b", {">a"}, {{"a.b", "b"}}));
  EXPECT_FALSE(holds_for("a.b", {"inf"}, {{"a.b", "infinity"}}));
}

TEST(When, AllConditions_MustHold) {
  const std::vector<Condition> both{{"a", {"1"}, {}}, {"b", {"2"}, {}}};
  EXPECT_TRUE(holds(both, [](std::string_view key) { return std::optional<std::string>(key == "a" ? "1" : "2"); }));
  EXPECT_FALSE(holds(both, [](std::string_view) { return std::optional<std::string>("1"); }));
}

TEST(When, CustomEnvironment_MatchesByNameAndByClass) {
  EXPECT_TRUE(environment({"staging"}, "staging", "preview"));
  EXPECT_TRUE(environment({"preview"}, "staging", "preview"));
  EXPECT_FALSE(environment({"production"}, "staging", "preview"));
  EXPECT_FALSE(environment({"!=preview"}, "staging", "preview"));
  EXPECT_TRUE(environment({"!=development"}, "staging", "preview"));
}

TEST(When, UnknownEnvironment_CountsAsProduction) {
  EXPECT_TRUE(environment({"production"}, "unknown"));
  EXPECT_TRUE(environment({"unknown"}, "unknown"));
  EXPECT_FALSE(environment({"!=production"}, "unknown"));
  EXPECT_TRUE(environment({"!=development"}, "unknown"));
  EXPECT_FALSE(environment({"preview", "development"}, "unknown", "unknown"));
  EXPECT_TRUE(environment({"production"}, "blue", "unknown"));
}

TEST(When, OtherKeyThatIsUnknown_IsNotProduction) {
  EXPECT_FALSE(holds_for("x.name", {"production"}, {{"x.name", "unknown"}}));
}

}  // namespace
}  // namespace tidegate::pipeline::testing
