// SPDX-License-Identifier: Apache-2.0
// One database used by Prisma Migrate and by tidegate in turn. Prisma's side is played by SQL, with the rows that it writes.
#include "project.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kUsers = "CREATE TABLE users (id int PRIMARY KEY);\n";
constexpr const char* kPosts = "CREATE TABLE posts (id int PRIMARY KEY);\n";

class Interchange : public ProjectTest {
 protected:
  Interchange() { project.migration("20240101000000_users", kUsers).migration("20240102000000_posts", kPosts); }

  std::string sha256(const std::string& text) {
    std::string quoted;
    for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
    return project.db.value("select encode(sha256(convert_to('" + quoted + "', 'UTF8')), 'hex')");
  }
  /// The table as Prisma makes it.
  void prisma_table() {
    project.db.sql(
        "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, "
        "migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), "
        "applied_steps_count INTEGER NOT NULL DEFAULT 0)");
  }
  /// What `prisma migrate deploy` leaves after a migration that worked, or one that failed.
  void prisma_row(const std::string& name, const std::string& sql, bool worked = true) {
    project.db.sql("insert into _prisma_migrations (id, checksum, started_at, migration_name) values (gen_random_uuid()::text, '" +
                   sha256(sql) + "', now(), '" + name + "')");
    if (worked) {
      project.db.sql(sql);
      project.db.sql("update _prisma_migrations set applied_steps_count = 1, finished_at = now() where migration_name = '" + name + "'");
    } else {
      project.db.sql("update _prisma_migrations set logs = 'ERROR: something' where migration_name = '" + name + "'");
    }
  }
};

TEST_F(Interchange, HistoryTable_IsTheOneThatPrismaMakes) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto ours = project.db.sql(
      "select column_name, data_type, character_maximum_length, is_nullable, column_default from information_schema.columns "
      "where table_name = '_prisma_migrations' order by ordinal_position");
  const auto key = project.db.value(
      "select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where conrelid = '_prisma_migrations'::regclass and contype = "
      "'p'");
  project.db.sql("drop table _prisma_migrations");
  prisma_table();
  EXPECT_EQ(
      ours,
      project.db.sql("select column_name, data_type, character_maximum_length, is_nullable, column_default from information_schema.columns "
                     "where table_name = '_prisma_migrations' order by ordinal_position"));
  EXPECT_EQ(key, "_prisma_migrations_pkey PRIMARY KEY (id)");
}

TEST_F(Interchange, RowOfAnAppliedMigration_IsTheOneThatPrismaWrites) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto rows = project.db.sql(
      "select migration_name, checksum, applied_steps_count, logs is null, rolled_back_at is null, finished_at >= started_at, "
      "id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' from _prisma_migrations order by started_at, "
      "migration_name");
  ASSERT_EQ(rows.size(), 2U);
  const std::vector<std::optional<std::string>> users{"20240101000000_users", sha256(kUsers), "1", "t", "t", "t", "t"};
  const std::vector<std::optional<std::string>> posts{"20240102000000_posts", sha256(kPosts), "1", "t", "t", "t", "t"};
  EXPECT_EQ(rows[0], users);
  EXPECT_EQ(rows[1], posts);
  EXPECT_EQ(project.db.value("select count(distinct id) from _prisma_migrations"), "2");
}

TEST_F(Interchange, PrismasRows_AreContinued) {
  prisma_table();
  prisma_row("20240101000000_users", kUsers);
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "1 migration applied");
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"20240101000000_users", "20240102000000_posts"}));
}

TEST_F(Interchange, LateMigrationWithAnOlderName_IsApplied) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("20231231000000_late", "CREATE TABLE late (id int);\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.db.value("select to_regclass('late') is not null"), "t");
}

TEST_F(Interchange, TablesWithoutAHistory_AreP3005) {
  project.db.sql("create table legacy (id int)");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 3);
  EXPECT_SAYS(done, "P3005");
  EXPECT_SAYS(done, "resolve --applied");
}

TEST_F(Interchange, ViewsAndTypesWithoutAHistory_AreNoObstacle) {
  project.db.sql(
      "create view v as select 1; create type mood as enum ('sad'); create sequence s; create schema other; create table other.t (id int)");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Interchange, FailedRowOfPrisma_IsP3009) {
  prisma_table();
  prisma_row("20240101000000_users", kUsers, false);
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 3);
  EXPECT_SAYS(done, "P3009");
  EXPECT_SAYS(done, "20240101000000_users");
  EXPECT_SAYS(done, "resolve");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.json({"status", "--json"})["failed"], Json::array({"20240101000000_users"}));
}

TEST_F(Interchange, FailedRowOfAMigrationNotOnDisk_IsP3009Too) {
  prisma_table();
  prisma_row("20200101000000_gone", kUsers, false);
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 3);
  EXPECT_SAYS(done, "20200101000000_gone");
}

TEST_F(Interchange, FailedRowWithNothingElsePending_IsP3009InEveryPipeline) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.db.sql("update _prisma_migrations set finished_at = null where migration_name = '20240102000000_posts'");
  for (const auto& args : std::vector<std::vector<std::string>>{{"run"}, {"run", "minimal"}, {"run", "--dry-run"}, {"plan"}}) {
    const auto done = project.tidegate(args);
    EXPECT_CODE(done, 3);
    EXPECT_SAYS(done, "P3009");
    EXPECT_SAYS(done, "20240102000000_posts");
  }
}

TEST_F(Interchange, RolledBackRow_MakesTheMigrationPendingAgain) {
  prisma_table();
  prisma_row("20240101000000_users", kUsers, false);
  project.db.sql("update _prisma_migrations set rolled_back_at = now()");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied().size(), 2U);
  EXPECT_EQ(project.db.value("select count(*) from _prisma_migrations where migration_name = '20240101000000_users'"), "2");
}

TEST_F(Interchange, FailingMigration_IsP3018AndLeavesNoRow) {
  project.migration("20230101000000_bad", "SELECT 1/0;\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "P3018");
  EXPECT_TRUE(project.db.value("select to_regclass('_prisma_migrations') is null") == "t" ||
              project.db.value("select count(*) from _prisma_migrations") == "0");
}

TEST_F(Interchange, OtherProviderInTheLockFile_IsP3019) {
  project.file("prisma/migrations/migration_lock.toml", "# Please do not edit this file manually\nprovider = \"mysql\"\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "P3019");
  EXPECT_SAYS(done, "mysql");
  EXPECT_TRUE(project.applied().empty());
}

TEST_F(Interchange, LockFileOfPrisma_IsAccepted) {
  project.file("prisma/migrations/migration_lock.toml", "# Please do not edit this file manually\r\nprovider = \"postgresql\"\r\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
}

TEST_F(Interchange, LineEndings_AreNoEdit) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto edited = [&](const std::string& text) {
    project.migration("20240101000000_users", text);
    return project.json({"status", "--json"})["edited"];
  };
  EXPECT_EQ(edited("CREATE TABLE users (id int PRIMARY KEY);\r\n"), Json::array());
  EXPECT_EQ(edited(kUsers), Json::array());
  EXPECT_EQ(edited("CREATE TABLE users (id int PRIMARY KEY);"), Json::array({"20240101000000_users"}));
  EXPECT_EQ(edited(std::string("\xEF\xBB\xBF") + kUsers), Json::array({"20240101000000_users"}));
}

TEST_F(Interchange, RowWithTheChecksumOfTheOtherLineEndings_IsNoEdit) {
  const std::string crlf = "CREATE TABLE users (\r\n  id int PRIMARY KEY\r\n);\r\n";
  const std::string lf = "CREATE TABLE users (\n  id int PRIMARY KEY\n);\n";
  prisma_table();
  prisma_row("20240101000000_users", crlf);
  project.migration("20240101000000_users", lf);
  EXPECT_EQ(project.json({"status", "--json"})["edited"], Json::array());
  project.db.sql("update _prisma_migrations set checksum = '" + sha256(lf) + "'");
  project.migration("20240101000000_users", crlf);
  EXPECT_EQ(project.json({"status", "--json"})["edited"], Json::array());
  project.db.sql("update _prisma_migrations set checksum = '" + sha256("CREATE TABLE users (\r\n  id int PRIMARY KEY\n);\n") + "'");
  EXPECT_EQ(project.json({"status", "--json"})["edited"], Json::array({"20240101000000_users"}))
      << "it was applied with mixed line endings";
}

TEST_F(Interchange, EditedMigration_IsReportedAndNotRunAgain) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("20240101000000_users", "CREATE TABLE something_else (id int);\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "20240101000000_users");
  EXPECT_SAYS(done, "edited");
  EXPECT_EQ(project.db.value("select to_regclass('something_else') is null"), "t");
}

TEST_F(Interchange, MigrationMissingOnDisk_IsReported) {
  prisma_table();
  prisma_row("20200101000000_gone", "CREATE TABLE gone (id int);");
  EXPECT_EQ(project.json({"status", "--json"})["missing"], Json::array({"20200101000000_gone"}));
  EXPECT_CODE(project.tidegate({"run"}), 0);
}

TEST_F(Interchange, SchemaParameter_PutsEverythingThere) {
  project.db.sql("create schema \"App Data\"");
  const auto done = project.tidegate({"run", "--url", project.url() + "&schema=App%20Data"});
  EXPECT_CODE(done, 0);
  EXPECT_EQ(project.db.value(
                "select to_regclass('\"App Data\".users') is not null and to_regclass('\"App Data\"._prisma_migrations') is not null "
                "and to_regclass('public.users') is null"),
            "t");
  EXPECT_SAYS(project.tidegate({"run", "--url", project.url() + "&schema=App%20Data"}), "nothing to do");
}

TEST_F(Interchange, UrlParametersOfPrisma_AreAccepted) {
  const auto done =
      project.tidegate({"run", "--url",
                        project.url() + "&connection_limit=1&pool_timeout=10&socket_timeout=5&statement_cache_size=0&sslmode=prefer"
                                        "&sslaccept=accept_invalid_certs&schema=public"});
  EXPECT_CODE(done, 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Interchange, DotenvOfThePrismaFolder_GivesTheUrl) {
  project.file("prisma/.env", "# the database\nDATABASE_URL=\"" + project.url() + "\"\n");
  EXPECT_CODE(project.tidegate({"run"}, {{"DATABASE_URL", ""}}), 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Interchange, DirectUrl_WinsOverThePooledOne) {
  const auto done = project.tidegate({"run"}, {{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/pooled"}, {"DIRECT_URL", project.url()}});
  EXPECT_CODE(done, 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(Interchange, FolderNamedInPrismaConfig_IsFound) {
  Project other;
  other.file("prisma.config.ts",
             "import { defineConfig } from 'prisma/config'\nexport default defineConfig({\n  schema: 'db/schema.prisma',\n"
             "  migrations: {\n    path: 'db/history',\n  },\n})\n");
  other.file("db/history/0_init/migration.sql", kUsers);
  EXPECT_CODE(other.tidegate({"run"}), 0);
  EXPECT_EQ(other.applied(), (std::vector<std::string>{"0_init"}));
}

TEST_F(Interchange, OrderThatPrismaVersionsDisagreeOn_IsRefusedNamingThePair) {
  project.migration("20240103000000-b", "CREATE TABLE a (id int);\n").migration("20240103000000_a", "CREATE TABLE z (id int);\n");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 3);
  EXPECT_SAYS(done, "20240103000000-b");
  EXPECT_SAYS(done, "20240103000000_a");
  EXPECT_EQ(project.snapshot(), before);
}

}  // namespace
}  // namespace tidegate::test
