// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <gtest/gtest.h>

namespace tidegate::health {
namespace {

std::string quote(std::string_view name) {
  return '"' + std::string(name) + '"';
}

std::string as_sql(std::string_view text) {
  const auto table = parse_table(text);
  return table ? table->sql(quote) : "error: " + table.error().message;
}

TEST(ParseTable, NamesWithAndWithoutSchema_KeepTheirCapitals) {
  EXPECT_EQ(as_sql("Order"), R"("Order")");
  EXPECT_EQ(as_sql("billing.Invoice"), R"("billing"."Invoice")");
}

TEST(ParseTable, QuotedParts_MayContainDotsAndQuotes) {
  EXPECT_EQ(as_sql(R"("my.schema".t)"), R"("my.schema"."t")");
  EXPECT_EQ(as_sql(R"("a""b")"), R"("a"b")");  // parsed back to a"b; this test's quoting doubles nothing
}

TEST(ParseTable, AnythingElse_IsAnErrorThatRepeatsIt) {
  for (const char* text : {"", ".", "a.", ".b", "a.b.c", "\"a", "a\"b", "\"a\"b"}) {
    const auto table = parse_table(text);
    ASSERT_FALSE(table.ok()) << text;
    EXPECT_EQ(table.error().code, sdk::Status::config);
    EXPECT_NE(table.error().message.find(text), std::string::npos);
  }
}

TEST(CombinedQuery, NothingToCheck_StillAsksTheServer) {
  EXPECT_EQ(combined_query({}, false, quote), "SELECT 1");
}

TEST(CombinedQuery, TablesAndIndexes_AreOneStatement) {
  const std::string sql = combined_query({{"", "Order"}, {"billing", "Invoice"}}, true, quote);
  EXPECT_NE(sql.find("indisvalid"), std::string::npos);
  EXPECT_NE(sql.find(R"((SELECT 1 FROM "Order" LIMIT 1))"), std::string::npos);
  EXPECT_NE(sql.find(R"((SELECT 1 FROM "billing"."Invoice" LIMIT 1))"), std::string::npos);
  EXPECT_EQ(sql.find(';'), std::string::npos);
}

}  // namespace
}  // namespace tidegate::health
