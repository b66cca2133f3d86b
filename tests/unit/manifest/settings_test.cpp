// SPDX-License-Identifier: Apache-2.0
#include "manifest/settings.hpp"

#include <gtest/gtest.h>

#include "manifest/toml.hpp"

using namespace tidegate;
using base::Value;

namespace {

const std::string kManifest = R"(
id = "org.example.x"
version = "1.0.0"
abi = 0
[[stage]]
type = "health"
kinds = ["verify"]
setting = [
  { name = "flag", type = "bool", default = false },
  { name = "count", type = "int", min = 1, max = 10 },
  { name = "ratio", type = "real", min = 0, max = 1 },
  { name = "label", type = "string", pattern = "[a-z]+", max = 5 },
  { name = "wait", type = "duration", default = "1m30s", max = "1h" },
  { name = "room", type = "size", default = "1MB" },
  { name = "mode", type = "enum", one_of = ["allow", "deny"] },
  { name = "tables", type = "array", element = { type = "string" }, max = 3 },
  { name = "assert", type = "array", element = { type = "table", field = [
      { name = "sql", type = "string", required = true },
      { name = "within", type = "duration", default = "5s" } ] } },
  { name = "headers", type = "table" },
  { name = "secret", type = "secret" },
  { name = "token", type = "string", sensitive = true, pattern = "t-.*" },
  { name = "folder", type = "string", path = true, default = "here/files" },
  { name = "files", type = "array", element = { type = "string", path = true } },
  { name = "old", type = "int", deprecated = "use count" },
]
)";

const manifest::StageType& health() {
  static const auto reading = manifest::read_manifest(kManifest, "plugin.toml");
  EXPECT_TRUE(reading.errors.empty()) << reading.errors.front().message;
  return *reading.manifest.stage("health");
}

manifest::CheckedSettings check(const std::string& toml, const std::string& file = "ci/pipeline.toml") {
  const auto given = manifest::parse_toml(toml, file);
  EXPECT_TRUE(given) << given.error().message;
  return manifest::check_settings(health(), *given, {file, 7, 1}, "/work folder");
}

std::string messages(const std::vector<base::Error>& errors) {
  std::string out;
  for (const auto& e : errors) out += std::to_string(e.line) + ':' + std::to_string(e.column) + ' ' + e.message + '\n';
  return out;
}

}  // namespace

TEST(Settings, NothingGiven_DefaultsAreFilledIn) {
  const auto out = check("");
  EXPECT_TRUE(out.errors.empty()) << messages(out.errors);
  EXPECT_FALSE(out.values.find("flag")->flag(true));
  EXPECT_EQ(out.values.find("wait")->integer(), 90'000);
  EXPECT_EQ(out.values.find("room")->integer(), 1'048'576);
  EXPECT_EQ(out.values.find("folder")->text(), "/work folder/here/files");
  EXPECT_EQ(out.values.find("count"), nullptr) << "without a default it stays unset";
}

TEST(Settings, RightValues_BecomeWhatThePluginGets) {
  const auto out = check(
      "flag=true\ncount=3\nratio=1\nlabel='abc'\nwait='250ms'\nroom='64kB'\nmode='deny'\ntables=['a','B']\n"
      "headers={ X-One = '1' }\nsecret='${HOOK_SECRET}'\n[[assert]]\nsql='select 1'\n");
  EXPECT_TRUE(out.errors.empty()) << messages(out.errors);
  EXPECT_EQ(*out.values.find("ratio")->as<double>(), 1.0);
  EXPECT_EQ(out.values.find("wait")->integer(), 250);
  EXPECT_EQ(out.values.find("room")->integer(), 65'536);
  EXPECT_EQ(out.values.at_path("tables.1")->text(), "B");
  EXPECT_EQ(out.values.at_path("headers.X-One")->text(), "1");
  EXPECT_EQ(out.values.find("secret")->text(), "${HOOK_SECRET}") << "a secret is left as written";
  EXPECT_EQ(out.values.at_path("assert.0.within")->integer(), 5'000);
}

TEST(Settings, ManyMistakes_AreAllReported) {
  const auto out = check("flagg=true\ncount=11\nratio='x'\nlabel='ABC'\nwait='soon'\nmode='alow'\ntables=[1]\n[[assert]]\nsqll='x'\n");
  const auto all = messages(out.errors);
  EXPECT_NE(all.find("1:1 setting 'flagg' of health is not known; did you mean 'flag'?"), std::string::npos) << all;
  EXPECT_NE(all.find("2:7 setting 'count' of health must be at most 10"), std::string::npos) << all;
  EXPECT_NE(all.find("3:7 setting 'ratio' of health must be a number, not the text 'x'"), std::string::npos) << all;
  EXPECT_NE(all.find("4:7 setting 'label' of health is 'ABC', which does not match the pattern [a-z]+"), std::string::npos) << all;
  EXPECT_NE(all.find("5:6 setting 'wait' of health must be a duration"), std::string::npos) << all;
  EXPECT_NE(all.find("6:6 setting 'mode' of health must be one of allow and deny, not 'alow'; did you mean 'allow'?"), std::string::npos)
      << all;
  EXPECT_NE(all.find("7:9 setting 'tables.0' of health must be text, not integer"), std::string::npos) << all;
  EXPECT_NE(all.find("9:1 setting 'assert.0.sqll' of health is not known; did you mean 'sql'?"), std::string::npos) << all;
  EXPECT_NE(all.find("setting 'assert.0.sql' of health is missing"), std::string::npos) << all;
  EXPECT_EQ(out.errors.size(), 9U) << all;
}

TEST(Settings, Bounds_AreSaidInTheSettingsOwnUnit) {
  EXPECT_NE(messages(check("wait='2h'").errors).find("must be at most 1 h 0 min"), std::string::npos);
  EXPECT_NE(messages(check("tables=['a','b','c','d']").errors).find("must have at most 3 elements"), std::string::npos);
  EXPECT_NE(messages(check("label='abcdef'").errors).find("must have at most 5 characters"), std::string::npos);
}

class SettingsSecret : public testing::TestWithParam<const char*> {};
TEST_P(SettingsSecret, AnythingButOneReference_IsRefusedAndNeverShown) {
  const auto out = check("secret = " + std::string(GetParam()));
  ASSERT_EQ(out.errors.size(), 1U);
  EXPECT_NE(out.errors[0].message.find("is a secret"), std::string::npos);
  EXPECT_EQ(out.errors[0].message.find("hunter2"), std::string::npos);
  EXPECT_EQ(out.errors[0].hint.find("hunter2"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(Forms, SettingsSecret,
                         testing::Values("'hunter2'", "'${A:-hunter2}'", "'hunter2${A}'", "'${A}${B}'", "'${A}hunter2'", "'${}'", "'${1A}'",
                                         "''", "1", "['${A}']"));

TEST(Settings, SecretReferences_AreAccepted) {
  EXPECT_TRUE(check("secret='${A_1}'").errors.empty());
  EXPECT_TRUE(check("secret='${A:-}'").errors.empty());
}

TEST(Settings, SensitiveValue_IsNotInTheMessage) {
  const auto all = messages(check("token='hunter2'").errors);
  EXPECT_NE(all.find("setting 'token' of health does not match the pattern"), std::string::npos) << all;
  EXPECT_EQ(all.find("hunter2"), std::string::npos);
}

TEST(Settings, RelativePath_StartsAtTheFileItStandsIn) {
  const auto out = check("folder='../db'\nfiles=['a.sql','/abs/b.sql']");
  EXPECT_EQ(out.values.find("folder")->text(), "/work folder/db");
  EXPECT_EQ(out.values.at_path("files.0")->text(), "/work folder/ci/a.sql");
  EXPECT_EQ(out.values.at_path("files.1")->text(), "/abs/b.sql");
}

TEST(Settings, RelativePathWithoutAFile_StartsAtTheWorkingFolder) {
  EXPECT_EQ(check("folder='db'", "").values.find("folder")->text(), "/work folder/db");
  EXPECT_EQ(check("folder='db'", "bundled").values.find("folder")->text(), "/work folder/db");
}

TEST(Settings, Deprecated_IsAWarningAtItsPlace) {
  const auto out = check("old=1");
  EXPECT_TRUE(out.errors.empty());
  ASSERT_EQ(out.warnings.size(), 1U);
  EXPECT_NE(out.warnings[0].message.find("use count"), std::string::npos);
  EXPECT_EQ(out.warnings[0].line, 1U);
}

TEST(Settings, MissingRequiredOne_BlamesTheStage) {
  manifest::StageType type;
  type.type = "x";
  type.settings.push_back({.name = "url", .required = true});
  const auto out = manifest::check_settings(type, Value{}, {"p.toml", 7, 1}, "/");
  ASSERT_EQ(out.errors.size(), 1U);
  EXPECT_EQ(out.errors[0].message, "setting 'url' of x is missing");
  EXPECT_EQ(out.errors[0].line, 7U);
}

TEST(Settings, LongTextAgainstAPattern_IsRefusedAndDoesNotOverflow) {
  manifest::StageType type;
  type.type = "x";
  type.settings.push_back({.name = "url", .pattern = "(a|b)*c"});
  Value given;
  given.set("url", std::string(1'000'000, 'a'));
  EXPECT_EQ(manifest::check_settings(type, given, {}, "/").errors.size(), 1U);
}

TEST(SettingFromText, TextOfTheRightForm_BecomesTheType) {
  const auto of = [](const char* name, const std::string& text) { return manifest::setting_from_text(*health().setting(name), text); };
  EXPECT_EQ(of("flag", "true"), Value(true));
  EXPECT_EQ(of("count", "42"), Value(42));
  EXPECT_EQ(of("ratio", "0.5"), Value(0.5));
  EXPECT_EQ(of("wait", "10s"), Value("10s"));
  EXPECT_EQ(of("tables", "a, b"), Value(base::Array{"a", "b"}));
}

TEST(SettingFromText, TextThatDoesNotFit_StaysTextSoThatTheCheckNamesIt) {
  const auto value = manifest::setting_from_text(*health().setting("count"), "many");
  EXPECT_EQ(value, Value("many"));
  Value given;
  given.set("count", value);
  const auto out = manifest::check_settings(health(), given, {}, "/");
  ASSERT_EQ(out.errors.size(), 1U);
  EXPECT_NE(out.errors[0].message.find("must be a whole number, not the text 'many'"), std::string::npos);
}
