// SPDX-License-Identifier: Apache-2.0
#include "manifest/toml.hpp"

#include <gtest/gtest.h>

using namespace tidegate;

TEST(Toml, Tables_KeepTheOrderOfTheFile) {
  const auto document = manifest::parse_toml("zebra = 1\napple = 2\n[middle]\ny = 1\nb = 2\n[[item]]\nz = 1\n[[item]]\na = 1\n", "p.toml");
  ASSERT_TRUE(document);
  std::vector<std::string> keys;
  for (const auto& [key, value] : *document->as<base::Table>()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"zebra", "apple", "middle", "item"}));
  EXPECT_EQ(document->at_path("middle")->as<base::Table>()->front().first, "y");
  EXPECT_EQ(document->at_path("item.1.a")->integer(), 1);
}

TEST(Toml, Values_CarryThePlaceOfKeyAndValue) {
  const auto document = manifest::parse_toml("a = 1\n[stage]\nname  =  [ \"é\", \"x\" ]\n", "p.toml");
  ASSERT_TRUE(document);
  const auto* name = document->at_path("stage.name");
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(base::to_string(name->key_where), "p.toml:3:1");
  EXPECT_EQ(base::to_string(name->where), "p.toml:3:10");
  EXPECT_EQ(base::to_string(document->at_path("stage.name.1")->where), "p.toml:3:17") << "columns count characters, not bytes";
}

TEST(Toml, EveryType_BecomesAValue) {
  const auto document =
      manifest::parse_toml("b=true\ni=-7\nr=1.5\nt='x'\nd=2026-11-22\nw=07:32:00\nz=1979-05-27T07:32:00Z\nl=[1,'a']\n", "p.toml");
  ASSERT_TRUE(document);
  EXPECT_TRUE(document->find("b")->flag());
  EXPECT_EQ(document->find("i")->integer(), -7);
  EXPECT_EQ(*document->find("r")->as<double>(), 1.5);
  EXPECT_EQ(document->find("t")->text(), "x");
  EXPECT_EQ(document->find("d")->text(), "2026-11-22");
  EXPECT_EQ(document->find("w")->text(), "07:32:00");
  EXPECT_EQ(document->find("z")->text(), "1979-05-27T07:32:00Z");
  EXPECT_EQ(document->find("l")->as<base::Array>()->size(), 2U);
}

TEST(Toml, SyntaxError_NamesLineAndColumn) {
  const auto document = manifest::parse_toml("version = 1\nname = acme web\n", "p.toml");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, base::Status::config);
  EXPECT_EQ(document.error().file, "p.toml");
  EXPECT_EQ(document.error().line, 2U);
  EXPECT_GE(document.error().column, 8U);
  EXPECT_NE(document.error().message.find("not valid TOML"), std::string::npos);
}

TEST(Toml, DuplicateKey_IsASyntaxError) {
  const auto document = manifest::parse_toml("a = 1\na = 2\n", "p.toml");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().line, 2U);
}

TEST(Toml, InvalidUtf8_IsRefusedAndNotThrown) {
  EXPECT_FALSE(manifest::parse_toml("a = \"\xff\xfe\"\n", "p.toml"));
}

TEST(Toml, EmptyText_IsAnEmptyTable) {
  const auto document = manifest::parse_toml("", "p.toml");
  ASSERT_TRUE(document);
  EXPECT_TRUE(document->as<base::Table>()->empty());
}
