// SPDX-License-Identifier: Apache-2.0
//
// The canonical form of a description, its stored form, and the difference of two, without a database.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "migrations/fingerprint/description.hpp"
#include "migrations/fingerprint/difference.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

const Item kTable{"table", "", "public.orders", "owner: alice"};
const Item kTotal{"column", "public.orders", "total", "type: numeric(10,2)\nnot null"};
const Item kNote{"column", "public.orders", "note", "type: text"};

Item order(const std::string& columns) {
  return {std::string(kColumnOrder), "public.orders", "", columns};
}
Description of(std::vector<Item> items) {
  return {150018, std::move(items), {}};
}
std::string text(std::vector<Item> before, std::vector<Item> after) {
  return difference(of(std::move(before)), of(std::move(after))).text();
}

TEST(Description, TheOrderInWhichItemsCome_DoesNotMatter) {
  EXPECT_EQ(of({kTable, kTotal, kNote}).hash(), of({kNote, kTable, kTotal}).hash());
  EXPECT_EQ(of({kNote, kTable, kTotal}).items().front(), kNote);
}

TEST(Description, WhereOnePartEndsAndTheNextBegins_IsPartOfTheHash) {
  EXPECT_NE(of({{"table", "", "ab", "c"}}).hash(), of({{"table", "", "a", "bc"}}).hash());
  EXPECT_NE(of({{"table", "a", "b", ""}}).hash(), of({{"table", "", "ab", ""}}).hash());
  EXPECT_NE(of({}).hash(), of({{"", "", "", ""}}).hash());
}

TEST(Description, TheOrderOfColumns_IsInOneHashAlone) {
  const auto a = of({kTable, kTotal, kNote, order("total, note")}), b = of({kTable, kTotal, kNote, order("note, total")});
  EXPECT_NE(a.hash(), b.hash());
  EXPECT_EQ(a.hash_but_column_order(), b.hash_but_column_order());
  const auto found = difference(a, b);
  EXPECT_EQ(found.same, Same::but_column_order);
  EXPECT_EQ(found.text(), "table public.orders: column order total, note -> note, total\n");
}

TEST(Description, Stored_ComesBackAsItWas) {
  const Description before(170004,
                           {kTable, kTotal, kNote, order("total, note"), {"function", "", "public.f()", "definition: a\n\tb \"\\\t\x01 é"}},
                           {"the role x may not see y"});
  const auto stored = before.stored();
  EXPECT_EQ(stored.find('\n'), std::string::npos);
  const auto after = Description::read(stored);
  ASSERT_TRUE(after.ok()) << after.error().message;
  EXPECT_EQ(after->items(), before.items());
  EXPECT_EQ(after->hash(), before.hash());
  EXPECT_EQ(after->hash_but_column_order(), before.hash_but_column_order());
  EXPECT_EQ(after->remarks(), before.remarks());
  EXPECT_EQ(after->server_version(), 170004);
  EXPECT_EQ(Description::read(Description().stored()).value().items().size(), 0U);
}

TEST(Description, Stored_WritesADefinitionThatOccursOftenOnce) {
  std::vector<Item> items;
  for (int i = 0; i < 1000; ++i)
    items.push_back({"column", "public.t", "c" + std::to_string(i), "type: timestamp with time zone\nnot null"});
  EXPECT_LT(of(std::move(items)).stored().size(), 1000 * 12U);
}

TEST(Description, StoredAndChangedSince_IsRefused) {
  auto stored = of({kTable, kTotal}).stored();
  stored.replace(stored.find("numeric(10,2)"), 13, "numeric(99,2)");
  const auto read = Description::read(stored);
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message.find("its hash does not fit"), std::string::npos);
  for (const char* wrong : {"", "{}", "[1]", "{\"format\":2}",
                            "{\"format\":1,\"server\":1,\"hash\":\"\",\"remarks\":[],\"definitions\":[],\"items\":[[\"a\",\"\",\"b\",7]]}"})
    EXPECT_FALSE(Description::read(wrong).ok()) << wrong;
}

TEST(Difference, ChangedProperty_SaysWhatItWasAndIs) {
  auto changed = kTotal;
  changed.definition = "type: numeric(12,2)";
  EXPECT_EQ(text({kTable, kTotal}, {kTable, changed}),
            "table public.orders: column total: type numeric(10,2) -> numeric(12,2)\n"
            "table public.orders: column total: not null removed\n");
  EXPECT_EQ(text({kTable}, {{"table", "", "public.orders", "owner: alice\ncomment: x"}}), "table public.orders: comment (none) -> x\n");
}

TEST(Difference, MissingAndNew_AreNamed_AndWhatIsPartOfThemIsNot) {
  EXPECT_EQ(text({kTable, kTotal, order("total")}, {}), "table public.orders missing\n");
  EXPECT_EQ(text({}, {kTable, kTotal, order("total")}), "table public.orders new\n");
  EXPECT_EQ(text({kTable, kTotal}, {kTable, kNote}), "table public.orders: column note new\ntable public.orders: column total missing\n");
  EXPECT_EQ(text({kTable}, {kTable}), "");
}

TEST(Difference, AColumnMore_IsNoChangeOfTheOrder) {
  const auto found = difference(of({kTable, kTotal, order("total")}), of({kTable, kTotal, kNote, order("note, total")}));
  EXPECT_EQ(found.same, Same::different);
  EXPECT_EQ(found.text(), "table public.orders: column note new\n");
}

TEST(Difference, LongValues_AreToldByTheirFirstLineThatDiffers) {
  const Item f{"function", "", "public.f()", "definition: one\n\t  two\n\tthree"},
      g{"function", "", "public.f()", "definition: one\n\t  2\n\tthree"};
  EXPECT_EQ(text({f}, {g}), "function public.f(): definition, line 2: two -> 2\n");
  const Item shorter{"function", "", "public.f()", "definition: one"};
  EXPECT_EQ(text({f}, {shorter}), "function public.f(): definition, line 2: two -> (end)\n");
  std::string umlauts;
  for (int i = 0; i < 80; ++i) umlauts += "ü";
  const auto cut = text({kTable}, {{"table", "", "public.orders", "owner: alice\ncomment: x" + umlauts}});
  EXPECT_EQ(cut, "table public.orders: comment (none) -> x" + umlauts.substr(0, 98) + "…\n");
}

TEST(Difference, Json_HasTheWholeValues) {
  auto changed = kTotal;
  changed.definition = "type: numeric(12,2)";
  const auto found = difference(of({kTable, kTotal, kNote}), of({kTable, changed}));
  const auto json = nlohmann::json::parse(found.json());
  EXPECT_EQ(json.at("same"), "different");
  ASSERT_EQ(json.at("changes").size(), 3U);
  EXPECT_EQ(json["changes"][0], nlohmann::json::parse(R"({"change":"missing","kind":"column","part_of":"table public.orders","name":"note",
    "text":"table public.orders: column note missing"})"));
  EXPECT_EQ(json["changes"][1]["property"], "type");
  EXPECT_EQ(json["changes"][1]["before"], "numeric(10,2)");
  EXPECT_EQ(json["changes"][1]["after"], "numeric(12,2)");
  EXPECT_FALSE(json["changes"][2].contains("after"));
  EXPECT_EQ(nlohmann::json::parse(difference(of({}), of({})).json()),
            nlohmann::json::parse(R"({"same":"equal","changes":[],"remarks":[]})"));
}

TEST(Difference, WhatOneOfThemCouldNotSee_IsRemarked) {
  const Description blind(150018, {kTable}, {"the role x may not see y"});
  const Description other(170004, {kTable}, {});
  EXPECT_EQ(
      difference(blind, other).text(),
      "note: the descriptions come from PostgreSQL 15 and 17, which spell some definitions differently\nnote: the role x may not see y\n");
}

}  // namespace
}  // namespace tidegate::migrations::fingerprint
