// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "manifest/model.hpp"

using namespace tidegate;
using manifest::SettingType;

namespace {

const std::string kGood = R"(
id = "org.tidegate.apply"
version = "0.1.0"
abi = 0
summary = "Applies migrations"
license = "Apache-2.0"
homepage = "https://tidegate.example"

[[stage]]
type = "apply.prisma"
kinds = ["apply"]
summary = "A Prisma folder"
extensions = ["tidegate.history/1", "tidegate.plan/1"]
requires = ["tidegate.db/1", "tidegate.config/1"]
wants = ["tidegate.log/1"]
events = ["migration.finished"]
dry_run = true

[[stage.provides]]
key = "applied"
type = "list"
help = "names"

[[stage.setting]]
name = "migrations"
type = "string"
path = true
default = "prisma/migrations"

[[stage.setting]]
name = "lock_timeout"
type = "duration"
default = "200ms"
min = "10ms"
max = "1h"

[[stage.setting]]
name = "buffer"
type = "size"
default = "64kB"

[[stage.setting]]
name = "mode"
type = "enum"
one_of = ["fast", "careful"]
default = "careful"

[[stage.setting]]
name = "tables"
type = "array"
element = { type = "string", pattern = "[a-z]+" }
default = []

[[stage.setting]]
name = "assert"
type = "array"
[stage.setting.element]
type = "table"
[[stage.setting.element.field]]
name = "sql"
type = "string"
required = true
[[stage.setting.element.field]]
name = "within"
type = "duration"
default = "1s"
)";

std::string with_stage(const std::string& inside) {
  return "id = \"org.example.x\"\nversion = \"1.0.0\"\nabi = 0\n[[stage]]\ntype = \"x\"\nkinds = [\"verify\"]\n" + inside;
}

std::string messages(const manifest::ManifestReading& reading) {
  std::string out;
  for (const auto& e : reading.errors) out += std::to_string(e.line) + ':' + std::to_string(e.column) + ' ' + e.message + '\n';
  return out;
}

}  // namespace

TEST(Manifest, EverythingSaid_IsInTheModel) {
  const auto reading = manifest::read_manifest(kGood, "plugin.toml");
  ASSERT_TRUE(reading.errors.empty()) << messages(reading);
  const auto& m = reading.manifest;
  EXPECT_EQ(m.id, "org.tidegate.apply");
  EXPECT_EQ(m.version, "0.1.0");
  EXPECT_EQ(m.abi, 0U);
  EXPECT_EQ(m.license, "Apache-2.0");
  EXPECT_EQ(m.homepage, "https://tidegate.example");
  const auto* stage = m.stage("apply.prisma");
  ASSERT_NE(stage, nullptr);
  EXPECT_EQ(stage->kinds, std::vector{manifest::Kind::apply});
  EXPECT_EQ(stage->extensions, (std::vector<std::string>{"tidegate.history/1", "tidegate.plan/1"}));
  EXPECT_EQ(stage->required_services, (std::vector<std::string>{"tidegate.db/1", "tidegate.config/1"}));
  EXPECT_EQ(stage->wanted_services, std::vector<std::string>{"tidegate.log/1"});
  EXPECT_EQ(stage->events, std::vector<std::string>{"migration.finished"});
  EXPECT_TRUE(stage->dry_run);
  ASSERT_EQ(stage->provides.size(), 1U);
  EXPECT_EQ(stage->provides[0].key, "applied");
  EXPECT_EQ(stage->provides[0].type, "list");
  EXPECT_EQ(m.stage("apply.sql"), nullptr);
}

TEST(Manifest, Settings_HaveDefaultsInTheFormThePluginGets) {
  const auto reading = manifest::read_manifest(kGood, "plugin.toml");
  const auto* stage = reading.manifest.stage("apply.prisma");
  ASSERT_NE(stage, nullptr);
  EXPECT_EQ(stage->setting("lock_timeout")->default_value->integer(), 200);
  EXPECT_EQ(stage->setting("lock_timeout")->min, 10.0);
  EXPECT_EQ(stage->setting("lock_timeout")->max, 3'600'000.0);
  EXPECT_EQ(stage->setting("buffer")->default_value->integer(), 65'536);
  EXPECT_EQ(stage->setting("migrations")->default_value->text(), "prisma/migrations");
  EXPECT_TRUE(stage->setting("migrations")->path);
  ASSERT_EQ(stage->setting("assert")->element.size(), 1U);
  EXPECT_EQ(stage->setting("assert")->element[0].fields.size(), 2U);
  EXPECT_EQ(stage->setting("tables")->element[0].type, SettingType::string);
}

TEST(Manifest, EveryMistake_IsReportedAtOnceWithItsPlace) {
  const auto reading = manifest::read_manifest(
      "id = \"Nonsense\"\n"
      "version = \"1\"\n"
      "sumary = \"typo\"\n"
      "[[stage]]\n"
      "type = \"x\"\n"
      "kinds = [\"aply\"]\n"
      "requires = [\"db\"]\n"
      "[[stage.setting]]\n"
      "name = \"t\"\n"
      "type = \"duratoin\"\n"
      "[[stage.setting]]\n"
      "name = \"n\"\n"
      "type = \"int\"\n"
      "min = 5\n"
      "default = 3\n",
      "plugin.toml");
  const auto all = messages(reading);
  EXPECT_NE(all.find("1:6 plugin manifest: 'id' must be"), std::string::npos) << all;
  EXPECT_NE(all.find("2:11 plugin manifest: 'version' must be"), std::string::npos) << all;
  EXPECT_NE(all.find("'abi' is missing"), std::string::npos) << all;
  EXPECT_NE(all.find("3:1 plugin manifest: unknown key 'sumary'; did you mean 'summary'?"), std::string::npos) << all;
  EXPECT_NE(all.find("'aply' is no kind of stage; did you mean 'apply'?"), std::string::npos) << all;
  EXPECT_NE(all.find("'db' in 'requires' is not an interface id"), std::string::npos) << all;
  EXPECT_NE(all.find("10:8 stage type 'x', setting 't': 'duratoin' is no type of a setting; did you mean 'duration'?"), std::string::npos)
      << all;
  EXPECT_NE(all.find("15:11 stage type 'x', setting 'n': the default must be at least 5"), std::string::npos) << all;
  EXPECT_EQ(reading.errors.size(), 8U) << all;
}

TEST(Manifest, SyntaxError_IsTheOneMistake) {
  const auto reading = manifest::read_manifest("id = \n", "plugin.toml");
  ASSERT_EQ(reading.errors.size(), 1U);
  EXPECT_EQ(reading.errors[0].line, 1U);
}

TEST(Manifest, WithoutStage_IsRefused) {
  const auto reading = manifest::read_manifest("id = \"org.example.x\"\nversion = \"1.0.0\"\nabi = 0\n", "plugin.toml");
  ASSERT_EQ(reading.errors.size(), 1U);
  EXPECT_NE(reading.errors[0].message.find("no stage type"), std::string::npos);
}

TEST(Manifest, RestoreFrom_IsForBackupsBeforeTheChangeAlone) {
  const std::string stage =
      "id = \"org.example.x\"\nversion = \"1.0.0\"\nabi = 0\n[[stage]]\ntype = \"x\"\nkinds = [\"KIND\"]\n[[stage.provides]]\nkey = \"a\"\n"
      "type = \"text\"\nrestore_from = true\n";
  const auto of_kind = [&](const std::string& kind) {
    auto text = stage;
    text.replace(text.find("KIND"), 4, kind);
    return manifest::read_manifest(text, "plugin.toml");
  };
  const auto verify = of_kind("verify");
  ASSERT_EQ(verify.errors.size(), 1U);
  EXPECT_NE(verify.errors[0].message.find("only stages of kind apply make backups"), std::string::npos);
  const auto apply = of_kind("apply");
  EXPECT_TRUE(apply.errors.empty());
  EXPECT_TRUE(apply.manifest.stages.at(0).provides.at(0).restore_from);
}

struct BadStage {
  const char* inside;
  const char* says;
};
class ManifestStage : public testing::TestWithParam<BadStage> {};

TEST_P(ManifestStage, Mistake_IsNamed) {
  const auto reading = manifest::read_manifest(with_stage(GetParam().inside), "plugin.toml");
  EXPECT_EQ(reading.errors.size(), 1U) << messages(reading);
  EXPECT_NE(messages(reading).find(GetParam().says), std::string::npos) << messages(reading);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, ManifestStage,
    testing::Values(
        BadStage{"requires=[\"tidegate.db/1\"]\nwants=[\"tidegate.db/1\"]\n", "both required and wanted"},
        BadStage{"wants=[\"tidegate.db/1\",\"tidegate.db/1\"]\n", "twice"}, BadStage{"wants=[1]\n", "must be text, not integer"},
        BadStage{"wants=\"tidegate.db/1\"\n", "must be a list of texts, not text"}, BadStage{"events=[\"Boom\"]\n", "no event type"},
        BadStage{"dry_run=1\n", "must be true or false"},
        BadStage{"[[stage.provides]]\nkey=\"environment.name\"\ntype=\"text\"\n", "stages of kind detect only"},
        BadStage{"[[stage.provides]]\nkey=\"a\"\ntype=\"text\"\nredact=1\n", "must be true or false"},
        BadStage{"[[stage.provides]]\nkey=\"a\"\ntype=\"list\"\nrestore_from=true\n", "it is no text"},
        BadStage{"[[stage.provides]]\nkey=\"a.b\"\ntype=\"text\"\n", "without the stage's id"},
        BadStage{"[[stage.provides]]\nkey=\"a\"\ntype=\"lists\"\n", "did you mean 'list'?"},
        BadStage{"[[stage.provides]]\nkey=\"a\"\ntype=\"text\"\n[[stage.provides]]\nkey=\"a\"\ntype=\"text\"\n", "provided twice"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"int\"\n[[stage.setting]]\nname=\"a\"\ntype=\"int\"\n", "declared twice"},
        BadStage{"[[stage.setting]]\nname=\"A\"\ntype=\"int\"\n", "lower-case word"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"enum\"\n", "needs its values"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"array\"\n", "an array needs 'element'"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"string\"\npattern=\"[\"\n", "not a regular expression"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"int\"\npath=true\n", "'path' is for settings of type string"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"bool\"\nmin=1\n", "no meaning for type bool"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"int\"\nmin=3\nmax=2\n", "'min' is above 'max'"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"int\"\nrequired=true\ndefault=2\n", "cannot have a default"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"int\"\n[[stage.setting.field]]\nname=\"b\"\ntype=\"int\"\n", "'field' is for"},
        BadStage{"[[stage.setting]]\nname=\"a\"\ntype=\"secret\"\ndefault=\"hunter2\"\n", "exactly one reference"},
        BadStage{"[[stage]]\ntype=\"x\"\nkinds=[\"apply\"]\n", "two stage types are called 'x'"}));
