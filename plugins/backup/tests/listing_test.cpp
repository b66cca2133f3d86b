// SPDX-License-Identifier: Apache-2.0
#include "listing.hpp"

#include <gtest/gtest.h>

namespace tidegate::backup {
namespace {

TEST(Listing, RowsOfATable_AreOneEntry) {
  EXPECT_EQ(tables_in_entry("3345; 0 16389 TABLE DATA public users postgres"), 1);
  EXPECT_EQ(tables_in_entry("3345; 0 16389 TABLE DATA public Order Lines postgres"), 1);
}

TEST(Listing, OtherEntries_AreNone) {
  for (const char* line : {"214; 1259 16389 TABLE public users postgres", "; Archive created at 2026-11-22", "", "3345; 0 16389",
                           "215; 1259 16390 TABLE public TABLE DATA postgres", "x; 0 1 TABLE DATA public users postgres"})
    EXPECT_EQ(tables_in_entry(line), 0) << line;
}

TEST(Version, OfAProgram_IsItsMajor) {
  EXPECT_EQ(major_of("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), 15);
  EXPECT_EQ(major_of("pg_dump (PostgreSQL) 18beta1"), 18);
  EXPECT_EQ(major_of("pg_dump: command not found"), 0);
  EXPECT_EQ(major_of("pg_dump (PostgreSQL) devel"), 0);
}

}  // namespace
}  // namespace tidegate::backup
