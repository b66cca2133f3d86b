// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"
#include "pipeline/services.hpp"

namespace tidegate::pipeline::testing {
namespace {

#define START "version = 1\n[[stage]]\nuse = \"environment\"\n[[stage]]\nuse = \"apply.prisma\"\n"

TEST(Check, GoodPipeline_HasNothingToSay) {
  const auto reading = read(
      START
      "when = { \"environment.name\" = \"!=development\" }\n[[stage]]\nuse = \"health\"\nwhen = { \"environment.platform\" = \"vercel\" }\n"
      "[[notify]]\nuse = \"notify.webhook\"\nwith = { url = \"https://example.org\" }\n");
  EXPECT_EQ(text(reading.errors), "");
  EXPECT_EQ(text(reading.warnings), "");
  EXPECT_EQ(reading.pipeline.stages[1].kind, manifest::Kind::apply);
  EXPECT_EQ(reading.pipeline.stages[2].kind, manifest::Kind::verify);
}

TEST(Check, FiveDifferentMistakes_AreReportedAtOnceInOrder) {
  const auto reading = read(
      "version = 1\n"
      "nane = \"shop\"\n"
      "[[stage]]\n"
      "use = \"environmnt\"\n"
      "[[stage]]\n"
      "use = \"apply.prisma\"\n"
      "timeout = \"ten minutes\"\n"
      "with = { lock_timout = \"1s\" }\n"
      "[[stage]]\n"
      "use = \"safety\"\n"
      "[[notify]]\n"
      "use = \"notify.webhook\"\n"
      "with = { url = \"https://example.org\" }\n"
      "on = [\"failled\"]\n");
  const auto found = lines(reading.errors);
  ASSERT_EQ(found.size(), 6U) << text(reading.errors);
  EXPECT_EQ(found[0], "a.toml:2:1: unknown key 'nane' in the pipeline file; did you mean 'name'?");
  EXPECT_EQ(found[1], "a.toml:4:7: no plugin offers the stage type 'environmnt'; did you mean 'environment'?");
  EXPECT_EQ(found[2].rfind("a.toml:7:11: 'timeout' in [[stage]] 'apply.prisma': expected a duration", 0), 0U) << found[2];
  EXPECT_EQ(found[3].rfind("a.toml:8:10: ", 0), 0U) << found[3];
  EXPECT_NE(found[3].find("lock_timeout"), std::string::npos) << found[3];
  EXPECT_EQ(found[4], "a.toml:9:1: stage 'safety' (precheck) stands after stage 'apply.prisma' (apply)");
  EXPECT_EQ(found[5], "a.toml:14:7: unknown name 'failled' for 'on' in [[notify]] 'notify.webhook'; did you mean 'failed'?");
}

struct Mistake {
  const char* name;
  const char* toml;
  const char* place;
  const char* message;
  const char* hint;
};
class MistakeAgainstManifests : public ::testing::TestWithParam<Mistake> {};

TEST_P(MistakeAgainstManifests, IsNamedWithItsPlace) {
  const auto reading = read(GetParam().toml);
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  const auto line = lines(reading.errors).front();
  EXPECT_EQ(line.substr(0, line.find(": ")), GetParam().place) << line;
  EXPECT_NE(line.find(GetParam().message), std::string::npos) << line;
  EXPECT_NE(reading.errors[0].hint.find(GetParam().hint), std::string::npos) << reading.errors[0].hint;
}

INSTANTIATE_TEST_SUITE_P(
    Check, MistakeAgainstManifests,
    ::testing::Values(
        Mistake{"UnknownTypeWithoutNeighbour", "version = 1\n[[stage]]\nuse = \"zzz\"\n", "a.toml:3:7",
                "no plugin offers the stage type 'zzz'", "apply.prisma"},
        Mistake{"KindNotChosen", "version = 1\n[[stage]]\nuse = \"command\"\n", "a.toml:3:7", "must choose one with 'kind'",
                "kind = \"precheck\""},
        Mistake{"KindNotOffered", START "kind = \"verify\"\n", "a.toml:6:8", "cannot be of kind 'verify'", "its kinds: apply"},
        Mistake{"Order", "version = 1\n[[stage]]\nuse = \"health\"\n[[stage]]\nuse = \"safety\"\n", "a.toml:4:1",
                "stage 'safety' (precheck) stands after stage 'health' (verify)", "move it above stage 'health'"},
        Mistake{"TwoHistories", START "[[stage]]\nuse = \"apply.sql\"\n", "a.toml:6:1",
                "stage 'apply.sql' and stage 'apply.prisma' both keep a history", "own"},
        Mistake{"OnErrorOnApply", START "on_error = \"warn\"\n", "a.toml:6:12", "'on_error' is not allowed on stage 'apply.prisma'",
                "remove"},
        Mistake{"OnErrorFailOnApply", START "on_error = \"fail\"\n", "a.toml:6:12", "'on_error' is not allowed", "remove"},
        Mistake{"NotificationAsStage", "version = 1\n[[stage]]\nuse = \"notify.webhook\"\nwith = { url = \"x\" }\n", "a.toml:3:7",
                "of kind notify", "[[notify]]"},
        Mistake{"StageAsNotification", START "[[notify]]\nuse = \"health\"\n", "a.toml:7:7", "is no notification but of kind verify", "[[stage]]"},
        Mistake{"RollbackAsStage", START "[[stage]]\nuse = \"rollback.database\"\n", "a.toml:7:7", "is no stage but of kind rollback",
                "[[rollback]]"},
        Mistake{"StageAsRollback", START "[[rollback]]\nuse = \"health\"\n", "a.toml:7:7", "is no rollback but of kind verify", "[[stage]]"},
        Mistake{"SettingOfARollback", START "[[rollback]]\nuse = \"rollback.database\"\nwith = { x = 1 }\n", "a.toml:8:10", "'x'", ""},
        Mistake{"WhenOfALaterRollback",
                START "[[rollback]]\nuse = \"rollback.database\"\nwhen = { \"second.undone\" = \"x\" }\n[[rollback]]\nid = \"second\"\n"
                      "use = \"rollback.database\"\n",
                "a.toml:8:10", "no stage before rollback 'rollback.database'", "rollback 'second' does, but comes no earlier"},
        Mistake{"RollbackKeyInAStage", START "when = { \"run.applied\" = \"x\" }\n", "a.toml:6:10", "publishes 'run.applied'", ""},
        Mistake{"PinOfNobody", START "[plugins.pin]\n\"own.adit\" = { version = \"1\" }\n", "a.toml:7:1",
                "[plugins.pin] names the plugin 'own.adit', which is not found; did you mean 'own.audit'?", "bundled"},
        Mistake{"AllowOfNobody", START "[plugins.allow]\n\"x\" = [\"http\"]\n", "a.toml:7:1", "[plugins.allow] names the plugin 'x'",
                "bundled and own.audit"},
        Mistake{"RequiredServiceNotAllowed",
                "version = 1\n[plugins.isolation]\n\"own.audit\" = \"in-process\"\n[plugins.allow]\n\"own.audit\" = [\"db\"]\n[[stage]]\n"
                "use = \"audit\"\n",
                "a.toml:7:7", "'audit' cannot do without the service http, which [plugins.allow] does not give to its plugin 'own.audit'",
                "\"http\""},
        Mistake{"WhenOfNobody", START "when = { \"environment.nam\" = \"x\" }\n", "a.toml:6:10",
                "publishes 'environment.nam'; did you mean 'environment.name'?", "environment.platform"},
        Mistake{"WhenOfALaterStage",
                START "when = { \"later.pending\" = \">0\" }\n[[stage]]\nid = \"later\"\nuse = \"command\"\nkind = \"verify\"\n",
                "a.toml:6:10", "'later.pending'", "published: environment.class"},
        Mistake{"WhenOfItself", START "when = { \"apply.prisma.applied\" = \"x\" }\n", "a.toml:6:10",
                "no stage before stage 'apply.prisma'", "stage 'apply.prisma' does, but comes no earlier"},
        Mistake{"WhenWithoutDetect", "version = 1\n[[stage]]\nuse = \"health\"\nwhen = { \"environment.name\" = \"x\" }\n", "a.toml:4:10",
                "'environment.name'", "no stage before it publishes anything"},
        Mistake{"DefaultOfNobody", START "[with]\nmigratons = \"x\"\n", "a.toml:7:1",
                "no stage of this pipeline has the setting 'migratons' of [with]; did you mean 'migrations'?", "lock_timeout"},
        Mistake{"UnknownSetting", START "with = { migrationz = \"x\" }\n", "a.toml:6:10", "migrations", ""},
        Mistake{"WrongSetting", START "with = { lock_timeout = \"soon\" }\n", "a.toml:6:25", "lock_timeout", ""},
        Mistake{"WrongDefault", START "[with]\nlock_timeout = \"soon\"\n", "a.toml:7:16", "lock_timeout", ""},
        Mistake{"UnknownSettingInOverlay", START "[stage.in.preview.with]\nmigrationz = \"x\"\n", "a.toml:7:1", "migrations", ""},
        Mistake{"MissingSetting", START "[[notify]]\nuse = \"notify.webhook\"\n", "a.toml:6:1", "url", ""},
        Mistake{"BrokenReference", START "with = { migrations = \"${X\" }\n", "a.toml:6:23", "has no closing '}'", "$$"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Check, KindChosen_SettlesTheOrder) {
  const auto reading = read(
      "version = 1\n[[stage]]\nuse = \"command\"\nkind = \"precheck\"\n[[stage]]\nid = \"last\"\nuse = \"command\"\nkind = \"verify\"\n");
  EXPECT_EQ(text(reading.errors), "");
  EXPECT_EQ(reading.pipeline.stages[0].kind, manifest::Kind::precheck);
  EXPECT_EQ(reading.pipeline.stages[1].kind, manifest::Kind::verify);
}

TEST(Check, TypeOfManyKinds_IsWhatItsSectionSays) {
  const auto reading = read(
      START "[[rollback]]\nuse = \"command\"\n[[notify]]\nid = \"tell\"\nuse = \"command\"\n[[notify]]\nid = \"tell2\"\nuse = \"command\"\n"
            "kind = \"notify\"\n");
  EXPECT_EQ(text(reading.errors), "");
  EXPECT_EQ(reading.pipeline.rollback.at(0).kind, manifest::Kind::rollback);
  EXPECT_EQ(reading.pipeline.notify.at(0).kind, manifest::Kind::notify);
  EXPECT_EQ(reading.pipeline.notify.at(1).kind, manifest::Kind::notify);
}

TEST(Check, Rollback_MayAskForWhatAnyStageAndTheRunItselfPublish) {
  const auto reading = read(
      START "retry = { attempts = 3 }\n[[rollback]]\nuse = \"rollback.database\"\nwhen = { \"environment.name\" = \"production\", "
            "\"apply.prisma.applied\" = \"!=[]\", \"run.applied\" = \"!=[]\" }\n[[rollback]]\nid = \"after\"\nuse = \"command\"\n"
            "when = { \"rollback.database.undone\" = \"!=[]\", \"run.error\" = \"!=x\" }\n");
  EXPECT_EQ(text(reading.errors), "");
}

TEST(Check, DefaultsAndOverrides_ReachRollbacks) {
  const auto reading = read(START "[[rollback]]\nid = \"back\"\nuse = \"apply.prisma\"\n", variables(), false, {{"back.lock_timeout", "3s"}});
  EXPECT_EQ(reading.pipeline.rollback.at(0).with.find("lock_timeout")->text(), "3s");
}

TEST(Check, AllowedServices_AreThoseAndTheOnesThatReachNothing) {
  const auto reading = read(
      "version = 1\n[plugins.isolation]\n\"own.audit\" = \"in-process\"\n[plugins.allow]\n\"own.audit\" = [\"http\"]\n[[stage]]\n"
      "use = \"audit\"\n");
  EXPECT_EQ(text(reading.errors), "");
  const auto* allowed = allowed_services(reading.pipeline, "own.audit");
  ASSERT_NE(allowed, nullptr);
  EXPECT_TRUE(may_use(*allowed, TG_HTTP));
  EXPECT_TRUE(may_use(*allowed, TG_CONFIG));
  EXPECT_FALSE(may_use(*allowed, TG_DB));
  EXPECT_FALSE(may_use(*allowed, TG_SECRETS));
  EXPECT_EQ(allowed_services(reading.pipeline, "bundled"), nullptr);
}

TEST(Check, UnknownType_CausesNoFollowUps) {
  const auto reading = read(
      "version = 1\n[with]\nsomething_of_it = 1\n[[stage]]\nuse = \"environmen\"\n[[stage]]\nuse = \"apply.prisma\"\n"
      "when = { \"environment.name\" = \"production\", \"environmen.x\" = \"1\" }\n");
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  EXPECT_EQ(reading.errors[0].line, 5U);
}

TEST(Check, OwnPlugin_IsAcceptedWhereverItRuns) {
  EXPECT_EQ(text(read("version = 1\n[[stage]]\nuse = \"audit\"\n").errors), "");
  for (const std::string where : {"in-process", "worker"}) {
    const auto reading = read("version = 1\n[plugins.isolation]\n\"own.audit\" = \"" + where + "\"\n[[stage]]\nuse = \"audit\"\n");
    EXPECT_EQ(text(reading.errors), "");
    EXPECT_TRUE(reading.warnings.empty());
    EXPECT_EQ(reading.pipeline.in_process.size(), where == "worker" ? 0U : 1U);
  }
}

TEST(Check, IsolationOfAPluginThatNothingUses_IsWarnedOf) {
  const auto reading = read("version = 1\n[plugins.isolation]\n\"own.audti\" = \"in-process\"\n[[stage]]\nuse = \"health\"\n");
  EXPECT_EQ(text(reading.errors), "");
  ASSERT_EQ(reading.warnings.size(), 1U);
  EXPECT_NE(reading.warnings[0].message.find("'own.audti'"), std::string::npos);
}

TEST(Check, IsolationOfABundledPlugin_IsWarnedOf) {
  const auto reading = read("version = 1\n[plugins.isolation]\nbundled = \"worker\"\n[[stage]]\nuse = \"health\"\n");
  EXPECT_EQ(text(reading.errors), "");
  ASSERT_EQ(reading.warnings.size(), 1U);
  EXPECT_NE(reading.warnings[0].message.find("'bundled', which is bundled"), std::string::npos);
}

TEST(Check, UndefinedVariable_IsAWarningUnlessRequired) {
  const std::string toml =
      "version = 1\n[connection.main]\nurl = \"${SHOP_URL}\"\n[[stage]]\nuse = \"apply.prisma\"\nwith = { migrations = \"${DIR}/x\" }\n"
      "[[notify]]\nuse = \"notify.webhook\"\nwith = { url = \"${HOOK}\", secret = \"${SECRET}\" }\n";
  const auto lenient = read(toml);
  EXPECT_EQ(text(lenient.errors), "");
  ASSERT_EQ(lenient.warnings.size(), 4U) << text(lenient.warnings);
  EXPECT_EQ(lines(lenient.warnings)[0], "a.toml:3:7: the variable SHOP_URL is not set");
  const auto strict = read(toml, variables(), true);
  EXPECT_EQ(strict.errors.size(), 4U) << text(strict.errors);
  EXPECT_EQ(strict.errors[1].code, base::Status::config);
  const auto set = read(toml, variables({{"SHOP_URL", "x"}, {"DIR", "d"}, {"HOOK", "https://example.org"}, {"SECRET", "s"}}), true);
  EXPECT_EQ(text(set.errors) + text(set.warnings), "");
}

TEST(Check, ValueFromAVariable_IsCheckedLikeAnyOther) {
  const std::string toml = START "with = { lock_timeout = \"${WAIT}\" }\n";
  EXPECT_EQ(text(read(toml, variables({{"WAIT", "2s"}})).errors), "");
  const auto wrong = read(toml, variables({{"WAIT", "soon"}}));
  ASSERT_EQ(wrong.errors.size(), 1U);
  EXPECT_EQ(wrong.errors[0].line, 6U);
}

}  // namespace
}  // namespace tidegate::pipeline::testing
