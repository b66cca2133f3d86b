// SPDX-License-Identifier: Apache-2.0
// Runs beside other sessions: the format's lock, locked tables, and what others can do meanwhile.
#include "project.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kOnlyApply = "version = 1\n[[stage]]\nuse = \"apply.prisma\"\ntimeout = \"2m\"\n";

class Lock : public ProjectTest {
 protected:
  Lock() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\nINSERT INTO users VALUES (1);\n"); }

  /// A second migration, on top of the first one applied.
  void users_exist_and_then(const std::string& sql) {
    ASSERT_CODE(project.tidegate({"run"}), 0);
    project.migration("20240102000000_next", sql);
    project.file("tidegate.toml", kOnlyApply);
  }
};

TEST_F(Lock, HeldAsPrismaHoldsIt_IsWaitedForNamingTheHolder) {
  Connection prisma(project.db.url() + "&application_name=prisma_migrate");
  prisma.sql("select pg_advisory_lock(72707369)");
  Process host(project.command({"run"}));
  const auto line = host.wait_for_line("pid " + std::to_string(prisma.pid()));
  ASSERT_TRUE(line) << all_output(host.wait());
  EXPECT_NE(line->find("prisma_migrate"), std::string::npos) << *line;
  EXPECT_TRUE(project.applied().empty());
  prisma.close();
  const auto done = host.wait();
  EXPECT_CODE(done, 0);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Lock, NotGivenUpInTime_Is7AndNamesTheHolder) {
  Connection prisma(project.db.url() + "&application_name=prisma_migrate");
  prisma.sql("select pg_advisory_lock(72707369)");
  project.file("tidegate.toml", "version = 1\n[run]\nlock_wait = \"300ms\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 7);
  EXPECT_SAYS(done, "pid " + std::to_string(prisma.pid()));
  EXPECT_SAYS(done, "prisma_migrate");
  EXPECT_SAYS(done, "lock_wait");
}

TEST_F(Lock, WaitForIt_HoldsNoTransactionOpen) {
  auto other = project.db.connect();
  other.sql("select pg_advisory_lock(72707369)");
  Process host(project.command({"run"}));
  ASSERT_TRUE(host.wait_for_line("pid " + std::to_string(other.pid())));
  // CREATE INDEX CONCURRENTLY waits for every older snapshot: it ends only because the waiting run holds none.
  other.sql("create table t (id int)");
  other.sql("set statement_timeout = '60s'");
  other.sql("create index concurrently on t (id)");
  other.sql("drop table t");
  other.close();
  EXPECT_CODE(host.wait(), 0);
}

TEST_F(Lock, NothingPending_NeedsNone) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  auto other = project.db.connect();
  other.sql("select pg_advisory_lock(72707369)");
  EXPECT_CODE(project.tidegate({"run"}), 0);
}

TEST_F(Lock, TwoRunsAtOnce_TheSecondWaitsForTheFirstWhichWaitsForPrisma) {
  project.migration("20240102000000_posts", "CREATE TABLE posts (id int);\n");
  auto other = project.db.connect();
  other.sql("select pg_advisory_lock(72707369)");
  Process first(project.command({"run"}));
  ASSERT_TRUE(first.wait_for_line("another run holds the lock"));  // and it has the lease
  Process second(project.command({"run"}));
  ASSERT_TRUE(second.wait_for_line("run " + project.db.value("select run from tidegate.lease")));
  other.close();
  const auto a = first.wait();
  const auto b = second.wait();
  EXPECT_CODE(a, 0);
  EXPECT_CODE(b, 0);
  EXPECT_SAYS(a, "2 migrations applied");
  EXPECT_SAYS(b, "nothing to do");
  EXPECT_EQ(project.db.value("select count(*) from _prisma_migrations"), "2");
}

TEST_F(Lock, RunThatIsOver_HasGivenItBack) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  EXPECT_TRUE(project.db.eventually("select pg_try_advisory_lock(72707369)"));
}

TEST_F(Lock, WhileARunApplies_IsHeldByIt) {
  users_exist_and_then("ALTER TABLE users ADD COLUMN name text;\n");
  auto other = project.db.connect();
  other.sql("begin; select * from users");
  Process host(project.command({"run"}));
  ASSERT_TRUE(host.wait_for_line("pid " + std::to_string(other.pid())));
  EXPECT_EQ(project.db.value("select pg_try_advisory_lock(72707369)"), "f");
  const auto status = project.json({"status", "--json"});
  ASSERT_TRUE(status["lock"].is_object()) << status;
  EXPECT_EQ(status["lock"]["holder"].get<std::string>().rfind("run ", 0), 0U) << status;
  other.sql("commit");
  EXPECT_CODE(host.wait(), 0);
}

TEST_F(Lock, LockedTable_IsWaitedForNamingTheSession) {
  users_exist_and_then("ALTER TABLE users ADD COLUMN name text;\n");
  Connection other(project.db.url() + "&application_name=nightly_report");
  other.sql("begin; select * from users");
  Process host(project.command({"run"}));
  const auto line = host.wait_for_line("pid " + std::to_string(other.pid()));
  ASSERT_TRUE(line) << all_output(host.wait());
  EXPECT_NE(line->find("nightly_report"), std::string::npos) << *line;
  other.sql("commit");
  const auto done = host.wait();
  EXPECT_CODE(done, 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Lock, WaitForATable_LetsOthersReadIt) {
  users_exist_and_then("ALTER TABLE users ADD COLUMN name text;\n");
  auto blocker = project.db.connect();
  blocker.sql("begin; select * from users");
  Process host(project.command({"run"}));
  ASSERT_TRUE(host.wait_for_line("pid " + std::to_string(blocker.pid())));
  // The ALTER waits again and again; a reader behind it in the queue must come through every time.
  auto reader = project.db.connect();
  reader.sql("set statement_timeout = '30s'");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(reader.value("select count(*) from users"), "1");
  EXPECT_EQ(project.applied().size(), 1U) << "the blocker is still there";
  blocker.sql("commit");
  EXPECT_CODE(host.wait(), 0);
}

TEST_F(Lock, ConcurrentIndex_WaitsForWritersWithoutFailing) {
  users_exist_and_then("CREATE INDEX CONCURRENTLY users_id ON users (id);\n");
  auto writer = project.db.connect();
  writer.sql("begin; insert into users values (2)");
  Process host(project.command({"run"}));
  ASSERT_TRUE(project.db.eventually(
      "select exists (select from pg_stat_activity where query ilike '%index concurrently users_id%' and wait_event_type = 'Lock' "
      "and datname = current_database() and pid <> pg_backend_pid())"));
  auto another = project.db.connect();
  another.sql("set statement_timeout = '30s'; insert into users values (3)");
  writer.sql("commit");
  const auto done = host.wait();
  EXPECT_CODE(done, 0);
  EXPECT_EQ(project.db.value("select indisvalid from pg_index where indexrelid = 'users_id'::regclass"), "t");
}

TEST_F(Lock, HostKilled_LeavesNothingRunning) {
  project.migration("20230101000000_endless", "CREATE TABLE endless (id int);\nSELECT pg_sleep(600);\n");
  auto host = std::make_unique<Process>(project.command({"run"}));
  ASSERT_TRUE(
      project.db.eventually("select exists (select from pg_stat_activity where datname = current_database() and state = 'active' "
                            "and query like '%pg_sleep(600)%' and pid <> pg_backend_pid())"));
  host->signal(9);
  EXPECT_EQ(host->wait().exit_code, 137);
  EXPECT_TRUE(
      project.db.eventually("select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"));
  EXPECT_EQ(project.db.value("select to_regclass('endless') is null"), "t");
}

}  // namespace
}  // namespace tidegate::test
