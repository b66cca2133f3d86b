// SPDX-License-Identifier: Apache-2.0
// A run that fails after its migrations were completed, with the stage rollback.database: put back, or kept as was said.
#include "project.hpp"

namespace tidegate::test {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kUnhealthy = R"(
[[stage]]
use = "health"
[[stage.with.assert]]
sql = "SELECT count(*) = 0 FROM orders"
)";

class RollbackRun : public ProjectTest {
 protected:
  RollbackRun() {
    project.migration("1_users", "CREATE TABLE users (id int PRIMARY KEY, name text);");
    pipeline("");
    EXPECT_CODE(project.tidegate({"run"}), 0);
    before_ = schema_of(project.db.url());
  }
  void pipeline(const std::string& rest, const std::string& run = "") {
    project.file("tidegate.toml", "version = 1\nname = \"shop\"\n" + run + "[[stage]]\nuse = \"apply.prisma\"\n" + rest +
                                      "\n[[rollback]]\nuse = \"rollback.database\"\n");
  }
  void down(const std::string& name, const std::string& sql) { project.file("prisma/migrations/" + name + "/down.sql", sql); }
  /// Three migrations that build on each other, with their way back; the third makes the health check fail.
  void three() {
    project.migration(
        "2_orders",
        "CREATE TYPE state AS ENUM ('new', 'paid');\nCREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, state state);");
    down("2_orders", "DROP TABLE orders;\nDROP TYPE state;\n");
    project.migration("3_index", "CREATE INDEX CONCURRENTLY orders_user ON orders (user_id);");
    down("3_index", "DROP INDEX CONCURRENTLY orders_user;\n");
    project.migration("4_first",
                      "ALTER TABLE users ADD vip boolean NOT NULL DEFAULT false;\nINSERT INTO users VALUES (1, 'a'); INSERT INTO orders "
                      "VALUES (1, 1, 'new');");
    down("4_first", "DELETE FROM orders; DELETE FROM users;\nALTER TABLE users DROP vip;\n");
  }
  std::string rolled_back() {
    return project.db.value(
        "SELECT coalesce(string_agg(migration_name, ' ' ORDER BY migration_name), '') FROM _prisma_migrations WHERE "
        "rolled_back_at IS NOT NULL AND finished_at IS NOT NULL");
  }
  Json decided(const std::vector<Json>& events) {
    const auto found = of_type(events, "rollback.decided");
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? Json() : found.front();
  }
  std::string before_;
};

TEST_F(RollbackRun, HealthFails_AllAreUndoneNewestFirstAndTheSchemaIsAsBefore) {
  three();
  pipeline(kUnhealthy);
  const auto events = project.events();
  const auto end = last_event(events);
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_EQ(end["exit"], 4);
  EXPECT_EQ(end["undone"], Json({"4_first", "3_index", "2_orders"}));
  EXPECT_EQ(end["kept"], Json::array());
  EXPECT_EQ(decided(events)["on_failure"], "undo");
  Names undone;
  for (const auto& event : of_type(events, "migration.undone")) undone.push_back(event["name"]);
  EXPECT_EQ(undone, (Names{"4_first", "3_index", "2_orders"}));
  EXPECT_EQ(schema_of(project.db.url()), before_);
  EXPECT_EQ(rolled_back(), "2_orders 3_index 4_first");
  EXPECT_EQ(project.applied(), Names{"1_users"});
  EXPECT_EQ(project.json({"status", "--json"})["pending"], Json({"2_orders", "3_index", "4_first"}));
}

TEST_F(RollbackRun, AfterItWasPutBack_TheNextRunAppliesItAgain) {
  three();
  pipeline(kUnhealthy);
  EXPECT_CODE(project.tidegate({"run"}), 4);
  pipeline("");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied(), (Names{"1_users", "2_orders", "3_index", "4_first"}));
}

TEST_F(RollbackRun, MigrationFails_TheOnesBeforeItAreUndone) {
  three();
  project.migration("5_bad", "SELECT 1/0;");
  down("5_bad", "SELECT 1;");
  pipeline("");
  const auto end = last_event(project.events());
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_EQ(end["undone"], Json({"4_first", "3_index", "2_orders"}));
  EXPECT_EQ(end["error"]["sqlstate"], "22012");
  EXPECT_EQ(schema_of(project.db.url()), before_);
}

TEST_F(RollbackRun, OnFailureKeep_IsSaidBeforehandAndKept) {
  three();
  pipeline(kUnhealthy, "[run]\non_failure = \"keep\"\n");
  const auto events = project.events();
  const auto end = last_event(events);
  EXPECT_EQ(end["outcome"], "kept") << end;
  EXPECT_EQ(end["exit"], 5);
  EXPECT_EQ(end["kept"], Json({"2_orders", "3_index", "4_first"}));
  EXPECT_EQ(decided(events)["on_failure"], "keep");
  EXPECT_LT(decided(events)["seq"], of_type(events, "migration.started").front()["seq"]);
  EXPECT_EQ(rolled_back(), "");
}

TEST_F(RollbackRun, OneHasNoDownFile_IsSaidBeforehandWithItsNameAndAllAreKept) {
  three();
  std::filesystem::remove(project.dir / "prisma/migrations/3_index/down.sql");
  pipeline(kUnhealthy);
  const auto events = project.events();
  EXPECT_EQ(last_event(events)["outcome"], "kept");
  EXPECT_EQ(last_event(events)["exit"], 5);
  EXPECT_EQ(decided(events)["on_failure"], "keep");
  const std::string reason = decided(events)["reason"];
  EXPECT_NE(reason.find("3_index: there is no prisma/migrations/3_index/down.sql"), std::string::npos) << reason;
  EXPECT_EQ(project.applied(), (Names{"1_users", "2_orders", "3_index", "4_first"}));
}

TEST_F(RollbackRun, InvalidDownFile_IsSaidBeforehandWithItsPlace) {
  three();
  down("2_orders", "DROP TABLE orders;\nCOMMIT;\n");
  pipeline(kUnhealthy);
  const auto reason = decided(project.events())["reason"].get<std::string>();
  EXPECT_NE(reason.find("prisma/migrations/2_orders/down.sql:2:1: COMMIT without a BEGIN"), std::string::npos) << reason;
}

TEST_F(RollbackRun, DownFileFails_WhatStandsIsListed) {
  three();
  down("3_index", "DROP INDEX nowhere;\n");
  pipeline(kUnhealthy);
  const auto end = last_event(project.events());
  EXPECT_EQ(end["outcome"], "rollback_failed") << end;
  EXPECT_EQ(end["exit"], 5);
  EXPECT_EQ(end["undone"], Json({"4_first"}));
  EXPECT_EQ(end["kept"], Json({"2_orders", "3_index"}));
  const std::string hint = end["error"]["hint"];
  EXPECT_NE(hint.find("the rollback failed: "), std::string::npos) << hint;
  EXPECT_NE(hint.find("the down.sql of migration 3_index failed"), std::string::npos) << hint;
}

TEST_F(RollbackRun, DefaultPipelineWithoutDownFiles_KeepsAndSaysSoBeforehand) {
  std::filesystem::remove(project.dir / "tidegate.toml");
  project.migration("2_a", "CREATE TABLE a (id int);");
  project.migration("3_b", "SELECT 1/0;");
  const auto events = project.events({"default"});
  EXPECT_EQ(last_event(events)["outcome"], "kept") << last_event(events);
  EXPECT_EQ(last_event(events)["kept"], Json({"2_a"}));
  EXPECT_EQ(decided(events)["on_failure"], "keep");
}

TEST_F(RollbackRun, DefaultPipelineWithDownFiles_GoesBack) {
  std::filesystem::remove(project.dir / "tidegate.toml");
  project.migration("2_a", "CREATE TABLE a (id int);");
  down("2_a", "DROP TABLE a;");
  project.migration("3_b", "SELECT 1/0;");
  down("3_b", "SELECT 1;");
  const auto end = last_event(project.events({"default"}));
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_EQ(end["undone"], Json({"2_a"}));
}

}  // namespace
}  // namespace tidegate::test
