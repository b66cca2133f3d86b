// SPDX-License-Identifier: Apache-2.0
// The command `plugin check`: what it takes, says and ends with.
#include "conformance/check.hpp"

#include <unistd.h>

#include <fstream>

#include "checking.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kRight = FIXTURES "/check/fixture_mistaken.tidegate.so";

class BundledPlugin : public testing::TestWithParam<const char*> {};

TEST_P(BundledPlugin, PassesEveryCheck) {
  const auto checked = check(std::string(PLUGINS "/") + GetParam() + ".tidegate.so", {"--time-limit", "60s"});
  EXPECT_EQ(checked.process.exit_code, 0);
  EXPECT_EQ(checked.messages(), "");
  EXPECT_GT(checked.with({"pass"}).size(), 40U);
}

INSTANTIATE_TEST_SUITE_P(Check, BundledPlugin,
                         testing::Values("apply", "backup", "command", "deployment", "environment", "health", "notify_slack",
                                         "notify_webhook", "rehearse", "rollback", "safety"),
                         [](const auto& one) { return std::string(one.param); });

TEST(Check, FileOfAnotherName_IsFound) {
  const TempDir dir;
  std::ofstream(dir / "plugin.so", std::ios::binary) << file_text(kRight);
  EXPECT_EQ(check(dir / "plugin.so", {"--only", "file.*"}).with({"fail", "crash", "timeout", "warn"}), std::set<std::string>{"file.name"});
}

TEST(Check, Only_RunsWhatFits) {
  const auto checked = check(kRight, {"--only", "load.s*"});
  EXPECT_EQ(checked.with({"pass"}), (std::set<std::string>{"load.silent", "load.surroundings"}));
  EXPECT_EQ(checked.with({"fail", "warn", "skip", "crash", "timeout"}).size(), 0U);
}

TEST(Check, OnlyOfNothing_IsAMistake) {
  const auto done = tidegate({"plugin", "check", kRight, "--only", "load.silen"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.err.find("did you mean 'load.silent'"), std::string::npos) << done.err;
}

TEST(Check, FileThatIsNotThere_IsAMistake) {
  const auto done = tidegate({"plugin", "check", "/no/such/file.tidegate.so"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.err.find("/no/such/file.tidegate.so"), std::string::npos);
}

TEST(Check, PluginThatCannotBeLoaded_IsNotCalled) {
  const auto checked = check(kRight, {"--only", "run.*"}, "load_crashes");
  EXPECT_EQ(checked.with({"pass", "fail", "crash"}).size(), 0U) << "a plugin that crashes on load would crash in each";
  EXPECT_GT(checked.with({"skip"}).size(), 10U);
}

TEST(Check, SameSeed_GivesTheSameRandomSettings) {
  const auto first = check(kRight, {"--only", "config.random"}, "large_number_crashes");
  const auto second = check(kRight, {"--only", "config.random"}, "large_number_crashes");
  EXPECT_EQ(first.answer["seed"], 1);
  EXPECT_EQ(first.answer["files"][0]["results"][0]["message"], second.answer["files"][0]["results"][0]["message"]);
}

TEST(Check, Set_IsTakenInsteadOfTheDefault) {
  const auto with = check(kRight, {"--only", "config.plain", "--set", "number=700"}, "large_number_crashes");
  EXPECT_EQ(with.with({"crash"}), std::set<std::string>{"config.plain"});
  const auto without = check(kRight, {"--only", "config.plain"}, "large_number_crashes");
  EXPECT_EQ(without.with({"pass"}), std::set<std::string>{"config.plain"});
}

TEST(Check, Junit_HasACaseForEachResult) {
  const TempDir dir;
  const auto checked = check(kRight, {"--only", "run.answer", "--junit", dir / "check.xml"}, "no_verdict");
  const auto xml = file_text(dir / "check.xml");
  EXPECT_EQ(checked.process.exit_code, 3);
  EXPECT_NE(xml.find("tests=\"3\" failures=\"3\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("<testcase classname=\"run\" name=\"run.answer (mistaken, apply)\""), std::string::npos) << xml;
}

TEST(Check, TextForPeople_NamesWhatFailedAndSaysWhereToRead) {
  const auto done = tidegate({"plugin", "check", kRight, "--seed", "1", "--only", "run.a*"}, {{"TIDEGATE_TEST_MISTAKE", "no_verdict"}});
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_NE(done.out.find("run gave ok and set no verdict"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("docs/plugins/checks.md"), std::string::npos) << done.out;
}

TEST(Check, EveryCheck_HasASectionOfThePage) {
  const auto page = file_text(CHECKS_PAGE);
  for (const auto& info : conformance::checks()) EXPECT_NE(page.find("\n### " + info.name + "\n"), std::string::npos) << info.name;
}

TEST(Fits, Patterns) {
  using conformance::fits;
  EXPECT_TRUE(fits("*", "run.answer"));
  EXPECT_TRUE(fits("run.*", "run.answer"));
  EXPECT_TRUE(fits("*.an?wer", "run.answer"));
  EXPECT_FALSE(fits("run", "run.answer"));
  EXPECT_FALSE(fits("", "run.answer"));
}

}  // namespace
}  // namespace tidegate::test
