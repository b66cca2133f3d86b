// SPDX-License-Identifier: Apache-2.0
//
// Which tables, with a database that answers as the test says. The catalog query itself runs in tests/integration.
#include "selection.hpp"

#include <gtest/gtest.h>

#include <tidegate/testing.hpp>

namespace tidegate::backup {
namespace {

std::string plan_of(const std::vector<std::string>& statements) {
  std::string out;
  for (const auto& sql : statements) out += (out.empty() ? "" : ",") + ("{\"sql\":\"" + sql + "\",\"line\":1,\"transactional\":true}");
  return R"({"migrations":[{"name":"1_a","statements":[)" + out + "]}]}";
}

class Selecting : public testing::Test {
 protected:
  Selecting() { host.db().on("count(*)").rows({"count"}, {{"7"}}); }
  void answer(std::vector<sdk::testing::DbAnswer::Cells> rows) {
    host.db().on("pg_inherits").rows({"name", "kind", "reaches"}, std::move(rows));
  }
  Selection select(const std::vector<std::string>& statements) {
    const auto pending = read_plan(plan_of(statements));
    EXPECT_TRUE(pending);
    auto db = sdk::Host(&host).db();
    auto selection = select_pending(*db, *pending);
    EXPECT_TRUE(selection) << selection.error().message;
    return *selection;
  }
  sdk::testing::FakeHost host;
};

TEST_F(Selecting, TablesThatAreNamed_AreAskedForQuoted) {
  answer({{"public.users", "r", "f"}, {"sales.\"Order Lines\"", "r", "f"}});
  const auto selection = select({R"(ALTER TABLE sales.\"Order Lines\" ADD COLUMN a int)", "CREATE INDEX ON users (id)"});
  EXPECT_FALSE(selection.all);
  EXPECT_EQ(selection.names, (std::vector<std::string>{"public.users", "sales.\"Order Lines\""}));
  EXPECT_EQ(selection.with_rows, 2U);
  EXPECT_EQ(host.db().sent().front().params.front(), R"({"\"sales\".\"Order Lines\"","\"users\""})");
}

TEST_F(Selecting, PartitionedTable_HasNoRowsOfItsOwn) {
  answer({{"public.whole", "p", "f"}, {"public.part", "r", "f"}, {"public.a_index", "i", "f"}});
  const auto selection = select({"ALTER TABLE whole ADD COLUMN a int"});
  EXPECT_EQ(selection.names.size(), 2U) << "an index is no table";
  EXPECT_EQ(selection.with_rows, 1U);
}

TEST_F(Selecting, NothingThatExists_IsNothing) {
  answer({});
  const auto selection = select({"CREATE TABLE fresh (id int)"});
  EXPECT_FALSE(selection.all);
  EXPECT_TRUE(selection.names.empty());
}

TEST_F(Selecting, RowsThatReachFurther_MakeItAll) {
  answer({{"public.users", "r", "t"}});
  EXPECT_FALSE(select({"ALTER TABLE users ADD COLUMN a int"}).all) << "a trigger does not fire for this";
  const auto selection = select({"UPDATE users SET a = 1"});
  EXPECT_TRUE(selection.all);
  EXPECT_EQ(selection.with_rows, 7U);
  EXPECT_NE(selection.why.find("public.users"), std::string::npos);
}

TEST_F(Selecting, UnsureStatement_MakesItAllAndSaysWhy) {
  const auto selection = select({"SELECT purge()"});
  EXPECT_TRUE(selection.all);
  EXPECT_EQ(selection.why, "in migration 1_a, it calls purge()");
  EXPECT_TRUE(select({"ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES b (id)", "DELETE FROM b"}).all);
}

TEST(Plan, ThatIsNone_IsAFailure) {
  for (const char* text : {"", "[]", "{}", R"({"migrations":[{}]})", R"({"migrations":[{"statements":[{}]}]})"})
    EXPECT_FALSE(read_plan(text)) << text;
  EXPECT_EQ(read_plan(R"({"migrations":[]})")->migrations, 0U);
}

}  // namespace
}  // namespace tidegate::backup
