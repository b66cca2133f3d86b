// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace tidegate::pipeline::testing {
namespace {

using namespace std::chrono_literals;

/// Files by name; "x.toml" is a file of /project, other names are bundled.
class Files {
 public:
  Files(std::initializer_list<std::pair<const std::string, std::string>> files) : files_(files) {}

  [[nodiscard]] Reading read(const std::string& file = "a.toml", std::vector<std::pair<std::string, std::string>> set = {}) const {
    static const Types types;
    auto reading = parsed(file);
    check(reading, types.catalogue(), {std::move(set), "/work-folder"}, variables(), false);
    return reading;
  }
  [[nodiscard]] Reading parsed(const std::string& file = "a.toml") const {
    return parse({files_.at(file), file}, "/project", [this](const std::string& name, const Source&) -> base::Result<Source> {
      const auto at = files_.find(name);
      if (at == files_.end()) return base::Error{base::Status::config, "there is no pipeline '" + name + "'", "have a look"};
      const bool bundled = !name.ends_with(".toml");
      return Source{at->second, bundled ? "/usr/share/" + name + ".toml" : name, bundled};
    });
  }

 private:
  std::map<std::string, std::string> files_;
};

std::vector<std::string> ids(const std::vector<Stage>& stages) {
  std::vector<std::string> out;
  for (const auto& stage : stages) out.push_back(stage.id);
  return out;
}
using Ids = std::vector<std::string>;

const char* const kDefault = R"(version = 1
name = "default"
[connection.replica]
url = "postgresql:///replica"
[with]
migrations = "db"
[run]
lock_wait = "1m"
on_failure = "keep"
[plugins]
dirs = ["tools"]
[[stage]]
use = "environment"
[[stage]]
id = "safety"
use = "safety"
when = { "environment.name" = "!=development" }
with = { max_active_connections = 5 }
[[stage]]
use = "apply.prisma"
timeout = "10m"
retry = { attempts = 3 }
[stage.in.preview.with]
lock_timeout = "1s"
[[stage]]
use = "health"
with = { tables = ["a", "b"] }
[[rollback]]
use = "rollback.database"
[[notify]]
use = "notify.webhook"
with = { url = "https://example.org" }
on = ["failed", "kept"]
)";

TEST(Extends, FileThatAddsNothing_IsThePipelineItExtends) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"default\"\n"}, {"default", kDefault}}.read();
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(text(reading.warnings), "");
  const auto& p = reading.pipeline;
  EXPECT_EQ(p.file, "a.toml");
  EXPECT_EQ(p.name, "a");
  EXPECT_FALSE(p.bundled);
  EXPECT_EQ(ids(p.stages), (Ids{"environment", "safety", "apply.prisma", "health"}));
  EXPECT_EQ(ids(p.rollback), (Ids{"rollback.database"}));
  EXPECT_EQ(p.notify.at(0).on, (Ids{"failed", "kept"}));
  EXPECT_EQ(p.lock_wait, 1min);
  EXPECT_EQ(p.stages[2].retry->attempts, 3);
}

TEST(Extends, Tables_AreMergedKeyByKey) {
  const auto reading = Files{{"a.toml", R"(version = 1
extends = "default"
name = "shop"
[connection.main]
url = "postgresql:///shop"
[with]
migrations = "prisma/migrations"
[run]
deadline = "20m"
on_failure = "undo"
[[stage]]
id = "apply.prisma"
timeout = "1m"
retry = { delay = "3s" }
when = { environment.platform = "vercel" }
[stage.with]
lock_timeout = "100ms"
[stage.in.preview.with]
migrations = "other"
[[stage]]
id = "safety"
when = { environment.name = "production" }
[[stage]]
use = "health"
with = { tables = ["c"] }
[[notify]]
use = "notify.webhook"
on = ["succeeded"]
)"},
                             {"default", kDefault}}
                           .read();
  ASSERT_EQ(text(reading.errors), "");
  const auto& p = reading.pipeline;
  EXPECT_EQ(p.name, "shop");
  EXPECT_EQ(p.connection("main")->url, "postgresql:///shop");
  EXPECT_EQ(p.connection("replica")->url, "postgresql:///replica");
  EXPECT_EQ(p.lock_wait, 1min);
  EXPECT_EQ(p.deadline, std::optional<std::chrono::milliseconds>(20min));
  EXPECT_EQ(p.on_failure, OnFailure::undo);
  ASSERT_EQ(ids(p.stages), (Ids{"environment", "safety", "apply.prisma", "health"}));
  const auto& apply = p.stages[2];
  EXPECT_EQ(apply.timeout, std::optional<std::chrono::milliseconds>(1min));
  EXPECT_EQ(apply.retry->attempts, 3);
  EXPECT_EQ(apply.retry->delay, 3s);
  EXPECT_EQ(apply.with.find("lock_timeout")->text(), "100ms");
  EXPECT_EQ(apply.with.find("migrations")->text(), "prisma/migrations");
  EXPECT_EQ(apply.in.at(0).second.find("lock_timeout")->text(), "1s");
  EXPECT_EQ(apply.in.at(0).second.find("migrations")->text(), "other");
  EXPECT_EQ(apply.when.at(0).key, "environment.platform");
  // Quoted and dotted are one key.
  ASSERT_EQ(p.stages[1].when.size(), 1U);
  EXPECT_EQ(p.stages[1].when[0].any_of, (Ids{"production"}));
  EXPECT_EQ(p.stages[1].with.find("max_active_connections")->integer(), 5);
  EXPECT_EQ(p.stages[3].with.find("tables")->as<base::Array>()->size(), 1U);
  EXPECT_EQ(p.notify.at(0).on, (Ids{"succeeded"}));
  EXPECT_EQ(p.notify.at(0).with.find("url")->text(), "https://example.org");
}

TEST(Extends, Paths_StartAtTheFileThatTheyStandIn) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"deploy/base.toml\"\n"},
                             {"deploy/base.toml", "version = 1\nextends = \"default\"\n[plugins]\ndirs = [\"own\"]\n[[stage]]\nuse = \"apply.prisma\"\n"
                                                  "with = { migrations = \"m\" }\n"},
                             {"default", kDefault}}
                           .read();
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(reading.pipeline.plugin_dirs, (Ids{"/project/deploy/own"}));
  EXPECT_EQ(reading.pipeline.stages[2].with.find("migrations")->where.file, "deploy/base.toml");
  EXPECT_EQ(reading.pipeline.stages[1].with.find("migrations")->where.file, "");  // of the bundled one: the working folder
}

TEST(Extends, Entries_AreTakenAwayAndPlaced) {
  const auto reading = Files{{"a.toml", R"(version = 1
extends = "default"
[[stage]]
id = "safety"
remove = true
[[stage]]
id = "one"
use = "command"
kind = "precheck"
after = "environment"
[[stage]]
id = "two"
use = "command"
kind = "precheck"
after = "environment"
[[stage]]
id = "three"
use = "command"
kind = "apply"
before = "apply.prisma"
[[stage]]
id = "four"
use = "command"
kind = "apply"
before = "apply.prisma"
[[stage]]
id = "five"
use = "command"
kind = "verify"
[[rollback]]
id = "first"
use = "command"
before = "rollback.database"
[[notify]]
use = "notify.webhook"
remove = true
)"},
                             {"default", kDefault}}
                           .read();
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(ids(reading.pipeline.stages), (Ids{"environment", "one", "two", "three", "four", "apply.prisma", "health", "five"}));
  EXPECT_EQ(ids(reading.pipeline.rollback), (Ids{"first", "rollback.database"}));
  EXPECT_TRUE(reading.pipeline.notify.empty());
}

TEST(Extends, EntryThatIsThere_IsMovedByBefore) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"b.toml\"\n[[stage]]\nid = \"x\"\nbefore = \"safety\"\n"},
                             {"b.toml", "version = 1\n[[stage]]\nuse = \"safety\"\n[[stage]]\nid = \"x\"\nuse = \"command\"\nkind = \"precheck\"\n"}}
                           .read();
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(ids(reading.pipeline.stages), (Ids{"x", "safety"}));
}

TEST(Extends, OtherUse_ReplacesTheEntryInItsPlace) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"default\"\n[[stage]]\nid = \"safety\"\nuse = \"command\"\nkind = \"precheck\"\n"},
                             {"default", kDefault}}
                           .read();
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(ids(reading.pipeline.stages), (Ids{"environment", "safety", "apply.prisma", "health"}));
  EXPECT_EQ(reading.pipeline.stages[1].use, "command");
  EXPECT_EQ(reading.pipeline.stages[1].with.find("max_active_connections"), nullptr);
  EXPECT_TRUE(reading.pipeline.stages[1].when.empty());
}

TEST(Extends, ThreeFiles_AreLaidOverEachOther) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"b.toml\"\n[[stage]]\nid = \"health\"\ntimeout = \"1m\"\n"},
                             {"b.toml", "version = 1\nextends = \"default\"\n[[stage]]\nuse = \"safety\"\nremove = true\n[[stage]]\n"
                                        "id = \"health\"\ntimeout = \"2m\"\ndeadline = \"9m\"\n"},
                             {"default", kDefault}}
                           .read();
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(ids(reading.pipeline.stages), (Ids{"environment", "apply.prisma", "health"}));
  EXPECT_EQ(reading.pipeline.stages[2].timeout, std::optional<std::chrono::milliseconds>(1min));
  EXPECT_EQ(reading.pipeline.stages[2].deadline, std::optional<std::chrono::milliseconds>(9min));
}

TEST(Extends, StageFromTheCommandLine_WinsOverBothFiles) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"default\"\n"}, {"default", kDefault}}.read(
      "a.toml", {{"safety.max_active_connections", "77"}});
  ASSERT_EQ(text(reading.errors), "");
  EXPECT_EQ(reading.pipeline.stages[1].with.find("max_active_connections")->integer(), 77);
}

struct Wrong {
  const char* name;
  const char* toml;  ///< of a.toml, after version and extends
  const char* line;  ///< the whole of the one error
  const char* hint;
};
class MistakeInExtendingFile : public ::testing::TestWithParam<Wrong> {};

TEST_P(MistakeInExtendingFile, IsNamedWithItsPlace) {
  const auto reading = Files{{"a.toml", std::string("version = 1\nextends = \"default\"\n") + GetParam().toml}, {"default", kDefault}}.read();
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  EXPECT_EQ(lines(reading.errors)[0], GetParam().line);
  EXPECT_NE(reading.errors[0].hint.find(GetParam().hint), std::string::npos) << reading.errors[0].hint;
}

INSTANTIATE_TEST_SUITE_P(
    Extends, MistakeInExtendingFile,
    ::testing::Values(
        Wrong{"ChangeOfNobody", "[[stage]]\nid = \"helth\"\ntimeout = \"1m\"\n",
              "a.toml:4:6: there is no [[stage]] 'helth' to change in the extended pipeline; did you mean 'health'?", "a new one needs 'use'"},
        Wrong{"RemovalOfNobody", "[[stage]]\nid = \"helth\"\nremove = true\n",
              "a.toml:4:6: there is no [[stage]] 'helth' to remove in the extended pipeline; did you mean 'health'?", "apply.prisma"},
        Wrong{"RemovalFromAnotherList", "[[notify]]\nid = \"health\"\nremove = true\n",
              "a.toml:4:6: there is no [[notify]] 'health' to remove in the extended pipeline", "it has notify.webhook"},
        Wrong{"BeforeNobody", "[[stage]]\nid = \"x\"\nuse = \"command\"\nkind = \"verify\"\nafter = \"helth\"\n",
              "a.toml:7:9: 'after' of [[stage]] 'x': there is no [[stage]] 'helth'; did you mean 'health'?", "it has environment"},
        Wrong{"BeforeARemovedOne",
              "[[stage]]\nuse = \"safety\"\nremove = true\n[[stage]]\nid = \"x\"\nuse = \"command\"\nkind = \"verify\"\nbefore = \"safety\"\n",
              "a.toml:10:10: 'before' of [[stage]] 'x': there is no [[stage]] 'safety'", "this file removes it"},
        Wrong{"BeforeItself", "[[stage]]\nid = \"health\"\nbefore = \"health\"\n", "a.toml:5:10: [[stage]] 'health' cannot stand before itself", ""},
        Wrong{"BeforeAndAfter", "[[stage]]\nid = \"health\"\nbefore = \"safety\"\nafter = \"environment\"\n",
              "a.toml:6:1: [[stage]] 'health' has 'before' and 'after'", "remove the other"},
        Wrong{"TwiceInOneFile", "[[stage]]\nid = \"health\"\n[[stage]]\nid = \"health\"\n", "a.toml:6:6: the id 'health' is taken by the [[stage]] at line 3",
              "put both into one"},
        Wrong{"IdOfAnotherList", "[[rollback]]\nid = \"health\"\nuse = \"rollback.database\"\n",
              "a.toml:4:6: the id 'health' is taken by the stage at /usr/share/default.toml:25:1", ""},
        Wrong{"EntryWithoutAName", "[[stage]]\ntimeout = \"1m\"\n", "a.toml:3:1: [[stage]] needs 'use' (the stage type)", ""},
        Wrong{"PlacedInTheWrongKind", "[[stage]]\nid = \"x\"\nuse = \"command\"\nkind = \"precheck\"\n",
              "a.toml:3:1: stage 'x' (precheck) stands after stage 'health' (verify)", "before = \"health\""},
        Wrong{"SettingOfTheExtendedStage", "[[stage]]\nid = \"health\"\n[stage.with]\ntabels = [\"x\"]\n",
              "a.toml:6:1: setting 'tabels' of health is not known; did you mean 'tables'?", "tables"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Extends, MistakeInTheExtendedFile_IsPlacedThere) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"b.toml\"\nnam = \"x\"\n"},
                             {"b.toml", "version = 1\n[[stage]]\nuse = \"helth\"\ntimeuot = \"1m\"\n"}}
                           .read();
  const auto found = lines(reading.errors);
  ASSERT_EQ(found.size(), 3U) << text(reading.errors);
  EXPECT_EQ(found[0].rfind("a.toml:3:1: unknown key 'nam'", 0), 0U) << found[0];
  EXPECT_EQ(found[1].rfind("b.toml:3:7: no plugin offers the stage type 'helth'", 0), 0U) << found[1];
  EXPECT_EQ(found[2].rfind("b.toml:4:1: unknown key 'timeuot'", 0), 0U) << found[2];
}

TEST(Extends, FileThatCannotBeRead_IsOneErrorWithoutFollowUps) {
  const auto reading =
      Files{{"a.toml", "version = 1\nextends = \"defalt\"\n[[stage]]\nid = \"health\"\ntimeout = \"1m\"\nbefore = \"x\"\n[[stage]]\nid = \"y\"\nremove = true\n"}}
          .read();
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  EXPECT_EQ(lines(reading.errors)[0], "a.toml:2:11: 'extends': there is no pipeline 'defalt'");
  EXPECT_EQ(reading.errors[0].hint, "have a look");
}

TEST(Extends, ExtendedFileThatIsNoToml_IsOneErrorInThatFile) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"b.toml\"\n"}, {"b.toml", "version = \n"}}.read();
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  EXPECT_EQ(reading.errors[0].file, "b.toml");
}

TEST(Extends, Circle_IsAnError) {
  const auto reading = Files{{"a.toml", "version = 1\nextends = \"b.toml\"\n"},
                             {"b.toml", "version = 1\nextends = \"c.toml\"\n"},
                             {"c.toml", "version = 1\nextends = \"b.toml\"\n"}}
                           .read();
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  EXPECT_EQ(lines(reading.errors)[0], "c.toml:2:11: 'extends' goes in a circle: b.toml -> c.toml -> b.toml");
}

TEST(Extends, ChainWithoutEnd_IsAnError) {
  std::size_t opened = 0;
  const auto reading = parse({"version = 1\nextends = \"x/a.toml\"\n", "a.toml"}, "/project", [&](const std::string&, const Source& from) -> base::Result<Source> {
    ++opened;
    return Source{from.text, "x/" + from.file};
  });
  EXPECT_LE(opened, 17U);
  ASSERT_EQ(reading.errors.size(), 1U) << text(reading.errors);
  EXPECT_NE(reading.errors[0].message.find("more than 16 files"), std::string::npos) << reading.errors[0].message;
}

}  // namespace
}  // namespace tidegate::pipeline::testing
