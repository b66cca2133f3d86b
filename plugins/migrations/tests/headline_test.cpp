// SPDX-License-Identifier: Apache-2.0
#include "migrations/headline.hpp"

#include <gtest/gtest.h>

namespace tidegate::migrations {
namespace {

TEST(Headline, CommentsAndLineBreaks_AreLeftOut) {
  EXPECT_EQ(headline("-- why\n/* and how */ CREATE TABLE\n\t\"Order  1\" -- of a customer\n (id int);\n"), "CREATE TABLE \"Order  1\" (id int)");
}

TEST(Headline, Literals_AreNotRepeated) {
  EXPECT_EQ(headline("CREATE ROLE app PASSWORD 'it''s -- secret' LOGIN"), "CREATE ROLE app PASSWORD '…' LOGIN");
  EXPECT_EQ(headline(R"(ALTER ROLE app PASSWORD E'a\'secret' LOGIN)"), "ALTER ROLE app PASSWORD E'…' LOGIN");
  EXPECT_EQ(headline(R"(SELECT 1 WHERE a LIKE'\' AND b = 'secret')"), "SELECT 1 WHERE a LIKE'…' AND b = '…'");
  EXPECT_EQ(headline("DO $do$ BEGIN PERFORM $$secret$$; END $do$ LANGUAGE plpgsql"), "DO $…$ LANGUAGE plpgsql");
  EXPECT_EQ(headline("ALTER ROLE app PASSWORD 'secret"), "ALTER ROLE app PASSWORD '…'");
  EXPECT_EQ(headline("DO $$ secret"), "DO $…$");
}

TEST(Headline, DollarWithinAWord_IsNoQuote) {
  EXPECT_EQ(headline("SELECT a$b, c$d FROM t"), "SELECT a$b, c$d FROM t");
}

TEST(Headline, LongStatement_IsCutBetweenCharacters) {
  EXPECT_EQ(headline("SELECT \"äöü\"", 9), "SELECT \"…");
  EXPECT_EQ(headline("SELECT \"äöü\"", 10), "SELECT \"ä…");
}

}  // namespace
}  // namespace tidegate::migrations
