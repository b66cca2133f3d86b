// SPDX-License-Identifier: Apache-2.0
// Each row of the table of outcomes, by exit code and by what is left in the database.
#include <csignal>

#include "project.hpp"
#include "support/silent_server.hpp"

namespace tidegate::test {
namespace {

class Outcome : public ProjectTest {
 protected:
  Outcome() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\nINSERT INTO users VALUES (1);\n"); }

  /// A migration that runs until it is cancelled, and the text that finds it in pg_stat_activity.
  static constexpr const char* kEndless = "CREATE TABLE endless (id int);\nSELECT pg_sleep(600);\n";
  bool endless_is_running() {
    return project.db.eventually(
        "select exists (select from pg_stat_activity where datname = current_database() and state = 'active' "
        "and query like '%pg_sleep(600)%' and pid <> pg_backend_pid())");
  }
};

TEST_F(Outcome, PendingMigrations_AreAppliedAndExitIs0) {
  project.migration("20240102000000_posts", "CREATE TABLE posts (id int);");
  const auto done = project.tidegate({"run"});
  ASSERT_CODE(done, 0);
  EXPECT_SAYS(done, "2 migrations applied");
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"20240101000000_users", "20240102000000_posts"}));
  EXPECT_EQ(project.db.value("select count(*) from users"), "1");
}

TEST_F(Outcome, NothingToDo_WritesNothingAndExitIs0) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto rows = project.db.value("select string_agg(m::text || m.xmin::text || m.ctid::text, ',') from _prisma_migrations m");
  const auto before = project.snapshot();
  const auto again = project.tidegate({"run"});
  EXPECT_CODE(again, 0);
  EXPECT_SAYS(again, "nothing to do");
  EXPECT_EQ(project.db.value("select string_agg(m::text || m.xmin::text || m.ctid::text, ',') from _prisma_migrations m"), rows);
  EXPECT_EQ(project.snapshot(), before);
}

TEST_F(Outcome, NothingToDo_WorksForARoleThatMayOnlyRead) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const std::string role = "reader_" + project.db.name();
  project.db.sql("create role \"" + role + "\" login; grant select on all tables in schema public to \"" + role + "\"");
  const auto done = project.tidegate({"run", "--url", url_with_password(server_socket_dir(), project.db.name(), role)});
  project.db.sql("drop owned by \"" + role + "\"; drop role \"" + role + "\"");
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "nothing to do");
}

TEST_F(Outcome, FirstMigrationFails_LeavesNothingAndExitIs4) {
  project.migration("20230101000000_bad", "CREATE TABLE half (id int);\nALTER TABLE nowhere ADD COLUMN x int;\n");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "failed");
  EXPECT_SAYS(done, "prisma/migrations/20230101000000_bad/migration.sql:2:");
  EXPECT_SAYS(done, "42P01");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_TRUE(project.applied().empty());
  const auto status = project.json({"status", "--json"});
  EXPECT_EQ(status["failed"], Json::array()) << "nothing has to be resolved by hand";
}

TEST_F(Outcome, FailedMigrationMended_IsAppliedByTheNextRun) {
  project.migration("20240102000000_next", "CREATE TABLE half (id int);\nSELECT 1/0;\n");
  ASSERT_CODE(project.tidegate({"run"}), 5);
  project.migration("20240102000000_next", "CREATE TABLE half (id int);\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Outcome, SecondMigrationFails_KeepsTheFirstAndExitIs5) {
  project.migration("20240102000000_bad", "CREATE TABLE half (id int);\nSELECT 1/0;\n");
  project.migration("20240103000000_never", "CREATE TABLE never (id int);\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 5);
  EXPECT_SAYS(done, "20240101000000_users");
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"20240101000000_users"}));
  EXPECT_EQ(project.db.value("select to_regclass('half') is null and to_regclass('never') is null"), "t");
  const auto finished = last_event(project.events());
  EXPECT_EQ(finished["outcome"], "failed") << "nothing of the second run stands";
  EXPECT_EQ(finished["exit"], 4);
  EXPECT_EQ(finished["pending"], Json::array({"20240102000000_bad", "20240103000000_never"}));
}

TEST_F(Outcome, KeptRun_NamesWhatStandsInItsLastEvent) {
  project.migration("20240102000000_bad", "SELECT 1/0;\n");
  const auto finished = last_event(project.events());
  EXPECT_EQ(finished["outcome"], "kept");
  EXPECT_EQ(finished["exit"], 5);
  EXPECT_EQ(finished["kept"], Json::array({"20240101000000_users"}));
  EXPECT_EQ(finished["pending"], Json::array({"20240102000000_bad"}));
}

TEST_F(Outcome, HealthFailsAfterTheChange_KeepsItAndExitIs5) {
  const auto done = project.tidegate({"run", "--set", "tables=missing_table"});
  EXPECT_CODE(done, 5);
  EXPECT_SAYS(done, "missing_table");
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Outcome, HealthFailsWithNothingPending_ExitIs4) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run", "--set", "tables=missing_table"});
  EXPECT_CODE(done, 4);
  EXPECT_EQ(project.snapshot(), before);
}

TEST_F(Outcome, GateClosed_TouchesNothingAndExitIs3) {
  project.db.sql("create table somebody_elses (id int)");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 3);
  EXPECT_SAYS(done, "nothing was touched");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.db.value("select to_regclass('_prisma_migrations') is null"), "t");
}

TEST_F(Outcome, BadPipeline_IsNotStartedAndExitIs2) {
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"apply.prism\"\n");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_EQ(project.snapshot(), before);
}

TEST_F(Outcome, BadCommandLine_IsNotStartedAndExitIs2) {
  EXPECT_CODE(project.tidegate({"run", "--dry-runn"}), 2);
  EXPECT_CODE(project.tidegate({"rnu"}), 2);
  EXPECT_CODE(project.tidegate({"run", "--set", "nonsense"}), 2);
  EXPECT_CODE(project.tidegate({"run", "--scratch", "--url", project.url()}), 2);
}

TEST_F(Outcome, NoUrl_IsNotStartedAndExitIs2) {
  const auto done = project.tidegate({"run"}, {{"DATABASE_URL", ""}});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "--url");
  EXPECT_SAYS(done, "DATABASE_URL");
}

TEST_F(Outcome, ServerThatRefuses_IsNotStartedAndExitIs6) {
  const ClosedPort port;
  const auto done = project.tidegate(
      {"run", "--url", "postgresql://alice:" + std::string(kPasswordInUrl) + "@127.0.0.1:" + std::to_string(port.port()) + "/shop"});
  EXPECT_CODE(done, 6);
  EXPECT_SAYS(done, "127.0.0.1");
  EXPECT_SAYS(done, std::to_string(port.port()));
}

TEST_F(Outcome, LockHeldByAnother_IsNotStartedAndExitIs7) {
  auto other = project.db.connect();
  other.sql("select pg_advisory_lock(72707369)");
  project.file("tidegate.toml", "version = 1\n[run]\nlock_wait = \"300ms\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto before = project.snapshot();
  EXPECT_CODE(project.tidegate({"run"}), 7);
  EXPECT_EQ(project.snapshot(), before);
}

class Interrupted : public Outcome, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Outcome, Interrupted, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& tested) { return tested.param == SIGINT ? "SIGINT" : "SIGTERM"; });

TEST_P(Interrupted, InItsFirstMigration_LeavesNothingAndExitNamesTheSignal) {
  project.migration("20230101000000_endless", kEndless);
  const auto before = project.snapshot();
  Process host(project.command({"run"}));
  ASSERT_TRUE(endless_is_running());
  host.signal(GetParam());
  const auto done = host.wait();
  EXPECT_CODE(done, 128 + GetParam());
  EXPECT_SAYS(done, "cancelled");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_TRUE(project.applied().empty());
  EXPECT_TRUE(
      project.db.eventually("select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"))
      << "a session is left behind";
}

TEST_P(Interrupted, AfterACompletedMigration_KeepsItAndExitIs5) {
  project.migration("20240102000000_endless", kEndless);
  Process host(project.command({"run"}));
  ASSERT_TRUE(endless_is_running());
  host.signal(GetParam());
  const auto done = host.wait();
  EXPECT_CODE(done, 5);
  EXPECT_SAYS(done, "20240101000000_users");
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"20240101000000_users"}));
  EXPECT_EQ(project.db.value("select to_regclass('endless') is null"), "t");
}

TEST_P(Interrupted, WhileItWaitsForTheLock_TouchesNothing) {
  auto other = project.db.connect();
  other.sql("select pg_advisory_lock(72707369)");
  const auto before = project.snapshot();
  Process host(project.command({"run"}));
  ASSERT_TRUE(host.wait_for_line("pid " + std::to_string(other.pid())));
  host.signal(GetParam());
  EXPECT_CODE(host.wait(), 128 + GetParam());
  EXPECT_EQ(project.snapshot(), before);
}

TEST_F(Outcome, DryRun_ChangesNothingAndSaysWhatItWould) {
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run", "--dry-run"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "20240101000000_users");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.db.value("select to_regclass('_prisma_migrations') is null"), "t");
}

TEST_F(Outcome, DryRunOfARunThatWouldBeBlocked_ExitIs3) {
  project.db.sql("create table somebody_elses (id int)");
  EXPECT_CODE(project.tidegate({"run", "--dry-run"}), 3);
}

TEST_F(Outcome, ScratchRun_LeavesTheRealDatabaseAlone) {
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run", "--scratch"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "1 migration applied");
  EXPECT_EQ(project.snapshot(), before);
}

}  // namespace
}  // namespace tidegate::test
