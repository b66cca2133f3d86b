// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"
#include "pipeline/keys.hpp"

namespace tidegate::pipeline::testing {
namespace {

using namespace std::chrono_literals;

Reading parsed(const std::string& toml) {
  return parse({toml, "a.toml"}, "/project");
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
  const auto p = parse({"version = 1\n[plugins]\ndirs = [\"x\"]\n[[stage]]\nuse = \"a\"\nwith = { path = \"p\" }\n",
                       "/usr/share/default.toml", true}, "/srv/app")
                     .pipeline;
  EXPECT_EQ(p.folder, "/srv/app");
  EXPECT_EQ(p.name, "default");
  EXPECT_EQ(p.plugin_dirs, (std::vector<std::string>{"/srv/app/x"}));
  EXPECT_EQ(p.stages.at(0).with.find("path")->where.file, "");
  EXPECT_EQ(p.stages.at(0).where.file, "/usr/share/default.toml");
}

TEST(Parse, FileInAnotherFolder_StartsPathsThere) {
  EXPECT_EQ(parse({"version = 1\n", "deploy/web.toml"}, "/project").pipeline.folder, "/project/deploy");
  EXPECT_EQ(parse({"version = 1\n", "/etc/web.toml"}, "/project").pipeline.folder, "/etc");
  EXPECT_EQ(parse({"version = 1\n", "../web.toml"}, "/project/sub").pipeline.folder, "/project");
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
        WrongFile{"ZeroDeadline", AFTER_STAGE "deadline = \"0\"\n", "a.toml:4:12", "'deadline' of stage 'a' is 0"},
        WrongFile{"ZeroRunDeadline", AFTER_STAGE "[run]\ndeadline = \"0\"\n", "a.toml:5:12", "'deadline' of [run] is 0"},
        WrongFile{"BadOnFailure", AFTER_STAGE "[run]\non_failure = \"und\"\n", "a.toml:5:14", "did you mean 'undo'?"},
        WrongFile{"BadJournal", AFTER_STAGE "[run]\njournal = true\n", "a.toml:5:11", "expected one of 'database', 'file' and 'none', found true"},
        WrongFile{"RetryKey", AFTER_STAGE "retry = { attemps = 3 }\n", "a.toml:4:11", "unknown key 'attemps' in 'retry'; did you mean 'attempts'?"},
        WrongFile{"RetryAsNumber", AFTER_STAGE "retry = 3\n", "a.toml:4:9", "expected a table, found the integer 3"},
        WrongFile{"NoAttempt", AFTER_STAGE "retry = { attempts = 0 }\n", "a.toml:4:22", "expected an integer from 1 to 100, found the integer 0"},
        WrongFile{"HalfAnAttempt", AFTER_STAGE "retry = { attempts = 1.5 }\n", "a.toml:4:22", "found the number 1.5"},
        WrongFile{"BackoffThatShrinks", AFTER_STAGE "retry = { backoff = 0.5 }\n", "a.toml:4:21", "expected a number from 1 to 100"},
        WrongFile{"JitterAboveOne", AFTER_STAGE "retry = { jitter = 1.2 }\n", "a.toml:4:20", "expected a number from 0 to 1, found the number 1.2"},
        WrongFile{"BackoffNotANumber", AFTER_STAGE "retry = { backoff = nan }\n", "a.toml:4:21", "expected a number from 1 to 100"},
        WrongFile{"RetryClass", AFTER_STAGE "retry = { on = [\"lockd\"] }\n", "a.toml:4:17", "did you mean 'locked'?"},
        WrongFile{"RetryOfInterruption", AFTER_STAGE "retry = { on = [\"cancelled\"] }\n", "a.toml:4:17", "unknown name 'cancelled'"},
        WrongFile{"RetryOnNothing", AFTER_STAGE "retry = { on = [] }\n", "a.toml:4:16", "nothing would be tried again"},
        WrongFile{"EnsureInAStage", AFTER_STAGE "ensure = true\n", "a.toml:4:1", "'ensure' is not allowed in [[stage]] 'a'"},
        WrongFile{"OnErrorInARollback", AFTER_STAGE "[[rollback]]\nuse = \"r\"\non_error = \"warn\"\n", "a.toml:6:1",
                  "'on_error' is not allowed in [[rollback]] 'r': the failure of a rollback always counts"},
        WrongFile{"EnsureAsText", AFTER_STAGE "[[rollback]]\nuse = \"r\"\nensure = \"yes\"\n", "a.toml:6:10", "expected true or false"},
        WrongFile{"KindOfARollback", AFTER_STAGE "[[rollback]]\nuse = \"r\"\nkind = \"apply\"\n", "a.toml:6:8", "expected 'rollback', found 'apply'"},
        WrongFile{"WhenInANotification", AFTER_STAGE "[[notify]]\nuse = \"n\"\nwhen = { a = 1 }\n", "a.toml:6:1", "chooses its events with 'on'"},
        WrongFile{"SameIdInRollback", AFTER_STAGE "[[rollback]]\nuse = \"a\"\n", "a.toml:5:7", "the id 'a' is taken by the stage at line 2"},
        WrongFile{"EmptyPin", AFTER_STAGE "[plugins.pin]\nx = {}\n", "a.toml:5:5", "neither 'version' nor 'sha256'"},
        WrongFile{"PinKey", AFTER_STAGE "[plugins.pin]\nx = { version = \"1\", sha = \"a\" }\n", "a.toml:5:22", "unknown key 'sha' in [plugins.pin.x]"},
        WrongFile{"ShortSum", AFTER_STAGE "[plugins.pin]\nx = { sha256 = \"abc\" }\n", "a.toml:5:16", "64 hexadecimal digits"},
        WrongFile{"AllowedService", AFTER_STAGE "[plugins.allow]\nx = [\"htp\"]\n", "a.toml:5:6", "did you mean 'http'?"},
        WrongFile{"AllowedAsText", AFTER_STAGE "[plugins.allow]\nx = \"http\"\n", "a.toml:5:5", "expected a list of text"},
        WrongFile{"RemoveWithoutExtends", AFTER_STAGE "remove = true\n", "a.toml:4:1", "'remove' in [[stage]] 'a' changes an extended pipeline"},
        WrongFile{"BeforeWithoutExtends", AFTER_STAGE "before = \"b\"\n", "a.toml:4:1", "this file extends none"},
        WrongFile{"ExtendsNothingToRead", "version = 1\nextends = \"x\"\n", "a.toml:2:11", "nothing that 'x' could be read from"},
        WrongFile{"Isolation", AFTER_STAGE "[plugins.isolation]\n\"own.x\" = \"workers\"\n", "a.toml:5:11", "did you mean 'worker'?"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Parse, RunSection_IsRead) {
  const auto none = parsed(kStage).pipeline;
  EXPECT_FALSE(none.deadline.has_value());
  EXPECT_EQ(none.rollback_deadline, 5min);
  EXPECT_EQ(none.on_failure, OnFailure::undo);
  EXPECT_EQ(none.journal, JournalKind::database);
  const auto reading = parsed(std::string(kStage) +
                              "[run]\ndeadline = \"20m\"\nrollback_deadline = \"90s\"\non_failure = \"keep\"\njournal = \"none\"\n");
  EXPECT_EQ(text(reading.errors), "");
  EXPECT_EQ(reading.pipeline.deadline, std::optional<std::chrono::milliseconds>(20min));
  EXPECT_EQ(reading.pipeline.rollback_deadline, 90s);
  EXPECT_EQ(reading.pipeline.on_failure, OnFailure::keep);
  EXPECT_EQ(reading.pipeline.journal, JournalKind::none);
  EXPECT_EQ(parsed(std::string(kStage) + "[run]\njournal = \"file\"\n").pipeline.journal, JournalKind::file);
}

TEST(Parse, Retry_IsReadWithItsDefaults) {
  const auto reading = parsed(std::string(kStage) +
                              "deadline = \"10m\"\nretry = { attempts = 5, delay = \"2s\", backoff = 3, jitter = 0.5, on = [\"locked\"] }\n"
                              "[[stage]]\nid = \"b\"\nuse = \"a\"\nretry = { attempts = 2 }\n");
  ASSERT_EQ(text(reading.errors), "");
  const auto& stages = reading.pipeline.stages;
  EXPECT_EQ(stages[0].deadline, std::optional<std::chrono::milliseconds>(10min));
  ASSERT_TRUE(stages[0].retry && stages[1].retry);
  EXPECT_EQ(stages[0].retry->attempts, 5);
  EXPECT_EQ(stages[0].retry->delay, 2s);
  EXPECT_EQ(stages[0].retry->backoff, 3.0);
  EXPECT_EQ(stages[0].retry->jitter, 0.5);
  EXPECT_EQ(stages[0].retry->on, (std::vector<std::string>{"locked"}));
  EXPECT_EQ(stages[1].retry->attempts, 2);
  EXPECT_EQ(stages[1].retry->delay, 1s);
  EXPECT_EQ(stages[1].retry->on, (std::vector<std::string>{"unavailable", "locked", "conflict"}));
}

TEST(Parse, Rollback_IsRead) {
  const auto reading = parsed(std::string(kStage) +
                              "[[rollback]]\nuse = \"r\"\nensure = true\ntimeout = \"1m\"\ndeadline = \"3m\"\nretry = { attempts = 2 }\n"
                              "when = { \"environment.name\" = \"production\" }\n[rollback.with]\nx = 1\n[rollback.in.preview.with]\nx = 2\n");
  ASSERT_EQ(text(reading.errors), "");
  ASSERT_EQ(reading.pipeline.rollback.size(), 1U);
  const auto& r = reading.pipeline.rollback[0];
  EXPECT_EQ(r.kind, manifest::Kind::rollback);
  EXPECT_TRUE(r.ensure);
  EXPECT_EQ(r.timeout, std::optional<std::chrono::milliseconds>(1min));
  EXPECT_EQ(r.deadline, std::optional<std::chrono::milliseconds>(3min));
  EXPECT_EQ(r.retry->attempts, 2);
  EXPECT_EQ(r.when.at(0).key, "environment.name");
  EXPECT_EQ(r.with.find("x")->integer(), 1);
  EXPECT_EQ(r.in.at(0).second.find("x")->integer(), 2);
}

TEST(Parse, PinsAndAllowedServices_AreRead) {
  const std::string sum(64, 'A');
  const auto reading = parsed(std::string(kStage) + "[plugins.pin]\n\"own.audit\" = { version = \"1.4.0\", sha256 = \"" + sum +
                              "\" }\n[plugins.allow]\n\"own.audit\" = [\"http\", \"db\"]\n\"own.other\" = []\n");
  ASSERT_EQ(text(reading.errors), "");
  ASSERT_EQ(reading.pipeline.pins.size(), 1U);
  EXPECT_EQ(reading.pipeline.pins[0].plugin_id, "own.audit");
  EXPECT_EQ(reading.pipeline.pins[0].version, "1.4.0");
  EXPECT_EQ(reading.pipeline.pins[0].sha256, std::string(64, 'a'));
  ASSERT_EQ(reading.pipeline.allow.size(), 2U);
  EXPECT_EQ(reading.pipeline.allow[0].services, (std::vector<std::string>{"http", "db"}));
  EXPECT_TRUE(reading.pipeline.allow[1].services.empty());
}

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
