// SPDX-License-Identifier: Apache-2.0
// The rehearsal on a scratch copy: the command, the stage, and what a run makes of it. Real servers.
#include "project.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kUsers = "CREATE TABLE users (id int PRIMARY KEY, name text);\nCREATE TABLE teams (id int PRIMARY KEY, owner int REFERENCES users);\n";
const Variables kOn{{"TIDEGATE_REHEARSE", "1"}};

class Rehearsal : public ProjectTest {
 protected:
  void SetUp() override {
    if (pg_dump_is_too_old()) GTEST_SKIP() << "pg_dump of the server's version is not installed: it copies the schema";
    project.migration("20240101_users", kUsers);
    ASSERT_CODE(project.tidegate({"run"}), 0);
    project.db.sql("INSERT INTO users VALUES (1, 'alice')");
    before_ = project.snapshot();
  }
  void expect_untouched() { EXPECT_EQ(project.snapshot(), before_); }
  std::string before_;
};

TEST_F(Rehearsal, PendingMigration_IsMeasuredAndItsWayBackProven) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\nALTER TABLE users ALTER COLUMN id TYPE bigint;\n"
                                      "CREATE INDEX users_email ON users (email);\n");
  const auto said = project.json({"rehearse", "--json"});
  ASSERT_EQ(said["migrations"].size(), 1U);
  const auto& migration = said["migrations"][0];
  EXPECT_EQ(migration["error"], nullptr);
  EXPECT_EQ(migration["reversible"], "exact");
  EXPECT_EQ(migration["proven"], true);
  EXPECT_EQ(migration["by"], "derived");
  const auto& statements = migration["statements"];
  ASSERT_EQ(statements.size(), 3U);
  EXPECT_EQ(statements[0]["locks"], Json::parse(R"([{"relation":"public.users","mode":"AccessExclusiveLock"}])"));
  EXPECT_EQ(statements[0]["rewritten"], Json::array());
  EXPECT_EQ(statements[1]["line"], 2);
  EXPECT_EQ(statements[1]["rewritten"], Json::array({"public.users"})) << "the index of its key is another one";
  EXPECT_EQ(statements[2]["scanned"], Json::array({"public.users"}));
  expect_untouched();
  const auto text = project.tidegate({"rehearse", "-v"});
  EXPECT_CODE(text, 0);
  EXPECT_SAYS(text, "back: exact, derived, proven");
  EXPECT_SAYS(text, "ALTER TABLE public.users DROP COLUMN email;");
}

TEST_F(Rehearsal, MigrationThatFails_ClosesTheGateBeforeAnythingIsTouched) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  project.migration("20240103_wrong", "ALTER TABLE users ADD COLUMN a int;\nCREATE VIEW everybody AS\n  SELECT nothing FROM users;\n");
  const auto rehearsed = project.tidegate({"rehearse"});
  EXPECT_CODE(rehearsed, 3);
  EXPECT_SAYS(rehearsed, "column \"nothing\" does not exist");
  const auto events = project.events({}, kOn);
  const auto last = last_event(events);
  EXPECT_EQ(last["outcome"], "blocked") << last;
  EXPECT_EQ(last["exit"], 3);
  bool found = false;
  for (const auto& finding : last["findings"])
    if (finding["rule"] == "rehearsal-failed") {
      found = true;
      EXPECT_EQ(finding["where"]["file"], "prisma/migrations/20240103_wrong/migration.sql");
      EXPECT_EQ(finding["where"]["line"], 3);
      EXPECT_EQ(finding["where"]["column"], 10);
    }
  EXPECT_TRUE(found) << last;
  expect_untouched();
}

TEST_F(Rehearsal, Run_RehearsesThenApplies) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  const auto done = project.tidegate({"run"}, kOn);
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "safety.rehearse");
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Rehearsal, WhatLosesData_IsSaidAndRefusedWhereItIsNotAllowed) {
  project.migration("20240102_drop", "DROP TABLE teams;\n");
  const auto said = project.json({"rehearse", "--json"});
  EXPECT_EQ(said["migrations"][0]["reversible"], "loses_data");
  EXPECT_EQ(said["migrations"][0]["proven"], true);
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"safety.rehearse\"\nwith = { require_reversible = true }\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto refused = project.tidegate({"run", "tidegate.toml"}, kOn);
  EXPECT_CODE(refused, 3);
  EXPECT_SAYS(refused, "not-reversible");
  expect_untouched();
  const auto allowed = project.tidegate({"run", "tidegate.toml", "--override", "not-reversible", "--reason", "nobody uses it"}, kOn);
  EXPECT_CODE(allowed, 0);
}

TEST_F(Rehearsal, DownFileBesideAMigration_IsTriedAndComparedToo) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  project.file("prisma/migrations/20240102_email/down.sql", "ALTER TABLE users DROP COLUMN email;\n");
  project.migration("20240103_phone", "ALTER TABLE users ADD COLUMN phone text;\n");
  project.file("prisma/migrations/20240103_phone/down.sql", "SELECT 1;\n");
  const auto said = project.json({"rehearse", "--json"});
  EXPECT_EQ(said["migrations"][0]["by"], "down.sql");
  EXPECT_EQ(said["migrations"][0]["proven"], true);
  EXPECT_EQ(said["migrations"][1]["proven"], false);
  EXPECT_NE(said["migrations"][1]["unproven"].get<std::string>().find("phone"), std::string::npos) << said;
}

TEST_F(Rehearsal, StatementsOutsideOfATransaction_RunAsTheyWill) {
  project.migration("20240102_index", "CREATE INDEX CONCURRENTLY users_name ON users (name);\n");
  project.migration("20240103_enum", "CREATE TYPE mood AS ENUM ('sad');\nBEGIN;\nALTER TYPE mood ADD VALUE 'ok';\nCOMMIT;\nALTER TABLE users ADD COLUMN mood mood DEFAULT 'ok';\n");
  const auto said = project.json({"rehearse", "--json"});
  ASSERT_EQ(said["migrations"].size(), 2U);
  EXPECT_EQ(said["migrations"][0]["error"], nullptr) << said;
  EXPECT_EQ(said["migrations"][0]["statements"][0]["measured"], false);
  EXPECT_EQ(said["migrations"][0]["proven"], true);
  EXPECT_EQ(said["migrations"][1]["error"], nullptr) << said;
  EXPECT_EQ(said["migrations"][1]["proven"], true) << said["migrations"][1]["unproven"];
}

TEST_F(Rehearsal, NothingPending_StartsNoServer) {
  const auto said = project.tidegate({"rehearse"});
  EXPECT_CODE(said, 0);
  EXPECT_SAYS(said, "nothing is pending");
  const auto run = project.tidegate({"run"}, {{"TIDEGATE_REHEARSE", "1"}, {"TIDEGATE_PG_BIN", "/nowhere"}});
  EXPECT_CODE(run, 0);
  EXPECT_DOES_NOT_SAY(run, "not rehearsed");
}

TEST_F(Rehearsal, TooManyPending_IsAWarning_OrRefusedWhereItIsRequired) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  project.migration("20240103_phone", "ALTER TABLE users ADD COLUMN phone text;\n");
  const auto refused = project.tidegate({"run", "--set", "safety.rehearse.max_pending=1", "--set", "safety.rehearse.required=true"}, kOn);
  EXPECT_CODE(refused, 3);
  EXPECT_SAYS(refused, "2 migrations are pending, more than max_pending, 1");
  expect_untouched();
  const auto warned = project.tidegate({"run", "--set", "safety.rehearse.max_pending=1"}, kOn);
  EXPECT_CODE(warned, 0);
  EXPECT_SAYS(warned, "not-rehearsed");
}

TEST_F(Rehearsal, RunThatFailsOnRows_GoesBackByWhatWasProven) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\nCREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users);\n");
  project.migration("20240103_check", "ALTER TABLE users ADD CONSTRAINT big CHECK (id > 5);\n");
  const auto events = project.events({}, kOn);
  const auto last = last_event(events);
  EXPECT_EQ(last["outcome"], "rolled_back") << last;
  EXPECT_EQ(last["exit"], 4);
  EXPECT_EQ(last["undone"], Json::array({"20240102_email"}));
  EXPECT_EQ(of_type(events, "rollback.decided").at(0)["on_failure"], "undo");
  expect_untouched();
}

TEST_F(Rehearsal, RollbackLater_GoesBackByWhatWasKept) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\nALTER TABLE users RENAME COLUMN name TO full_name;\n");
  ASSERT_CODE(project.tidegate({"run", "--override", "rename-column", "--reason", "nothing runs yet"}, kOn), 0);
  EXPECT_EQ(project.db.value("SELECT reversible FROM tidegate.inverses WHERE name = '20240102_email'"), "exact");
  const auto dry = project.tidegate({"rollback", "--dry-run"});
  EXPECT_CODE(dry, 0);
  EXPECT_SAYS(dry, "20240102_email");
  const auto back = project.tidegate({"rollback"});
  EXPECT_CODE(back, 0);
  expect_untouched();
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Rehearsal, RowsWrittenSince_KeepTheMigrationUnlessAllowed) {
  project.migration("20240102_posts", "CREATE TABLE posts (id int PRIMARY KEY);\nINSERT INTO posts VALUES (1);\nALTER TABLE users ADD COLUMN email text DEFAULT 'none';\n");
  ASSERT_CODE(project.tidegate({"run"}, kOn), 0);
  project.db.sql("INSERT INTO users (id, name) VALUES (2, 'bob')");  // the old code's: nothing of its own in the new column
  project.db.sql("INSERT INTO posts VALUES (2), (3)");
  const auto kept = project.tidegate({"rollback"});
  EXPECT_NE(kept.exit_code, 0);
  EXPECT_SAYS(kept, "2 rows went into public.posts");
  EXPECT_EQ(project.applied().size(), 2U);
  project.db.sql("DELETE FROM posts WHERE id > 1");
  project.db.sql("UPDATE users SET email = 'bob@example.org' WHERE id = 2");
  const auto again = project.tidegate({"rollback"});
  EXPECT_NE(again.exit_code, 0);
  EXPECT_SAYS(again, "1 row went into public.users.email");
  EXPECT_CODE(project.tidegate({"rollback", "--set", "rollback.database.rows_written=allow"}), 0);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Rehearsal, WhatCannotBeBroughtBack_IsNotUndoneByItself) {
  project.migration("20240102_drop", "ALTER TABLE users DROP COLUMN name;\n");
  project.migration("20240103_check", "ALTER TABLE users ADD CONSTRAINT big CHECK (id > 5);\n");
  const auto events = project.events({"--override", "drop-column", "--reason", "unused"}, kOn);
  const auto last = last_event(events);
  EXPECT_EQ(last["outcome"], "kept") << last;
  EXPECT_NE(of_type(events, "rollback.decided").at(0)["reason"].get<std::string>().find("going back would lose data"), std::string::npos);
  const auto refused = project.tidegate({"rollback", "--to", "20240101_users"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_SAYS(refused, "cannot be undone without loss");
  EXPECT_CODE(project.tidegate({"rollback", "--to", "20240101_users", "--set", "rollback.database.data_loss=allow"}), 0);
  EXPECT_EQ(project.db.value("SELECT count(*) FROM users WHERE name IS NULL"), "1");
}

TEST_F(Rehearsal, RewriteThatTheTextDoesNotTell_IsSeen) {
  project.db.sql("INSERT INTO users SELECT g, 'x' FROM generate_series(10, 20000) g; ANALYZE users");
  project.db.sql("CREATE FUNCTION grow() RETURNS void LANGUAGE plpgsql AS 'begin execute ''ALTER TABLE users ALTER COLUMN id TYPE bigint''; end'");
  project.migration("20240102_grow", "SELECT grow();\n");
  const auto last = last_event(project.events({}, kOn));
  bool found = false;
  for (const auto& finding : last["findings"])
    if (finding["rule"] == "rewrite-under-lock") {
      found = true;
      EXPECT_EQ(finding["verdict"], "warn");
      EXPECT_NE(finding["message"].get<std::string>().find("public.users"), std::string::npos);
    }
  EXPECT_TRUE(found) << last;
}

TEST_F(Rehearsal, SettingOfAMigration_DoesNotLeakIntoTheNext) {
  project.migration("20240102_dumped", "SELECT pg_catalog.set_config('search_path', '', false);\nSET statement_timeout = '150ms';\nCREATE TABLE public.posts (id int);\n");
  project.migration("20240103_posts", "ALTER TABLE posts ADD COLUMN body text;\nSELECT pg_sleep(0.3);\n");
  const auto said = project.json({"rehearse", "--json"});
  ASSERT_EQ(said["migrations"].size(), 2U) << said;
  EXPECT_EQ(said["migrations"][1]["error"], nullptr) << said;
  EXPECT_EQ(said["migrations"][1]["proven"], true) << said["migrations"][1]["unproven"];
  EXPECT_CODE(project.tidegate({"run"}, kOn), 0);
}

TEST_F(Rehearsal, RoleThatAMigrationLeaves_IsNoFailureOfIt) {
  project.db.sql("DO $$ BEGIN CREATE ROLE rehearse_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$; GRANT CREATE ON SCHEMA public TO rehearse_app");
  project.migration("20240102_as", "SET ROLE rehearse_app;\nCREATE TABLE of_app (id int);\n");
  project.migration("20240103_users", "ALTER TABLE users ADD COLUMN a int;\n");
  const auto last = last_event(project.events({}, kOn));
  EXPECT_EQ(last["outcome"], "succeeded") << last;
  for (const auto& finding : last["findings"]) EXPECT_NE(finding["rule"], "rehearsal-failed") << finding;
}

TEST_F(Rehearsal, RowsThatAMigrationDeletes_AreNotPretendedToComeBack) {
  project.migration("20240102_delete", "DELETE FROM users WHERE id = 1;\n");
  ASSERT_CODE(project.tidegate({"run"}, kOn), 0);
  const auto refused = project.tidegate({"rollback"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_SAYS(refused, "cannot be undone without loss");
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Rehearsal, SecretInAStatement_IsInNoReason) {
  project.migration("20240102_role", "ALTER ROLE CURRENT_USER SET app.token = 'swordfish';\nUPDATE users SET name = 'swordfish';\n");
  const auto said = project.tidegate({"rehearse", "-v"});
  EXPECT_CODE(said, 0);
  EXPECT_SAYS(said, "cannot be undone");
  EXPECT_DOES_NOT_SAY(said, "swordfish");
}

TEST_F(Rehearsal, SettingsOfTheDatabaseByItsName_AreThoseOfTheCopy) {
  project.migration("20240102_settings", "ALTER DATABASE " + project.db.name() + " SET work_mem = '8MB';\n");
  const auto said = project.json({"rehearse", "--json"});
  EXPECT_EQ(said["migrations"][0]["error"], nullptr) << said;
  expect_untouched();
}

TEST_F(Rehearsal, TableThatIsPendingItself_MayBeWrittenAnew) {
  project.migration("20240102_posts", "CREATE TABLE posts (id int PRIMARY KEY);\n");
  project.migration("20240103_posts", "ALTER TABLE posts ALTER COLUMN id TYPE bigint;\n");
  const auto last = last_event(project.events({}, kOn));
  EXPECT_EQ(last["outcome"], "succeeded") << last;
  for (const auto& finding : last["findings"]) EXPECT_NE(finding["rule"], "rewrite-under-lock") << finding;
}

TEST_F(Rehearsal, Plan_SaysWhatIsProven) {
  project.migration("20240102_email", "ALTER TABLE users ADD COLUMN email text;\n");
  const auto plan = project.json({"plan", "--json"}, kOn);
  EXPECT_EQ(plan["migrations"][0]["reversible"], "exact") << plan;
  EXPECT_EQ(plan["migrations"][0]["proven"], true);
  expect_untouched();
}

TEST_F(Rehearsal, OwnersPrivilegesAndOtherSchemas_AreInTheCopy) {
  project.db.sql("DO $$ BEGIN CREATE ROLE rehearse_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$");
  project.db.sql("CREATE SCHEMA \"Billing\"; CREATE TABLE \"Billing\".\"Invoice\" (id int); GRANT SELECT ON \"Billing\".\"Invoice\" TO rehearse_app; "
                 "ALTER TABLE \"Billing\".\"Invoice\" OWNER TO rehearse_app");
  project.migration("20240102_invoice", "ALTER TABLE \"Billing\".\"Invoice\" ADD COLUMN total int;\nREVOKE SELECT ON \"Billing\".\"Invoice\" FROM rehearse_app;\n");
  const auto said = project.json({"rehearse", "--json"});
  EXPECT_EQ(said["migrations"][0]["error"], nullptr) << said;
  EXPECT_EQ(said["migrations"][0]["proven"], true) << said["migrations"][0]["unproven"];
}

}  // namespace
}  // namespace tidegate::test
