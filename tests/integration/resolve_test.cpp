// SPDX-License-Identifier: Apache-2.0
// `tidegate resolve`: the cases of Prisma's own command.
#include "project.hpp"

namespace tidegate::test {
namespace {

class Resolve : public ProjectTest {
 protected:
  Resolve() { project.migration("0_init", "CREATE TABLE legacy (id int);\n").migration("1_more", "CREATE TABLE more (id int);\n"); }

  void row(const std::string& name, const std::string& finished, const std::string& rolled_back = "null") {
    project.db.sql(
        "create table if not exists _prisma_migrations (id varchar(36) primary key, checksum varchar(64) not null, finished_at "
        "timestamptz, "
        "migration_name varchar(255) not null, logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), "
        "applied_steps_count integer not null default 0)");
    project.db.sql(
        "insert into _prisma_migrations (id, checksum, migration_name, finished_at, rolled_back_at) values (gen_random_uuid()::text, "
        "repeat('0', 64), '" +
        name + "', " + finished + ", " + rolled_back + ")");
  }
  std::string count(const std::string& condition) { return project.db.value("select count(*) from _prisma_migrations where " + condition); }
};

TEST_F(Resolve, Applied_BaselinesADatabaseThatHasTables) {
  project.db.sql("create table legacy (id int)");
  const auto done = project.tidegate({"resolve", "--applied", "0_init"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "0_init");
  EXPECT_EQ(
      count("migration_name = '0_init' and finished_at = started_at and logs = '' and applied_steps_count = 0 and rolled_back_at is null"),
      "1");
  EXPECT_EQ(project.db.value(
                "select checksum = encode(sha256(convert_to(E'CREATE TABLE legacy (id int);\\n', 'UTF8')), 'hex') from _prisma_migrations"),
            "t");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"0_init", "1_more"}));
}

TEST_F(Resolve, AppliedTwice_IsP3008) {
  ASSERT_CODE(project.tidegate({"resolve", "--applied", "0_init"}), 0);
  const auto again = project.tidegate({"resolve", "--applied", "0_init"});
  EXPECT_NE(again.exit_code, 0);
  EXPECT_SAYS(again, "P3008");
  EXPECT_EQ(count("true"), "1");
}

TEST_F(Resolve, AppliedOfAMigrationNotOnDisk_IsP3017) {
  const auto done = project.tidegate({"resolve", "--applied", "9_nowhere"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "P3017");
  EXPECT_EQ(
      project.db.value(
          "select to_regclass('_prisma_migrations') is null or (select count(*) = 0 from pg_class where relname = '_prisma_migrations')"),
      "t");
}

TEST_F(Resolve, AppliedOfAFailedOne_MarksTheFailedRowRolledBack) {
  row("0_init", "null");
  EXPECT_CODE(project.tidegate({"resolve", "--applied", "0_init"}), 0);
  EXPECT_EQ(count("finished_at is null and rolled_back_at is not null"), "1");
  EXPECT_EQ(count("finished_at is not null and rolled_back_at is null"), "1");
}

TEST_F(Resolve, RolledBackOfAFailedOne_MakesItPending) {
  row("0_init", "null");
  EXPECT_CODE(project.tidegate({"resolve", "--rolled-back", "0_init"}), 0);
  EXPECT_EQ(count("rolled_back_at is not null and finished_at is null"), "1");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Resolve, RolledBackOfAMigrationNotOnDisk_Works) {
  row("0_gone", "null");
  EXPECT_CODE(project.tidegate({"resolve", "--rolled-back", "0_gone"}), 0);
  EXPECT_EQ(count("rolled_back_at is not null"), "1");
}

TEST_F(Resolve, RolledBackOfAnAppliedOne_IsP3012) {
  row("0_init", "now()");
  const auto done = project.tidegate({"resolve", "--rolled-back", "0_init"});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_SAYS(done, "P3012");
  EXPECT_EQ(count("rolled_back_at is not null"), "0");
}

TEST_F(Resolve, RolledBackWithoutARow_IsP3011) {
  row("0_init", "now()");
  const auto done = project.tidegate({"resolve", "--rolled-back", "1_more"});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_SAYS(done, "P3011");
}

TEST_F(Resolve, RolledBackWithoutATable_ChangesNothing) {
  const auto done = project.tidegate({"resolve", "--rolled-back", "0_init"});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_EQ(project.db.value("select to_regclass('_prisma_migrations') is null"), "t");
}

TEST_F(Resolve, RolledBackAgain_ChangesNothing) {
  row("0_init", "null", "now()");
  const auto before = project.db.value("select m::text from _prisma_migrations m");
  EXPECT_CODE(project.tidegate({"resolve", "--rolled-back", "0_init"}), 0);
  EXPECT_EQ(project.db.value("select m::text from _prisma_migrations m"), before);
}

TEST_F(Resolve, NeitherOrBoth_IsACommandLineMistake) {
  EXPECT_CODE(project.tidegate({"resolve"}), 2);
  EXPECT_CODE(project.tidegate({"resolve", "--applied", "0_init", "--rolled-back", "0_init"}), 2);
}

TEST_F(Resolve, WhileAnotherRuns_WaitsForTheLock) {
  auto other = project.db.connect();
  other.sql("select pg_advisory_lock(72707369)");
  project.file("tidegate.toml", "version = 1\n[run]\nlock_wait = \"200ms\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto done = project.tidegate({"resolve", "--applied", "0_init"});
  EXPECT_CODE(done, 7);
  EXPECT_SAYS(done, "pid " + std::to_string(other.pid()));
}

TEST_F(Resolve, Json_NamesTheMigration) {
  const auto answer = project.json({"resolve", "--applied", "0_init", "--json"});
  EXPECT_NE(answer.dump().find("0_init"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::test
