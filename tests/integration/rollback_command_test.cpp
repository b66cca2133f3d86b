// SPDX-License-Identifier: Apache-2.0
// tidegate rollback: which migrations it undoes, what it refuses beforehand, and its exit codes.
#include "project.hpp"

namespace tidegate::test {
namespace {

using Names = std::vector<std::string>;

class RollbackCommand : public ProjectTest {
 protected:
  /// Files with their way back; not applied.
  void table(const std::string& name, const std::string& relation) {
    project.migration(name, "CREATE TABLE " + relation + " (id int);");
    project.file("prisma/migrations/" + name + "/down.sql", "DROP TABLE " + relation + ";\n");
  }
  void three() {
    table("1_a", "a"), table("2_b", "b"), table("3_c", "c");
    ASSERT_CODE(project.tidegate({"run"}), 0);
  }
};

TEST_F(RollbackCommand, To_UndoesWhatIsNewer) {
  three();
  const auto said = project.tidegate({"rollback", "--to", "1_a"});
  EXPECT_CODE(said, 0);
  EXPECT_EQ(said.out, "undone 3_c\nundone 2_b\n");
  EXPECT_EQ(project.applied(), Names{"1_a"});
  EXPECT_EQ(project.db.value("SELECT pending::text FROM tidegate.runs ORDER BY started_at DESC LIMIT 1"), "[\"2_b\", \"3_c\"]");
  const auto again = project.tidegate({"rollback", "--to", "1_a"});
  EXPECT_CODE(again, 0);
  EXPECT_EQ(again.out, "nothing to undo\n");
}

TEST_F(RollbackCommand, DryRun_ListsAndChangesNothing) {
  three();
  const auto before = project.snapshot();
  const auto said = project.tidegate({"rollback", "--to", "1_a", "--dry-run"});
  EXPECT_CODE(said, 0);
  EXPECT_EQ(said.out, "would undo 3_c\nwould undo 2_b\n");
  EXPECT_EQ(project.json({"rollback", "--to", "2_b", "--dry-run", "--json"}),
            (Json{{"undone", {"3_c"}}, {"kept", Json::array()}, {"error", nullptr}}));
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b", "3_c"}));
}

TEST_F(RollbackCommand, UnknownName_IsRefusedWithTheNearest) {
  three();
  const auto said = project.tidegate({"rollback", "--to", "1_b"});
  EXPECT_CODE(said, 2);
  EXPECT_SAYS(said, "migration '1_b' is not applied");
}

TEST_F(RollbackCommand, OneWithoutDownFile_TouchesNothing) {
  three();
  std::filesystem::remove(project.dir / "prisma/migrations/2_b/down.sql");
  const auto said = project.tidegate({"rollback", "--to", "1_a"});
  EXPECT_CODE(said, 3);
  EXPECT_SAYS(said, "migration 2_b cannot be undone: there is no prisma/migrations/2_b/down.sql");
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b", "3_c"}));
}

TEST_F(RollbackCommand, FirstOneFails_IsFailedWithItsPlace) {
  three();
  project.file("prisma/migrations/3_c/down.sql", "DROP TABLE c;\nDROP TABLE nowhere;\n");
  const auto said = project.tidegate({"rollback", "--to", "1_a"});
  EXPECT_CODE(said, 4);
  EXPECT_SAYS(said, "prisma/migrations/3_c/down.sql:2:");
  EXPECT_SAYS(said, "nothing was undone");
  EXPECT_EQ(project.db.value("SELECT to_regclass('c') IS NOT NULL"), "t");
}

TEST_F(RollbackCommand, LaterOneFails_PartStands) {
  three();
  project.file("prisma/migrations/2_b/down.sql", "DROP TABLE nowhere;\n");
  const auto said = project.json({"rollback", "--to", "1_a", "--json"}, {}, 5);
  EXPECT_EQ(said["undone"], Json({"3_c"}));
  EXPECT_EQ(said["kept"], Json({"2_b"}));
  EXPECT_NE(said["error"].get<std::string>().find("prisma/migrations/2_b/down.sql:1:"), std::string::npos) << said;
}

TEST_F(RollbackCommand, StoppedBetweenItsParts_IsNoLongerAsItWas) {
  three();
  project.file("prisma/migrations/3_c/down.sql", "CREATE INDEX CONCURRENTLY i ON c (id);\nDROP TABLE nowhere;\n");
  const auto said = project.tidegate({"rollback", "--to", "2_b"});
  EXPECT_CODE(said, 5);
  EXPECT_SAYS(said, "3_c only in part");
  EXPECT_EQ(project.json({"status", "--json"})["failed"].size(), 1U);
  const auto again = project.tidegate({"rollback", "--to", "2_b"});
  EXPECT_CODE(again, 3);
  EXPECT_SAYS(again, "undone only in part: 3_c");
}

TEST_F(RollbackCommand, FailedMigrationOnTop_IsRefused) {
  three();
  project.db.sql("INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('f', 'x', '4_d')");
  const auto said = project.tidegate({"rollback", "--to", "1_a"});
  EXPECT_CODE(said, 3);
  EXPECT_SAYS(said, "migration 4_d has failed");
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b", "3_c"}));
}

TEST_F(RollbackCommand, PipelineWithoutAWayBack_SaysWhatToAdd) {
  three();
  const auto said = project.tidegate({"rollback", "minimal", "--to", "1_a"});
  EXPECT_CODE(said, 2);
  EXPECT_SAYS(said, "use = \"rollback.database\"");
}

TEST_F(RollbackCommand, ToAndRun_ExcludeEachOther) {
  EXPECT_CODE(project.tidegate({"rollback", "--to", "1_a", "--run", "x"}), 2);
}

TEST_F(RollbackCommand, RunThatNobodyKnows_IsSaid) {
  three();
  const auto said = project.tidegate({"rollback", "--run", "20200101T000000-00000000"});
  EXPECT_CODE(said, 2);
  EXPECT_SAYS(said, "has no run '20200101T000000-00000000'");
}

}  // namespace
}  // namespace tidegate::test
