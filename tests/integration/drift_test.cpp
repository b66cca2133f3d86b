// SPDX-License-Identifier: Apache-2.0
// Drift: what somebody changed past the migrations since the last change. Real servers.
#include "project.hpp"

namespace tidegate::test {
namespace {

class Drift : public ProjectTest {
 protected:
  Drift() {
    project.migration("20240101_users", "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);\n");
    EXPECT_CODE(project.tidegate({"run"}), 0);
  }
  std::vector<std::string> drift() { return project.json({"status", "--json"})["drift"]; }
  std::vector<Json> findings(const Json& plan) {
    std::vector<Json> out;
    for (const auto& finding : plan["checks"])
      if (finding["rule"] == "drift") out.push_back(finding);
    return out;
  }
};

TEST_F(Drift, NobodyHasChangedAnything_ThereIsNone) {
  EXPECT_TRUE(drift().empty());
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  EXPECT_TRUE(findings(project.json({"plan", "--json"})).empty());
  ASSERT_CODE(project.tidegate({"run"}), 0);
  EXPECT_TRUE(drift().empty());
}

TEST_F(Drift, ChangePastTheMigrations_IsToldByStatusPlanAndRun) {
  project.db.sql("ALTER TABLE users ALTER COLUMN name DROP NOT NULL; CREATE INDEX by_hand ON users (name)");
  const auto now = drift();  // since version 18 NOT NULL is a constraint with a name as well
  for (const char* line : {"table public.users: column name: not null removed", "table public.users: index by_hand new"})
    EXPECT_NE(std::find(now.begin(), now.end(), line), now.end()) << line << "\n" << Json(now);
  EXPECT_SAYS(project.tidegate({"status"}), "changed since the last change");
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  const auto found = findings(project.json({"plan", "--json"}));
  ASSERT_EQ(found.size(), now.size());
  EXPECT_EQ(found[0]["verdict"], "warn");
  const auto blocked = project.tidegate({"run", "--set", "safety.drift.action=block"});
  EXPECT_CODE(blocked, 3);
  EXPECT_SAYS(blocked, "index by_hand new");
  EXPECT_EQ(project.applied().size(), 1U);
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_TRUE(drift().empty()) << "the change made it the new state";
}

TEST_F(Drift, ObjectsThatChangeByThemselves_CanBeLeftOut) {
  project.db.sql("CREATE TABLE events_p2026 (id int)");
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  project.file("tidegate.toml", "version = 1\nextends = \"default\"\n[[stage]]\nid = \"safety\"\nwith = { drift = { action = \"block\", except = [\"public.events_p*\"] } }\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
}

TEST_F(Drift, RollbackPutsBackWhatIsExpected) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  project.file("prisma/migrations/20240102_email/down.sql", "ALTER TABLE users DROP COLUMN email;\n");
  ASSERT_CODE(project.tidegate({"run"}), 0);
  ASSERT_CODE(project.tidegate({"rollback"}), 0);
  EXPECT_TRUE(drift().empty());
}

TEST_F(Drift, HistoryThatAnotherToolWentOnWith_IsNotCompared) {
  project.db.sql("ALTER TABLE users ADD COLUMN phone text; INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, started_at, "
                 "applied_steps_count) VALUES ('x', 'y', '20240102_phone', now(), now(), 1)");
  EXPECT_TRUE(drift().empty());
}

TEST_F(Drift, PipelineWithoutAJournal_KeepsNothing) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  Project other;
  other.migration("20240101_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
  ASSERT_CODE(other.tidegate({"run", "minimal"}), 0);
  EXPECT_EQ(other.db.value("select to_regnamespace('tidegate') is null"), "t");
}

}  // namespace
}  // namespace tidegate::test
