// SPDX-License-Identifier: Apache-2.0
#include "stage/local_stage.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "services/db/hub.hpp"
#include "stage/output_capture.hpp"

namespace tidegate::stage {
namespace {

using base::Error;
using base::Result;
using base::Status;
using services::Access;

/// What the plugin under test does; each test sets the parts it is about.
struct Behaviour {
  std::function<Result<Verdict>(const sdk::Run&, sdk::Report&)> run = [](const sdk::Run&, sdk::Report&) -> Result<Verdict> { return Verdict::pass; };
  std::function<Result<std::string>(std::string_view)> call = [](std::string_view) -> Result<std::string> { return std::string("{}"); };
  bool create_fails = false;
};
Behaviour behaviour;

class Plugin : public sdk::Stage {
 public:
  explicit Plugin(sdk::Host given) : host(given) {}
  Result<Verdict> run(const sdk::Run& run, sdk::Report& report) override { return behaviour.run(run, report); }
  Result<std::string> call(std::string_view, std::string_view method, std::string_view, sdk::Report&) override { return behaviour.call(method); }
  sdk::Host host;
};

Result<std::unique_ptr<sdk::Stage>> make_plugin(sdk::Host host, std::string_view) {
  if (behaviour.create_fails) return Error{Status::config, "the setting x is odd"};
  return std::unique_ptr<sdk::Stage>(std::make_unique<Plugin>(host));
}

const tg_plugin_entry kEntry = {sizeof(tg_plugin_entry), TG_ABI_MAJOR, TG_ABI_MINOR, 0, {nullptr, 0}, &sdk::detail::create<make_plugin>};

class QuietSink : public services::Sink {
 public:
  std::vector<std::string> logged;

 private:
  void log(const std::string& stage, int, std::string_view message) override { logged.push_back(stage + ": " + std::string(message)); }
  void progress(const std::string&, std::uint64_t, std::uint64_t, std::string_view) override {}
  void emit(const std::string&, std::string_view, std::string_view) override {}
  void changing(const std::string&) override {}
  void waiting(const std::string&, std::chrono::milliseconds, std::string_view) override {}
};

class LocalStageTest : public ::testing::Test {
 protected:
  LocalStageTest() {
    behaviour = Behaviour{};
    type.type = "thing";
    type.kinds = {manifest::Kind::precheck};
    type.extensions = {"tidegate.history/1"};
  }
  Result<std::unique_ptr<Stage>> make(const tg_plugin_entry& entry = kEntry) {
    return make_local_stage(entry, shared, {"thing-1", manifest::Kind::precheck, &type, base::Value(base::Table{}), {}});
  }

  base::Redactor redactor;
  services::ContextStore context;
  QuietSink sink;
  services::Interruption interruption;
  services::db::Hub hub{redactor, interruption, [](std::string_view) -> Result<std::string> { return Error{Status::config, "no database here"}; }, {}};
  services::Shared shared{redactor, context, sink, interruption, hub, {}, [](std::string_view) { return std::optional<std::string>{}; }};
  manifest::StageType type;
};

TEST_F(LocalStageTest, Run_PassesTheRequestAndBringsVerdictAndFindingsBack) {
  std::string seen;
  behaviour.run = [&](const sdk::Run& run, sdk::Report& report) -> Result<Verdict> {
    seen = std::string(run.run_id) + " " + std::string(run.stage_id) + " " + std::string(run.kind) + (run.dry ? " dry" : "") + (run.changed ? " changed" : "");
    report.finding({Verdict::warn, "some-rule", "look here", "a.sql", 3, 7, "do that", R"({"n":1})"});
    return Verdict::warn;
  };
  auto stage = make();
  ASSERT_TRUE(stage);
  const auto outcome = (*stage)->run({"r1", true, true, 1, {}});
  EXPECT_EQ(seen, "r1 thing-1 precheck dry changed");
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.verdict, Verdict::warn);
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].rule, "some-rule");
  EXPECT_EQ(outcome.findings[0].line, 3U);
  EXPECT_EQ(outcome.findings[0].attributes_json, R"({"n":1})");
}

TEST_F(LocalStageTest, Run_ErrorOfThePlugin_ArrivesWhole) {
  behaviour.run = [](const sdk::Run&, sdk::Report&) -> Result<Verdict> {
    return Error{Status::locked, "m", "h", "f.sql", 2, 5, "55P03", "d", "rel", "con"};
  };
  const auto outcome = (*make())->run({});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, Status::locked);
  EXPECT_EQ(outcome.error->message, "m");
  EXPECT_EQ(outcome.error->file, "f.sql");
  EXPECT_EQ(outcome.error->column, 5U);
  EXPECT_EQ(outcome.error->constraint, "con");
}

TEST_F(LocalStageTest, Run_PluginThrows_IsAnInternalErrorWithItsText) {
  behaviour.run = [](const sdk::Run&, sdk::Report&) -> Result<Verdict> { throw std::runtime_error("out of cheese"); };
  const auto outcome = (*make())->run({});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, Status::internal);
  EXPECT_NE(outcome.error->message.find("out of cheese"), std::string::npos);
}

TEST_F(LocalStageTest, Run_PluginPrints_BecomesItsLogAndStaysOffStandardOutput) {
  behaviour.run = [](const sdk::Run&, sdk::Report&) -> Result<Verdict> {
    std::printf("hello\n");
    std::fflush(stdout);
    std::fprintf(stderr, "and\nbye");
    return Verdict::pass;
  };
  auto stage = make();
  ::testing::internal::CaptureStdout();
  {
    OutputCapture capture;
    (*stage)->run({});
    std::fputs("the host's own\n", capture.out());
  }
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "the host's own\n");
  EXPECT_EQ(sink.logged, (std::vector<std::string>{"thing-1: hello", "thing-1: and", "thing-1: bye"}));
}

TEST_F(LocalStageTest, Create_Fails_TheReasonIsThePluginsOwn) {
  behaviour.create_fails = true;
  const auto stage = make();
  ASSERT_FALSE(stage);
  EXPECT_EQ(stage.error().code, Status::config);
  EXPECT_EQ(stage.error().message, "the setting x is odd");
}

TEST_F(LocalStageTest, Create_AnswersOkWithoutAStage_IsThePluginsBug) {
  tg_plugin_entry entry = kEntry;
  entry.create = [](const tg_host*, tg_str, tg_stage**, tg_report*) -> tg_status { return TG_OK; };
  const auto stage = make(entry);
  ASSERT_FALSE(stage);
  EXPECT_EQ(stage.error().code, Status::internal);
}

TEST_F(LocalStageTest, Call_FailsWithoutAWord_SaysWhichCall) {
  tg_plugin_entry entry = kEntry;
  entry.create = [](const tg_host*, tg_str, tg_stage** out, tg_report*) -> tg_status {
    static tg_stage silent = {sizeof(tg_stage), 0, nullptr, nullptr,
                              [](tg_stage*, const tg_run*, tg_verdict*, tg_report*) -> tg_status { return TG_E_UNAVAILABLE; }, nullptr, nullptr,
                              [](tg_stage*) {}};
    *out = &silent;
    return TG_OK;
  };
  const auto outcome = (*make(entry))->run({});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, Status::unavailable);
  EXPECT_NE(outcome.error->message.find("thing-1"), std::string::npos);
}

TEST_F(LocalStageTest, Call_ExtensionNotInTheManifest_IsRefusedWithoutAskingThePlugin) {
  bool asked = false;
  behaviour.call = [&](std::string_view) -> Result<std::string> {
    asked = true;
    return std::string("{}");
  };
  auto stage = make();
  const auto answer = (*stage)->call("tidegate.undo/1", "can", "{}", Access::read, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Status::unsupported);
  EXPECT_FALSE(asked);
}

TEST_F(LocalStageTest, Call_WhileAnotherIsUnderWay_IsAConflictNotASecondEntry) {
  auto stage = make();
  Status inner = Status::ok;
  behaviour.call = [&](std::string_view method) -> Result<std::string> {
    if (method == "outer") inner = (*stage)->call("tidegate.history/1", "inner", "{}", Access::read, {}).error().code;
    return std::string("{}");
  };
  EXPECT_TRUE((*stage)->call("tidegate.history/1", "outer", "{}", Access::read, {}));
  EXPECT_EQ(inner, Status::conflict);
}

}  // namespace
}  // namespace tidegate::stage
