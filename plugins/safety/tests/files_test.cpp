// SPDX-License-Identifier: Apache-2.0
#include "static/files.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"

namespace tidegate::safety {
namespace {

std::vector<std::string> names(const History& history, const std::string& root) {
  std::vector<std::string> out;
  for (const auto& file : history.files) out.push_back((file.judged ? "" : "(") + file.path.substr(root.size() + 1) + (file.judged ? "" : ")"));
  return out;
}

TEST(Files, OneOfAHistory_BringsThoseBeforeItWithoutJudgingThem) {
  test::TempDir dir;
  for (const auto* name : {"1_a", "2_b", "3_c"}) test::write_file(dir / (std::string(name) + "/migration.sql"), "");
  const auto found = histories_of({dir / "2_b/migration.sql"});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(names(found->front(), dir.path()), (std::vector<std::string>{"(1_a/migration.sql)", "2_b/migration.sql"}));
}

TEST(Files, NumberedFiles_AreInTheOrderOfTheirNumbersAndWithoutWhatUndoesThem) {
  test::TempDir dir;
  for (const auto* name : {"V10__c.sql", "V2__b.sql", "V1__a.sql", "U2__b.sql", "V2__b.down.sql"}) test::write_file(dir / name, "");
  const auto found = histories_of({dir.path()});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(names(found->front(), dir.path()), (std::vector<std::string>{"V1__a.sql", "V2__b.sql", "V10__c.sql"}));
}

TEST(Files, FilesWithoutNumbers_StandByThemselves) {
  test::TempDir dir;
  for (const auto* name : {"seed.sql", "fix.sql"}) test::write_file(dir / name, "");
  const auto found = histories_of({dir / "seed.sql", dir / "fix.sql"});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 2U);
}

TEST(Files, WhatIsNotThere_IsNamed) {
  const auto found = histories_of({"/nowhere/x.sql"});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("/nowhere/x.sql"), std::string::npos);
  test::TempDir empty;
  EXPECT_FALSE(histories_of({empty.path()}));
}

}  // namespace
}  // namespace tidegate::safety
