// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "cli/plan_answer.hpp"
#include "cli/width.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

base::Value of(const std::string& json) {
  auto value = run::from_json(json);
  EXPECT_TRUE(value) << json;
  return *value;
}

base::Value answer(const std::string& migrations) {
  return of(R"({"hash":"abc","target":"db:5432/shop","environment":{"name":"production"},"exit":0,"migrations":[)" + migrations + R"(],"checks":[]})");
}

const char* const kMigration = R"({"name":"1_a","transactional":true,"reversible":"exact_but_column_order","proven":true,"statements":[
  {"sql":"ALTER TABLE orders\n  ALTER COLUMN amount TYPE bigint, ADD COLUMN something_with_a_long_name_that_needs_room text","line":3,
   "locks":[{"relation":"orders_pkey","mode":"AccessExclusiveLock","reads_wait":true,"writes_wait":true,"index":true},
            {"relation":"customers","mode":"ShareRowExclusiveLock","reads_wait":false,"writes_wait":true},
            {"relation":"orders","mode":"AccessExclusiveLock","reads_wait":true,"writes_wait":true}],
   "rewrite":true,"scan":false,"rewritten":["orders"],"scanned":[],"tables":[{"relation":"orders","bytes":15032385536}],
   "estimate":{"from_ms":120000,"to_ms":720000}},
  {"sql":"VACUUM","line":9}],"findings":[]})";

TEST(PlanText, Table_FitsItsColumnsAndCutsTheStatementAlone) {
  for (const std::size_t columns : {80U, 100U, 120U, 200U}) {
    const auto text = plan_text(answer(kMigration), columns, {});
    for (const auto& line : base::split(text, '\n')) EXPECT_LE(width_of(line), columns) << line;
    if (columns < 100) continue;
    EXPECT_NE(text.find("AccessExclusiveLock orders "), std::string::npos) << text;
    EXPECT_NE(text.find("14 GB"), std::string::npos);
    EXPECT_NE(text.find("2 to 12 min"), std::string::npos);
    EXPECT_NE(text.find("can be undone: exact but column order, proven"), std::string::npos);
    EXPECT_LT(text.find("AccessExclusiveLock orders"), text.find("ShareRowExclusiveLock customers")) << "the gravest first";
    EXPECT_EQ(text.find("orders_pkey"), std::string::npos);
    EXPECT_NE(text.find("9     VACUUM"), std::string::npos);
  }
}

TEST(PlanText, StatementWithoutEffects_SaysThatTheyAreNotKnown) {
  const auto text = plan_text(answer(kMigration), 120, {});
  const auto vacuum = text.substr(text.find("VACUUM"));
  EXPECT_NE(vacuum.substr(0, vacuum.find('\n')).find('?'), std::string::npos) << vacuum;
}

TEST(PlanMarkdown, SomebodysText_IsShownAsItIs) {
  const auto text = plan_markdown(answer(
      R"({"name":"1_<b>|x","transactional":true,"statements":[{"sql":"SELECT '<script>|`'","line":1,"locks":[]}],
          "findings":[{"verdict":"block","rule":"r","message":"a|b <i>","where":{"file":"f","line":1},"fix":"````\nDROP"}]})"));
  EXPECT_EQ(text.find("<b>"), std::string::npos) << text;
  EXPECT_EQ(text.find("<script>"), std::string::npos);
  EXPECT_NE(text.find("SELECT '&lt;script&gt;\\|\\`'"), std::string::npos) << text;
  EXPECT_NE(text.find("`````sql\n````\nDROP\n`````\n"), std::string::npos) << "a fence that the text does not end: " << text;
}

TEST(PlanMarkdown, Long_StaysBelowTheLimitAndSaysWhatIsLeftOut) {
  std::string migrations;
  for (int i = 0; i < 2'000; ++i)
    migrations += (i == 0 ? "" : ",") + std::string(R"({"name":")") + std::to_string(i) + R"(_x","transactional":true,"statements":[{"sql":"SELECT 1","line":1}],"findings":[]})";
  const auto text = plan_markdown(answer(migrations));
  EXPECT_LT(text.size(), 65'536U);
  EXPECT_NE(text.find("more parts are left out"), std::string::npos);
  EXPECT_NE(text.find("Hash of this plan: `abc`"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::cli
