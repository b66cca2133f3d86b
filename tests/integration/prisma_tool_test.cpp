// SPDX-License-Identifier: Apache-2.0
// Prisma's own command and tidegate on one database in turn. TIDEGATE_PRISMA names a folder whose node_modules has prisma
// and @prisma/adapter-pg, both 6.19.
#include <cstdlib>
#include <filesystem>

#include "project.hpp"
#include "support/wire_proxy.hpp"

namespace tidegate::test {
namespace {

class PrismaTool : public ProjectTest {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("TIDEGATE_PRISMA");
    if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "TIDEGATE_PRISMA is not set: no Prisma to take turns with";
    cli_ = std::string(folder) + "/node_modules/prisma/build/index.js";
    ASSERT_TRUE(std::filesystem::is_regular_file(cli_)) << cli_;
    std::filesystem::create_directory_symlink(std::string(folder) + "/node_modules", project.dir / "node_modules");
    project.file("prisma/schema.prisma", "datasource db {\n  provider = \"postgresql\"\n  url      = env(\"DATABASE_URL\")\n}\n");
    project.file("prisma.config.ts", prisma_config());
    project.file("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
    project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
    project.migration("20240102000000_posts", "CREATE TABLE posts (id int PRIMARY KEY);\n");
  }

  Finished prisma(std::vector<std::string> args) {
    Command command{.argv = {"node", cli_, "migrate"}};
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    command.env = {{"DATABASE_URL", proxy_.url(project.db.name())}, {"CHECKPOINT_DISABLE", "1"}, {"NO_COLOR", "1"}};
    // Named engines are not downloaded; the one that is configured is neither.
    for (const char* engine : {"PRISMA_QUERY_ENGINE_LIBRARY", "PRISMA_SCHEMA_ENGINE_BINARY"}) command.env.emplace_back(engine, cli_);
    command.cwd = project.dir.path();
    return run(command);
  }

 private:
  std::string cli_;
  WireProxy proxy_;  // a TCP port in front of the server's socket
};

TEST_F(PrismaTool, AfterTidegate_FindsNothingToDo) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto deployed = prisma({"deploy"});
  EXPECT_CODE(deployed, 0);
  EXPECT_SAYS(deployed, "No pending migrations to apply");
  const auto status = prisma({"status"});
  EXPECT_CODE(status, 0);
  EXPECT_SAYS(status, "up to date");
}

TEST_F(PrismaTool, BeforeTidegate_LeavesTheRestToIt) {
  ASSERT_CODE(prisma({"deploy"}), 0);
  EXPECT_SAYS(project.tidegate({"run"}), "nothing to do");
  project.migration("20240103000000_ours", "CREATE TABLE ours (id int);\n");
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("20240104000000_theirs", "CREATE TABLE theirs (id int);\n");
  ASSERT_CODE(prisma({"deploy"}), 0);
  const auto status = project.json({"status", "--json"});
  EXPECT_EQ(status["up_to_date"], true);
  EXPECT_EQ(status["edited"], Json::array());
  EXPECT_EQ(status["applied"].size(), 4U);
}

TEST_F(PrismaTool, FailedMigrationOfPrisma_IsSeenAndResolved) {
  project.migration("20240103000000_bad", "SELECT 1/0;\n");
  EXPECT_NE(prisma({"deploy"}).exit_code, 0);
  const auto refused = project.tidegate({"run"});
  EXPECT_CODE(refused, 3);
  EXPECT_SAYS(refused, "P3009");
  ASSERT_CODE(project.tidegate({"resolve", "--rolled-back", "20240103000000_bad"}), 0);
  project.migration("20240103000000_bad", "SELECT 1;\n");
  EXPECT_CODE(prisma({"deploy"}), 0);
  EXPECT_SAYS(project.tidegate({"run"}), "nothing to do");
}

TEST_F(PrismaTool, BaselineOfTidegate_IsAcceptedByPrisma) {
  project.db.sql("create table users (id int primary key)");
  ASSERT_CODE(project.tidegate({"resolve", "--applied", "20240101000000_users"}), 0);
  EXPECT_CODE(prisma({"deploy"}), 0);
  EXPECT_EQ(project.applied().size(), 2U);
}

}  // namespace
}  // namespace tidegate::test
