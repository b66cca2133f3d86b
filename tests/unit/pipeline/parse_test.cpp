// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"
#include "pipeline/keys.hpp"

namespace tidegate::pipeline::testing {
namespace {

using namespace std::chrono_literals;

Reading parsed(const std::string& toml) {
  return parse(toml, "a.toml", false, "/project");
}

constexpr const char* kWhole = R"(version = 1
name = "shop"
[connection.main]
url = "${SHOP_URL}"
[connection.replica]
url = "postgresql:///replica"
[with]
migrations = "db/migrations"
[run]
lock_wait = "90s"
[plugins]
dirs = ["tools", "/opt/plugins"]
[plugins.isolation]
"own.audit" = "in-process"
[[stage]]
use = "environment"
[[stage]]
id = "migrate"
use = "apply.prisma"
kind = "apply"
when = { "environment.name" = ["production", "preview"], environment.platform = "!=local" }
timeout = "1m30s"
[stage.with]
lock_timeout = "100ms"
[stage.in.preview.with]
lock_timeout = "1s"
[[stage]]
use = "health"
on_error = "warn"
[[notify]]
use = "notify.webhook"
on = ["failed", "kept"]
[[notify]]
id = "all"
use = "notify.webhook"
)";

TEST(Parse, WholeFile_IsRead) {
  const auto reading = parsed(kWhole);
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(text(reading.warnings), "");
  const auto& p = reading.pipeline;
  EXPECT_EQ(p.name, "shop");
  EXPECT_EQ(p.folder, "/project");
  ASSERT_NE(p.connection("replica"), nullptr);
  EXPECT_EQ(p.connection("main")->url, "${SHOP_URL}");
  EXPECT_EQ(p.connection("other"), nullptr);
  EXPECT_EQ(p.lock_wait, 90s);
  EXPECT_EQ(p.plugin_dirs, (std::vector<std::string>{"/project/tools", "/opt/plugins"}));
  EXPECT_EQ(p.in_process, (std::vector<std::string>{"own.audit"}));
  ASSERT_EQ(p.stages.size(), 3U);
  EXPECT_EQ(p.stages[0].id, "environment");
  EXPECT_FALSE(p.stages[0].timeout.has_value());
  EXPECT_EQ(p.stages[1].id, "migrate");
  EXPECT_EQ(p.stages[1].kind, manifest::Kind::apply);
  EXPECT_EQ(p.stages[1].timeout, std::optional<std::chrono::milliseconds>(90s));
  EXPECT_EQ(p.stages[1].with.find("lock_timeout")->text(), "100ms");
  ASSERT_EQ(p.stages[1].in.size(), 1U);
  EXPECT_EQ(p.stages[1].in[0].first, "preview");
  EXPECT_EQ(p.stages[1].in[0].second.find("lock_timeout")->text(), "1s");
  ASSERT_EQ(p.stages[1].when.size(), 2U);
  EXPECT_EQ(p.stages[1].when[0].any_of, (std::vector<std::string>{"production", "preview"}));
  EXPECT_EQ(p.stages[1].when[1].key, "environment.platform");
  EXPECT_TRUE(p.stages[2].warn_on_error);
  EXPECT_EQ(p.stages[2].where.line, 27U);
}

TEST(Parse, NotifyWithoutOn_AsksForAllButWaiting) {
  const auto p = parsed(kWhole).pipeline;
  ASSERT_EQ(p.notify.size(), 2U);
  EXPECT_EQ(p.notify[0].on, (std::vector<std::string>{"failed", "kept"}));
  EXPECT_EQ(p.notify[1].on, (std::vector<std::string>{"started", "succeeded", "not_started", "blocked", "failed", "rolled_back",
                                                      "rollback_failed", "kept", "cancelled", "recovered"}));
}

TEST(Parse, SyntaxError_HasItsPlace) {
  const auto reading = parsed("version = 1\nname = \"shop\n");
  ASSERT_EQ(reading.errors.size(), 1U);
  EXPECT_EQ(reading.errors[0].file, "a.toml");
  EXPECT_EQ(reading.errors[0].line, 2U);
}

TEST(Parse, BundledFile_StartsPathsAtTheWorkingFolder) {
  const auto p = parse("version = 1\n[plugins]\ndirs = [\"x\"]\n[[stage]]\nuse = \"a\"\nwith = { path = \"p\" }\n",
                       "/usr/share/default.toml", true, "/srv/app")
                     .pipeline;
  EXPECT_EQ(p.folder, "/srv/app");
  EXPECT_EQ(p.name, "default");
  EXPECT_EQ(p.plugin_dirs, (std::vector<std::string>{"/srv/app/x"}));
  EXPECT_EQ(p.stages.at(0).with.find("path")->where.file, "");
  EXPECT_EQ(p.stages.at(0).where.file, "/usr/share/default.toml");
}

TEST(Parse, FileInAnotherFolder_StartsPathsThere) {
  EXPECT_EQ(parse("version = 1\n", "deploy/web.toml", false, "/project").pipeline.folder, "/project/deploy");
  EXPECT_EQ(parse("version = 1\n", "/etc/web.toml", false, "/project").pipeline.folder, "/etc");
  EXPECT_EQ(parse("version = 1\n", "../web.toml", false, "/project/sub").pipeline.folder, "/project");
}

struct WrongFile {
  const char* name;
  const char* toml;
  const char* place;
  const char* message;
};
class MistakeInFile : public ::testing::TestWithParam<WrongFile> {};

TEST_P(MistakeInFile, IsNamedWithItsPlace) {
  const auto reading = parsed(GetParam().toml);
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  const auto line = lines(reading.errors).front();
  EXPECT_EQ(line.substr(0, line.find(": ")), GetParam().place) << line;
  EXPECT_NE(line.find(GetParam().message), std::string::npos) << line;
  EXPECT_EQ(reading.errors[0].code, base::Status::config);
}

const char* const kStage = "version = 1\n[[stage]]\nuse = \"a\"\n";

#define AFTER_STAGE "version = 1\n[[stage]]\nuse = \"a\"\n"
INSTANTIATE_TEST_SUITE_P(
    Parse, MistakeInFile,
    ::testing::Values(
        WrongFile{"UnknownTopKey", "version = 1\nnam = \"x\"\n[[stage]]\nuse = \"a\"\n", "a.toml:2:1",
                  "unknown key 'nam' in the pipeline file; did you mean 'name'?"},
        WrongFile{"UnknownStageKey", AFTER_STAGE "timeuot = \"1s\"\n", "a.toml:4:1",
                  "unknown key 'timeuot' in [[stage]] 'a'; did you mean 'timeout'?"},
        WrongFile{"UnknownRunKey", AFTER_STAGE "[run]\nlockwait = \"1s\"\n", "a.toml:5:1", "did you mean 'lock_wait'?"},
        WrongFile{"UnknownConnectionKey", AFTER_STAGE "[connection.main]\nuri = \"x\"\n", "a.toml:5:1",
                  "unknown key 'uri' in [connection.main]; did you mean 'url'?"},
        WrongFile{"UnknownOverlayKey", AFTER_STAGE "[stage.in.preview.wit]\nx = 1\n", "a.toml:4:19",
                  "unknown key 'wit' in [stage.in.preview]; did you mean 'with'?"},
        WrongFile{"UnknownEvent", AFTER_STAGE "[[notify]]\nuse = \"n\"\non = [\"succeded\"]\n", "a.toml:6:7", "did you mean 'succeeded'?"},
        WrongFile{"MissingVersion", "[[stage]]\nuse = \"a\"\n", "a.toml:1:1", "needs 'version'"},
        WrongFile{"OtherVersion", "version = 2\n[[stage]]\nuse = \"a\"\n", "a.toml:1:11", "version 2"},
        WrongFile{"VersionAsText", "version = \"1\"\n[[stage]]\nuse = \"a\"\n", "a.toml:1:11", "expected an integer, found the text '1'"},
        WrongFile{"NoStage", "version = 1\n", "a.toml:1:1", "has no stage"},
        WrongFile{"StageWithoutUse", "version = 1\n[[stage]]\nid = \"x\"\n", "a.toml:2:1", "[[stage]] 'x' needs 'use'"},
        WrongFile{"StageAsTable", "version = 1\n[stage]\nuse = \"a\"\n", "a.toml:2:1", "expected a list of tables"},
        WrongFile{"BadDuration", AFTER_STAGE "timeout = \"10 parsecs\"\n", "a.toml:4:11", "expected a duration such as \"250ms\""},
        WrongFile{"NumberAsDuration", AFTER_STAGE "timeout = 10\n", "a.toml:4:11", "found the integer 10"},
        WrongFile{"ZeroTimeout", AFTER_STAGE "timeout = \"0\"\n", "a.toml:4:11", "is 0"},
        WrongFile{"BadKind", AFTER_STAGE "kind = \"verfy\"\n", "a.toml:4:8", "did you mean 'verify'?"},
        WrongFile{"BadOnError", AFTER_STAGE "on_error = \"ignore\"\n", "a.toml:4:12", "expected one of 'fail' and 'warn'"},
        WrongFile{"BadId", "version = 1\n[[stage]]\nid = \"my stage\"\nuse = \"a\"\n", "a.toml:3:6", "'my stage' is not usable"},
        WrongFile{"SameUseTwice", AFTER_STAGE "[[stage]]\nuse = \"a\"\n", "a.toml:5:7", "the id 'a' is taken by the stage at line 2"},
        WrongFile{"SameIdInNotify", AFTER_STAGE "[[notify]]\nid = \"a\"\nuse = \"n\"\n", "a.toml:5:6", "the id 'a' is taken"},
        WrongFile{"ConnectionWithoutUrl", AFTER_STAGE "[connection.replica]\n", "a.toml:4:1", "[connection.replica] needs 'url'"},
        WrongFile{"EmptyCondition", AFTER_STAGE "when = { x = [] }\n", "a.toml:4:14", "would never run"},
        WrongFile{"OperatorWithoutOperand", AFTER_STAGE "when = { x = \">\" }\n", "a.toml:4:14", "nothing to compare with"},
        WrongFile{"Worker", AFTER_STAGE "[plugins.isolation]\n\"own.x\" = \"worker\"\n", "a.toml:5:11",
                  "'worker' for 'isolation' in [plugins] for 'own.x' is not available in this version"}),
    [](const auto& tested) { return tested.param.name; });

class PlannedKey : public ::testing::TestWithParam<const char*> {};
TEST_P(PlannedKey, IsNotAvailableInThisVersion) {
  const auto reading = parsed(GetParam());
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  EXPECT_NE(reading.errors[0].message.find("is not available in this version"), std::string::npos) << reading.errors[0].message;
  EXPECT_GT(reading.errors[0].line, 0U);
}
INSTANTIATE_TEST_SUITE_P(
    Parse, PlannedKey,
    ::testing::Values("extends = \"default\"\n" AFTER_STAGE, AFTER_STAGE "[[rollback]]\nuse = \"r\"\n", AFTER_STAGE "deadline = \"1m\"\n",
                      AFTER_STAGE "retry = { attempts = 3 }\n", AFTER_STAGE "remove = true\n", AFTER_STAGE "before = \"b\"\n",
                      AFTER_STAGE "after = \"b\"\n", AFTER_STAGE "ensure = true\n", AFTER_STAGE "[run]\ndeadline = \"20m\"\n",
                      AFTER_STAGE "[run]\nrollback_deadline = \"5m\"\n", AFTER_STAGE "[run]\non_failure = \"undo\"\n",
                      AFTER_STAGE "[run]\njournal = \"none\"\n", AFTER_STAGE "[plugins.pin]\nx = { version = \"1\" }\n",
                      AFTER_STAGE "[plugins.allow]\nx = [\"http\"]\n", AFTER_STAGE "[[notify]]\nuse = \"n\"\nremove = true\n"));

TEST(Parse, SeveralNegatedEntries_AreWarnedOf) {
  const auto reading = parsed(std::string(kStage) + "when = { x = [\"!=a\", \"!=b\"] }\n");
  EXPECT_EQ(text(reading.errors), "");
  ASSERT_EQ(reading.warnings.size(), 1U);
  EXPECT_EQ(reading.warnings[0].line, 4U);
}

TEST(Keys, EveryKey_HasHelp) {
  std::vector<const Section*> todo{&pipeline_file()};
  std::size_t seen = 0;
  for (std::size_t i = 0; i < todo.size(); ++i)
    for (const auto& key : todo[i]->keys) {
      EXPECT_FALSE(key.help.empty()) << todo[i]->title << ' ' << key.name;
      if (key.inside != nullptr) todo.push_back(key.inside);
      ++seen;
    }
  EXPECT_GT(seen, 30U);
}

}  // namespace
}  // namespace tidegate::pipeline::testing
