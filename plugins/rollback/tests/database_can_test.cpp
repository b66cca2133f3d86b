// SPDX-License-Identifier: Apache-2.0
// What is refused before anything is touched.
#include <gtest/gtest.h>

#include "scene.hpp"

namespace tidegate::rollback::test {
namespace {

struct Case {
  const char* name;
  const char* down;
  const char* reason;
};

class Irreversible : public ::testing::TestWithParam<Case> {
 protected:
  Scene s;
};

TEST_P(Irreversible, DownFile_IsRefusedWithItsReason) {
  s.migration("1_a", "SELECT 1;");
  s.down("1_a", GetParam().down);
  const auto can = s.can({"1_a"});
  ASSERT_EQ(can.size(), 1U);
  EXPECT_EQ(can[0]["name"], "1_a");
  EXPECT_EQ(can[0]["reversible"], "irreversible");
  EXPECT_TRUE(says(can[0]["reason"], GetParam().reason)) << can;
  EXPECT_TRUE(says(can[0]["reason"], "1_a/down.sql")) << can;
  EXPECT_EQ(s.sessions, 0) << "that takes no database";
}

INSTANTIATE_TEST_SUITE_P(Files, Irreversible,
                         ::testing::Values(Case{"Empty", "", "no statement"},
                                           Case{"OnlyComments", "-- cannot be undone\n/* */;", "no statement"},
                                           Case{"NotUtf8", "SELECT '\xff';", "UTF-8"},
                                           Case{"OpenQuote", "SELECT 'a", ":1:8: a string literal"},
                                           Case{"BeginWithoutCommit", "BEGIN;\nDROP TABLE a;", ":1:1: BEGIN without a COMMIT"},
                                           Case{"CommitWithoutBegin", "DROP TABLE a;\nCOMMIT;", ":2:1: COMMIT without a BEGIN"},
                                           Case{"Rollback", "ROLLBACK;", "ROLLBACK in a migration"}, Case{"Psql", "\\i other.sql", "psql"}),
                         [](const auto& one) { return one.param.name; });

TEST(RollbackCan, EachName_IsJudgedByItself) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  s.down("1_a", "SELECT 1;");
  s.migration("2_b", "SELECT 1;");
  const auto can = s.can({"1_a", "2_b", "3_c"});
  ASSERT_EQ(can.size(), 3U);
  EXPECT_EQ(can[0]["reversible"], "exact");
  EXPECT_EQ(can[1]["reversible"], "irreversible");
  EXPECT_TRUE(says(can[1]["reason"], "there is no ")) << can;
  EXPECT_TRUE(says(can[1]["reason"], "2_b/down.sql")) << can;
  EXPECT_TRUE(says(can[2]["reason"], "it is not in the folder")) << can;
}

TEST(RollbackCan, DownFileThatIsAFolder_CannotBeRead) {
  Scene s;
  s.migration("1_a", "SELECT 1;");
  tidegate::test::write_file(s.folder / "1_a/down.sql/x", "");
  EXPECT_TRUE(says(s.can({"1_a"})[0]["reason"], "cannot be read")) << s.can({"1_a"});
}

TEST(RollbackCan, NoFolder_IsAnError) {
  Scene s;
  s.texts["migrations"] = s.folder / "nowhere";
  s.new_run();
  const auto answer = s.ask("tidegate.undo/1", "can", R"({"names":["1_a"]})");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, sdk::Status::config);
}

}  // namespace
}  // namespace tidegate::rollback::test
