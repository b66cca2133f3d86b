// SPDX-License-Identifier: Apache-2.0
// Whole histories of real projects. TIDEGATE_CORPORA names a folder with trigger.dev/migrations and umami/migrations.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "project.hpp"

namespace tidegate::test {
namespace {

struct History {
  const char* name;
  std::size_t migrations;
};

class Histories : public ProjectTest, public ::testing::WithParamInterface<History> {
 protected:
  void SetUp() override {
    const char* corpora = std::getenv("TIDEGATE_CORPORA");
    if (corpora == nullptr || *corpora == '\0') GTEST_SKIP() << "TIDEGATE_CORPORA is not set: no real histories to apply";
    folder_ = std::string(corpora) + "/" + GetParam().name + "/migrations";
    ASSERT_TRUE(std::filesystem::is_directory(folder_)) << folder_;
  }

  /// What psql makes of the same files, one by one, each statement by itself.
  [[nodiscard]] std::string schema_by_psql() const {
    TestDatabase reference;
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      if (entry.is_directory()) files.push_back(entry.path().string() + "/migration.sql");
    std::sort(files.begin(), files.end());
    std::vector<std::string> argv{postgres_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", reference.url()};
    for (const auto& file : files) argv.insert(argv.end(), {"-f", file});
    Command command{.argv = argv};
    command.timeout = std::chrono::minutes(4);
    const auto finished = run(command);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return schema_of(reference.url());
  }

  std::string folder_;
};

INSTANTIATE_TEST_SUITE_P(Real, Histories, ::testing::Values(History{"trigger.dev", 820}, History{"umami", 19}),
                         [](const auto& tested) { return std::string(tested.param.name) == "umami" ? "Umami" : "TriggerDev"; });

TEST_P(Histories, OnAnEmptyDatabase_GivesTheSchemaThatPsqlGives) {
  auto command = project.command({"run", "--json", "--set", "migrations=" + folder_});
  command.timeout = std::chrono::minutes(4);
  const auto done = run(command);
  ASSERT_CODE(done, 0);
  expect_no_secret(done);
  const auto finished = last_event(parse_events(done.out));
  EXPECT_EQ(finished["applied"].size(), GetParam().migrations);
  EXPECT_EQ(finished["outcome"], "succeeded");
  EXPECT_EQ(project.applied().size(), GetParam().migrations);
  EXPECT_EQ(schema_of(project.db.url()), schema_by_psql());

  const auto rows = project.db.value("select md5(string_agg(m::text || m.xmin::text, ',' order by started_at)) from _prisma_migrations m");
  const auto again = project.tidegate({"run", "--set", "migrations=" + folder_});
  EXPECT_CODE(again, 0);
  EXPECT_SAYS(again, "nothing to do");
  EXPECT_EQ(project.db.value("select md5(string_agg(m::text || m.xmin::text, ',' order by started_at)) from _prisma_migrations m"), rows);
  EXPECT_CODE(project.tidegate({"status", "--check", "--set", "migrations=" + folder_}), 0);
}

}  // namespace
}  // namespace tidegate::test
