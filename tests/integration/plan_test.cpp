// SPDX-License-Identifier: Apache-2.0
// tidegate plan: what each pending statement does to the database, by its catalog and sizes; and run --plan, which does that and
// nothing else.
#include "project.hpp"

namespace tidegate::test {
namespace {

class Plan : public ProjectTest {
 protected:
  Plan() { project.migration("1_orders", "CREATE TABLE orders (id bigserial PRIMARY KEY, amount int, note text);\nCREATE TABLE customers (id int PRIMARY KEY);\n"); }
  void applied_with_rows() {
    ASSERT_CODE(project.tidegate({"run"}), 0);
    project.db.sql("insert into orders (amount, note) select g, repeat('x', 300) from generate_series(1, 20000) g");
    project.db.sql("analyze orders");
  }
  std::string hash(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"plan", "--json"});
    return Json::parse(project.tidegate(more).out)["hash"];
  }
};

TEST_F(Plan, Statement_HasItsLocksWorkSizeAndEstimate) {
  applied_with_rows();
  project.migration("2_change",
                    "CREATE INDEX orders_amount ON orders (amount);\nALTER TABLE orders ALTER COLUMN amount TYPE bigint;\n"
                    "ALTER TABLE orders ADD COLUMN customer int;\nCREATE TABLE fresh (id int);\nCREATE INDEX ON fresh (id);\n");
  const auto plan = project.json({"plan", "--json"});
  const auto& statements = plan.at("migrations").at(0).at("statements");
  ASSERT_EQ(statements.size(), 5U);
  const auto lock = [](const Json& statement) { return statement.at("locks").at(0); };
  EXPECT_EQ(lock(statements[0]), (Json{{"relation", "orders"}, {"mode", "ShareLock"}, {"reads_wait", false}, {"writes_wait", true}}));
  EXPECT_EQ(statements[0]["rewrite"], false);
  EXPECT_EQ(statements[0]["scan"], true);
  EXPECT_EQ(statements[0]["scanned"], Json::array({"orders"}));
  EXPECT_GT(statements[0]["tables"][0]["bytes"], 6'000'000);
  EXPECT_EQ(statements[0]["tables"][0]["rows"], 20'000);
  EXPECT_GT(statements[0]["estimate"]["to_ms"], statements[0]["estimate"]["from_ms"]);
  EXPECT_EQ(lock(statements[1])["mode"], "AccessExclusiveLock");
  EXPECT_EQ(statements[1]["rewrite"], true);
  EXPECT_EQ(lock(statements[2])["mode"], "AccessExclusiveLock");
  EXPECT_EQ(statements[2]["rewrite"], false);
  EXPECT_EQ(statements[2]["scan"], false);
  for (int i : {3, 4}) EXPECT_EQ(statements[static_cast<std::size_t>(i)]["locks"], Json::array()) << "nobody else uses it";
  EXPECT_EQ(statements[4]["scan"], false);
  const auto& findings = plan.at("migrations").at(0).at("findings");
  EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [](const Json& f) { return f["rule"] == "column-type-change"; })) << findings;
  EXPECT_EQ(plan["checks"], Json::array());
}

TEST_F(Plan, WithoutSafety_TheEffectsAreAbsentAndNotGuessed) {
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto plan = project.json({"plan", "--json"});
  const auto& statement = plan.at("migrations").at(0).at("statements").at(0);
  EXPECT_FALSE(statement.contains("locks"));
  EXPECT_FALSE(statement.contains("rewrite"));
  EXPECT_FALSE(plan.at("migrations").at(0).contains("reversible"));
  EXPECT_SAYS(project.tidegate({"plan"}), "CREATE TABLE orders");
}

TEST_F(Plan, StatementThatIsNotUnderstood_HasNoEffects) {
  applied_with_rows();
  project.migration("2_new", "ALTER TABLE orders ADD COLUMN v int GENERATED ALWAYS AS (amount * 2) VIRTUAL;\nALTER TABLE orders ADD COLUMN w int;\n");
  const auto said = project.tidegate({"plan", "--json"});
  const auto statements = Json::parse(said.out)["migrations"][0]["statements"];
  EXPECT_FALSE(statements[0].contains("locks")) << statements[0];
  EXPECT_TRUE(statements[1].contains("locks")) << statements[1];
}

TEST_F(Plan, BlockedByACheck_ShowsThePlanAllTheSame) {
  applied_with_rows();
  project.migration("2_drop", "DROP TABLE customers;\n");
  const auto said = project.tidegate({"plan"});
  EXPECT_CODE(said, 3);
  EXPECT_SAYS(said, "AccessExclusiveLock customers");
  EXPECT_SAYS(said, "finding [drop-table]");
  EXPECT_SAYS(said, "can be undone: no");
  project.file("prisma/migrations/2_drop/down.sql", "CREATE TABLE customers (id int PRIMARY KEY);\n");
  EXPECT_EQ(Json::parse(project.tidegate({"plan", "--json"}).out)["migrations"][0]["reversible"], "exact");
}

TEST_F(Plan, Markdown_IsACommentForAPullRequest) {
  applied_with_rows();
  project.migration("2_drop|x", "DROP TABLE customers; -- `a|b`\n");
  const auto said = project.tidegate({"plan", "--format", "markdown"});
  EXPECT_CODE(said, 3);
  for (const char* part : {"### ❌ tidegate: 1 migration is pending; a run would end with 3", "<details open><summary>2\\_drop\\|x",
                           "| 1 | DROP TABLE customers | AccessExclusiveLock on customers | reads, writes |", "```sql\n", "Hash of this plan: `"})
    EXPECT_NE(said.out.find(part), std::string::npos) << part << "\n" << said.out;
}

TEST_F(Plan, RunOfAPlan_DoesItWhenNothingHasChanged) {
  applied_with_rows();
  project.migration("2_more", "ALTER TABLE orders ADD COLUMN more int;\n");
  const auto first = hash();
  project.db.sql("insert into orders (amount) values (7)");
  EXPECT_CODE(project.tidegate({"run", "--plan", first}), 0);
  EXPECT_EQ(project.applied().size(), 2U);
  const auto again = project.tidegate({"run", "--plan", first});
  EXPECT_CODE(again, 3);
  EXPECT_SAYS(again, "pending now: nothing");
  EXPECT_CODE(project.tidegate({"run", "--plan", hash()}), 0);
}

TEST_F(Plan, RunOfAPlan_RefusesWhenAnythingHasChanged) {
  applied_with_rows();
  project.migration("2_more", "ALTER TABLE orders ADD COLUMN more int;\n");
  const auto first = hash();
  const auto before = project.snapshot();
  const auto refused = [&](const char* what, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"run", "--plan", first});
    const auto done = project.tidegate(more);
    EXPECT_CODE(done, 3) << what;
    EXPECT_SAYS(done, "this is not the plan that was asked for");
    EXPECT_EQ(project.snapshot(), before) << what;
  };
  EXPECT_CODE(project.tidegate({"run", "--dry-run", "--plan", first}), 0);
  refused("a dry run, too", {"--dry-run", "--environment", "preview"});
  EXPECT_CODE(project.tidegate({"run", "--only", "safety", "--plan", first}), 2);
  refused("another environment", {"--environment", "preview"});
  refused("another setting", {"--set", "lock_timeout=1s"});
  project.migration("2_more", "ALTER TABLE orders ADD COLUMN more bigint;\n");
  refused("an edited file");
  project.migration("2_more", "ALTER TABLE orders ADD COLUMN more int;\n");
  project.migration("3_new", "SELECT 1;\n");
  refused("one more migration");
  std::filesystem::remove_all(project.dir / "prisma/migrations/3_new");
  project.db.sql("update _prisma_migrations set migration_name = '0_other'");
  const auto done = project.tidegate({"run", "--plan", first});
  EXPECT_CODE(done, 3);
  EXPECT_EQ(project.snapshot(), before);
}

TEST_F(Plan, EstimateBeyondMaxDuration_ClosesTheGate) {
  applied_with_rows();
  project.migration("2_index", "CREATE INDEX orders_note ON orders (note);\n");
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"safety\"\n[stage.with]\nmax_duration = \"1s\"\npolicy = [{ rules = [\"index-not-concurrent\"], level = \"allow\" }]\n"
               "[[stage]]\nuse = \"apply.prisma\"\n");
  EXPECT_CODE(project.tidegate({"plan"}), 0);
  project.db.sql("insert into orders (amount, note) select g, repeat('y', 300) from generate_series(1, 80000) g");
  const auto said = project.tidegate({"plan"});
  EXPECT_CODE(said, 0);
  EXPECT_SAYS(said, "finding [max-duration]: it takes longer than max_duration (1 s), about 1 s to 2 s");
}

}  // namespace
}  // namespace tidegate::test
