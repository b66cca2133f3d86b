// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace tidegate::pipeline::testing {
namespace {

constexpr const char* kPipeline = R"(version = 1
[with]
migrations = "db/migrations"
[[stage]]
use = "safety"
[[stage]]
use = "apply.prisma"
with = { lock_timeout = "100ms" }
[stage.in.preview.with]
lock_timeout = "1s"
[stage.in.staging.with]
migrations = "db/staging"
)";

base::Value settings(const Reading& reading, std::size_t stage, std::vector<std::string> environments,
                     const base::Environment& environment = variables()) {
  static const Types types;
  const auto& configured = reading.pipeline.stages.at(stage);
  auto out = settings_for(configured, types.type(configured.use), environments, environment, "/work-folder");
  EXPECT_TRUE(out) << (out ? "" : out.error().message);
  return out ? *out : base::Value();
}

TEST(Settings, Defaults_ReachEveryTypeThatHasThem) {
  const auto reading = read(kPipeline);
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(settings(reading, 0, {}).find("migrations")->text(), "db/migrations");
  EXPECT_NE(settings(reading, 1, {}).find("migrations")->text().find("db/migrations"), std::string::npos);
  EXPECT_EQ(settings(reading, 0, {}).find("lock_timeout"), nullptr);
}

TEST(Settings, Overlay_IsLaidOverInItsEnvironment) {
  const auto reading = read(kPipeline);
  EXPECT_EQ(settings(reading, 1, {"production"}).find("lock_timeout")->integer(), 100);
  EXPECT_EQ(settings(reading, 1, {"preview"}).find("lock_timeout")->integer(), 1000);
}

TEST(Settings, MostSpecificOverlay_IsTheOneTaken) {
  const auto staging = settings(read(kPipeline), 1, {"staging", "preview"});
  EXPECT_EQ(staging.find("lock_timeout")->integer(), 100);
  EXPECT_NE(staging.find("migrations")->text().find("db/staging"), std::string::npos);
  EXPECT_EQ(settings(read(kPipeline), 1, {"qa", "preview"}).find("lock_timeout")->integer(), 1000);
}

TEST(Settings, CommandLine_WinsOverFileAndOverlay) {
  const auto reading = read(kPipeline, variables(), false, {{"apply.prisma.lock_timeout", "3s"}, {"migrations", "other"}});
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(settings(reading, 1, {"preview"}).find("lock_timeout")->integer(), 3000);
  EXPECT_EQ(settings(reading, 0, {}).find("migrations")->text(), "other");
  EXPECT_NE(settings(reading, 1, {"staging"}).find("migrations")->text().find("other"), std::string::npos);
}

TEST(Settings, PathFromTheCommandLine_StartsAtTheWorkingFolder) {
  const auto reading = read("version = 1\n[[stage]]\nuse = \"apply.prisma\"\n", variables(), false, {{"migrations", "m"}});
  EXPECT_EQ(settings(reading, 0, {}).find("migrations")->text(), "/work-folder/m");
}

TEST(Settings, NumberFromTheCommandLine_IsANumber) {
  const auto reading = read(kPipeline, variables(), false, {{"safety.max_active_connections", "20"}});
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(settings(reading, 0, {}).find("max_active_connections")->integer(), 20);
}

struct WrongSet {
  const char* key;
  const char* value;
  const char* message;
};
class OverrideMistake : public ::testing::TestWithParam<WrongSet> {};
TEST_P(OverrideMistake, NamesTheCommandLine) {
  const auto reading = read(kPipeline, variables(), false, {{GetParam().key, GetParam().value}});
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  EXPECT_EQ(reading.errors[0].file, "--set");
  EXPECT_NE(reading.errors[0].message.find(GetParam().message), std::string::npos) << reading.errors[0].message;
}
INSTANTIATE_TEST_SUITE_P(Settings, OverrideMistake,
                         ::testing::Values(WrongSet{"migratons", "x", "did you mean 'migrations'?"},
                                           WrongSet{"safty.migrations", "x",
                                                    "there is no stage 'safty' for 'safty.migrations'; did you mean 'safety'?"},
                                           WrongSet{"safety.max_connections", "1", "stage 'safety' has no setting 'max_connections'"},
                                           WrongSet{"apply.prisma.lock_timeout", "soon", "lock_timeout"}));

TEST(Settings, LongestStageId_TakesTheDottedName) {
  const auto reading = read("version = 1\n[[stage]]\nid = \"apply\"\nuse = \"safety\"\n[[stage]]\nuse = \"apply.prisma\"\n", variables(),
                            false, {{"apply.prisma.migrations", "m"}});
  EXPECT_EQ(text(reading.errors), "");
  EXPECT_EQ(reading.pipeline.stages[0].with.find("migrations"), nullptr);
  EXPECT_NE(reading.pipeline.stages[1].with.find("migrations"), nullptr);
}

TEST(Settings, Variables_AreExpandedButForSecrets) {
  const auto environment = variables({{"HOOK", "https://example.org"}, {"SECRET", "hush-hush"}});
  const auto reading = read(
      "version = 1\n[[stage]]\nuse = \"health\"\n[[notify]]\nuse = \"notify.webhook\"\nwith = { url = \"${HOOK}/x\", secret = "
      "\"${SECRET}\" }\n",
      environment);
  ASSERT_EQ(text(reading.errors), "");
  static const Types types;
  const auto out = settings_for(reading.pipeline.notify.at(0), types.type("notify.webhook"), {}, environment, "/");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->find("url")->text(), "https://example.org/x");
  EXPECT_EQ(out->find("secret")->text(), "${SECRET}");
}

TEST(Settings, VariableInAList_IsExpanded) {
  const auto reading = read("version = 1\n[[stage]]\nuse = \"health\"\nwith = { tables = [\"${A}\", \"b\"] }\n", variables({{"A", "a"}}));
  const auto out = settings(reading, 0, {}, variables({{"A", "a"}}));
  ASSERT_NE(out.at_path("tables.0"), nullptr);
  EXPECT_EQ(out.at_path("tables.0")->text(), "a");
}

TEST(Settings, UndefinedVariable_IsAConfigError) {
  static const Types types;
  const auto reading = read("version = 1\n[[stage]]\nuse = \"apply.prisma\"\nwith = { migrations = \"${NOPE}\" }\n");
  const auto out = settings_for(reading.pipeline.stages.at(0), types.type("apply.prisma"), {}, variables(), "/");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, base::Status::config);
  EXPECT_EQ(out.error().line, 4U);
  EXPECT_NE(out.error().message.find("NOPE"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::pipeline::testing
