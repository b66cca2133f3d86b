// SPDX-License-Identifier: Apache-2.0
//
// Real projects' histories, applied through the stage, give the schema that psql gives file by file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "scene.hpp"
#include "support/process.hpp"

namespace tidegate::apply::test {
namespace {

namespace fs = std::filesystem;
using sdk::Status;

std::string dump(const TestDatabase& database) {
  const auto done = tidegate::test::run({.argv = {tidegate::test::postgres_program("pg_dump"), "--schema-only", "--no-owner",
                                                  "--exclude-table=_prisma_migrations", database.url()}});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  // pg_dump puts a random word between \\restrict and \\unrestrict.
  std::istringstream lines(done.out);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ")) out += line + "\n";
  }
  return out;
}

std::vector<std::string> folders(const std::string& path) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.is_directory()) out.push_back(entry.path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

void expect_same_as_psql(const std::string& migrations, std::size_t count) {
  const auto names = folders(migrations);
  ASSERT_EQ(names.size(), count);
  Scene s;
  s.texts["migrations"] = migrations;
  s.new_run();
  const auto e = s.run();
  ASSERT_EQ(e.code, Status::ok) << e.message << "\n" << e.file << ":" << e.line << "\n" << e.detail;
  EXPECT_EQ(s.applied(), names);

  TestDatabase reference;
  std::vector<std::string> argv{tidegate::test::postgres_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", reference.url()};
  for (const auto& name : names) {
    argv.emplace_back("-f");
    argv.push_back(migrations + "/" + name + "/migration.sql");
  }
  const auto psql = tidegate::test::run({.argv = argv});
  ASSERT_EQ(psql.exit_code, 0) << psql.err;
  EXPECT_EQ(dump(s.database), dump(reference));

  s.new_run();
  s.scripts.clear();
  EXPECT_EQ(s.run().code, Status::ok);
  EXPECT_EQ(s.scripts.size(), 1u);
  EXPECT_TRUE(s.list()["edited"].empty());
}

class RealHistories : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* place = std::getenv("TIDEGATE_CORPORA");
    if (place == nullptr) GTEST_SKIP() << "TIDEGATE_CORPORA does not name a folder with histories";
    corpora = place;
  }
  std::string corpora;
};

TEST_F(RealHistories, TriggerDev_GivesTheSameSchemaAsPsql) {
  expect_same_as_psql(corpora + "/trigger.dev/migrations", 820);
}
TEST_F(RealHistories, Umami_GivesTheSameSchemaAsPsql) {
  expect_same_as_psql(corpora + "/umami/migrations", 19);
}

}  // namespace
}  // namespace tidegate::apply::test
