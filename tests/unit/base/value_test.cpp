// SPDX-License-Identifier: Apache-2.0
#include "base/value.hpp"

#include <gtest/gtest.h>

using namespace tidegate::base;

namespace {

Value example() {
  Value out;
  out.set("name", "acme");
  out.set("stage", Array{Value(Table{{"use", "health"}, {"tables", Array{"Order", "Item"}}})});
  out.set("on", true);
  return out;
}

}  // namespace

TEST(Value, Path_LeadsThroughTablesAndLists) {
  const auto value = example();
  EXPECT_EQ(value.at_path("stage.0.tables.1")->text(), "Item");
  EXPECT_EQ(value.at_path(""), &value);
  EXPECT_TRUE(value.at_path("on")->flag());
}

TEST(Value, PathThatLeadsNowhere_IsNull) {
  const auto value = example();
  for (const char* path : {"nothing", "stage.1", "stage.x", "stage.0x", "stage.-1", "name.x", "stage.0.tables.2", "."})
    EXPECT_EQ(value.at_path(path), nullptr) << path;
}

TEST(Value, Set_KeepsOrderAndReplaces) {
  auto value = example();
  value.set("name", 7);
  ASSERT_EQ(value.as<Table>()->size(), 3U);
  EXPECT_EQ(value.as<Table>()->front().first, "name");
  EXPECT_EQ(value.find("name")->integer(), 7);
}

TEST(Value, OfAnotherType_GivesTheAlternative) {
  const Value text("x");
  EXPECT_EQ(text.integer(5), 5);
  EXPECT_TRUE(text.flag(true));
  EXPECT_EQ(Value(1).text("y"), "y");
  EXPECT_EQ(text.find("key"), nullptr);
}

TEST(Value, Equality_LooksAtDataAndNotAtPlaces) {
  auto a = example();
  const auto b = example();
  a.where = {"p.toml", 3, 1};
  EXPECT_EQ(a, b);
  a.set("on", false);
  EXPECT_FALSE(a == b);
  EXPECT_FALSE(Value(1) == Value(1.0));
}

TEST(Value, TypeName_IsForPeople) {
  EXPECT_EQ(type_name(Value()), "nothing");
  EXPECT_EQ(type_name(Value(true)), "boolean");
  EXPECT_EQ(type_name(Value(1)), "integer");
  EXPECT_EQ(type_name(Value(1.5)), "number");
  EXPECT_EQ(type_name(Value("x")), "text");
  EXPECT_EQ(type_name(Value(Array{})), "list");
  EXPECT_EQ(type_name(Value(Table{})), "table");
}

TEST(Place, Shown_IsWhatEditorsUnderstand) {
  EXPECT_EQ(to_string(Place{"f.toml", 12, 3}), "f.toml:12:3");
  EXPECT_EQ(to_string(Place{"f.toml", 12, 0}), "f.toml:12");
  EXPECT_EQ(to_string(Place{"f.toml", 0, 0}), "f.toml");
  EXPECT_EQ(to_string(Place{}), "");
  const auto error = error_at({"f.toml", 12, 3}, Status::config, "wrong", "do this");
  EXPECT_EQ(error.file, "f.toml");
  EXPECT_EQ(error.line, 12U);
  EXPECT_EQ(error.hint, "do this");
}
