// SPDX-License-Identifier: Apache-2.0
//
// What a run that was cut off had applied, when the next one fails: whose it is then.
#include <filesystem>

#include "project.hpp"

namespace tidegate::test {
namespace {

using Names = std::vector<std::string>;

class CutOffRun : public ProjectTest {
 protected:
  void SetUp() override {
    table("1_a");
    table("2_b");
    ASSERT_CODE(project.tidegate({"run"}), 0);
    fails("3_c");
  }
  void table(const std::string& name) {
    project.migration(name, "CREATE TABLE t" + name + " (id int);\n");
    project.file("prisma/migrations/" + name + "/down.sql", "DROP TABLE t" + name + ";\n");
  }
  void fails(const std::string& name) {
    table(name);
    project.migration(name, "CREATE TABLE t" + name + " (id int);\nSELECT 1 / 0;\n");
  }
  /// As the run's record looks when it was killed on the way to these.
  void cut_off(const std::string& pending, const std::string& outcome = "NULL") {
    project.db.sql("UPDATE tidegate.runs SET outcome = " + outcome + ", finished_at = NULL, applied = NULL, pending = '" + pending + "'");
  }
};

TEST_F(CutOffRun, WithSomethingLeftToDo_GoesBackWithTheNext) {
  cut_off(R"(["1_a","2_b","3_c"])");
  const auto events = project.events();
  const auto end = last_event(events);
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_EQ(end["undone"], Json({"2_b", "1_a"}));
  EXPECT_EQ(project.applied(), Names{});
}

TEST_F(CutOffRun, ThatHadAppliedEverything_IsNotTouched) {
  cut_off(R"(["1_a","2_b"])");
  const auto end = last_event(project.events());
  EXPECT_EQ(end["outcome"], "failed") << end;
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b"}));
}

TEST_F(CutOffRun, WithSomebodyElsesMigrationOnTop_IsNotTouched) {
  cut_off(R"(["1_a","2_b","3_c"])");
  project.db.sql("INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at) VALUES ('p', 'x', '2_x', clock_timestamp(), "
                 "clock_timestamp())");
  const auto end = last_event(project.events());
  EXPECT_EQ(end["outcome"], "failed") << end;
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b", "2_x"}));
}

TEST_F(CutOffRun, WhatOneOfThemCannotBeUndone_AllAreKeptAsWasSaid) {
  std::filesystem::remove(project.dir / "prisma/migrations/1_a/down.sql");
  cut_off(R"(["1_a","2_b","3_c"])");
  const auto events = project.events();
  EXPECT_EQ(of_type(events, "rollback.decided")[0]["on_failure"], "keep");
  const auto end = last_event(events);
  EXPECT_EQ(end["outcome"], "kept") << end;
  EXPECT_EQ(end["kept"], Json({"1_a", "2_b"}));
}

TEST_F(CutOffRun, ThatCouldNotGoBack_DoesWithTheNext) {
  cut_off(R"(["3_c"])", "'rollback_failed'");
  project.db.sql(R"(UPDATE tidegate.runs SET kept = '["1_a","2_b"]')");
  const auto end = last_event(project.events());
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_EQ(project.applied(), Names{});
}

TEST_F(CutOffRun, WhatAnotherToolAppliedSince_IsNotTouched) {
  cut_off(R"(["1_a","2_b","3_c"])");
  project.db.sql("UPDATE _prisma_migrations SET id = gen_random_uuid()::text WHERE migration_name = '2_b'");
  EXPECT_EQ(last_event(project.events())["outcome"], "failed");
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b"}));
}

TEST_F(CutOffRun, ThatWasToKeepWhatItApplied_IsNotTouched) {
  cut_off(R"(["1_a","2_b","3_c"])");
  project.db.sql("UPDATE tidegate.events SET fields = jsonb_set(fields::jsonb, '{on_failure}', '\"keep\"') WHERE type = 'rollback.decided'");
  EXPECT_EQ(last_event(project.events())["outcome"], "failed");
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b"}));
}

TEST_F(CutOffRun, AfterOneThatChangedNothing_StillGoesBackWithTheNext) {
  cut_off(R"(["1_a","2_b","3_c"])");
  project.db.sql(
      "INSERT INTO tidegate.runs SELECT (jsonb_populate_record(r, '{\"id\":\"between\",\"outcome\":\"cancelled\"}')).* FROM tidegate.runs r; UPDATE "
      "tidegate.runs SET started_at = clock_timestamp() WHERE id = 'between'");
  EXPECT_EQ(last_event(project.events())["outcome"], "rolled_back");
  EXPECT_EQ(project.applied(), Names{});
}

TEST_F(CutOffRun, RollbackByCommandThatFailed_IsNoReasonToGoFurtherBack) {
  project.file("prisma/migrations/1_a/down.sql", "SELECT 1 / 0;\n");
  std::filesystem::remove_all(project.dir / "prisma/migrations/3_c");
  const auto back = project.tidegate({"rollback"});
  EXPECT_CODE(back, 5);
  ASSERT_EQ(project.applied(), Names{"1_a"});
  project.file("prisma/migrations/1_a/down.sql", "DROP TABLE t1_a;\n");
  fails("3_c");
  const auto end = last_event(project.events());
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_EQ(end["undone"], Json({"2_b"}));
  EXPECT_EQ(project.applied(), Names{"1_a"}) << "what was long applied stays";
}

TEST_F(CutOffRun, NextOneWorks_NothingGoesBack) {
  cut_off(R"(["1_a","2_b","3_c"])");
  table("3_c");
  const auto end = last_event(project.events());
  EXPECT_EQ(end["outcome"], "succeeded") << end;
  EXPECT_EQ(end["applied"], Json({"3_c"}));
  EXPECT_EQ(project.applied(), (Names{"1_a", "2_b", "3_c"}));
}

TEST_F(ProjectTest, DropOfAnIndexThatTwoSchemasMayHave_IsNotDoneTwice) {
  project.db.sql("CREATE SCHEMA app");
  project.migration("1_a", "CREATE TABLE public.a (id int);\nCREATE INDEX i ON public.a (id);\n");
  ASSERT_CODE(project.tidegate({"run", "--url", test::server_url(project.db.name()) + "&search_path=app,public"}), 0);
  project.migration("2_b", "DROP INDEX CONCURRENTLY i;\n");
  const auto history = project.db.value("SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relname = '_prisma_migrations'");
  project.db.sql("INSERT INTO " + history + "._prisma_migrations (id, checksum, migration_name, logs) VALUES ('x', encode(sha256(E'DROP INDEX CONCURRENTLY i;\\n'::bytea), 'hex'), '2_b', 'tidegate: 0 of 1 parts done')");
  const auto said = project.tidegate({"run", "--url", test::server_url(project.db.name()) + "&search_path=app,public"});
  EXPECT_CODE(said, 3);
  EXPECT_SAYS(said, "more than one schema");
  EXPECT_EQ(project.db.value("SELECT to_regclass('public.i') IS NOT NULL"), "t");
}

}  // namespace
}  // namespace tidegate::test
