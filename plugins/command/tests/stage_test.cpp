// SPDX-License-Identifier: Apache-2.0
//
// The stage through its real entry, with programs that run nowhere. Every kind of stage, and what is handed to the host.
#include <gtest/gtest.h>

#include <algorithm>
#include <tidegate/testing.hpp>

namespace tidegate::sdk::testing {
namespace {

class Command : public ::testing::Test {
 protected:
  Command() {
    ::setenv("TIDEGATE_TEST_PASSED", "from outside", 1);
    host.set("argv", {"sh", "-c", "check it"}).set("connection_env", "DATABASE_URL");
    host.set("exit_codes.0", 0);
  }
  Outcome run(const std::string& kind, bool dry = false) {
    RunOptions options;
    options.kind = kind;
    options.dry = dry;
    return Driver(tidegate_plugin_v1, host, "command").run(options);
  }
  FakeHost host;
};

TEST_F(Command, ExpectedExitCode_PassesInEveryKindThatRuns) {
  host.on_program("sh -c check it").prints("all ").prints("well\nbye").complains("a word\n");
  for (const char* kind : {"detect", "precheck", "apply", "verify", "rollback"}) {
    const auto outcome = run(kind);
    EXPECT_EQ(outcome.verdict, Verdict::pass) << kind << ": " << outcome.error.message;
  }
  EXPECT_EQ(host.published().at("exit_code"), "0");
  EXPECT_EQ(host.published().at("stdout"), "all well\nbye");
  EXPECT_EQ(host.programs().front().argv, (std::vector<std::string>{"sh", "-c", "check it"}));
}

TEST_F(Command, Output_IsLoggedLineByLine) {
  host.on_program("sh").prints("on").prints("e\ntwo\r\nthr").complains("warning\n").prints("ee");
  ASSERT_EQ(run("verify").verdict, Verdict::pass);
  EXPECT_EQ(host.log_text(), "one\ntwo\nwarning\nthree\n");
}

TEST_F(Command, LineWithoutEnd_IsLeftOutOfLogAndContext) {
  const std::string endless(70'000, 'x');
  host.on_program("sh").prints("before\n").prints(endless).prints("\nafter\n");
  ASSERT_EQ(run("verify").verdict, Verdict::pass);
  EXPECT_EQ(host.published().at("stdout"), "before\n(a line of 70000 bytes is left out)\nafter");
}

TEST_F(Command, UnexpectedExitCodeOfACheck_IsABlockVerdict) {
  host.on_program("sh").prints("1 of 7 failed\n").exits(3);
  for (const char* kind : {"precheck", "verify"}) {
    const auto outcome = run(kind);
    EXPECT_TRUE(outcome.ok());
    EXPECT_EQ(outcome.verdict, Verdict::block);
    ASSERT_TRUE(outcome.found("command-failed"));
    EXPECT_EQ(outcome.findings.front().message, "sh -c 'check it' ended with exit code 3: 1 of 7 failed");
  }
  EXPECT_EQ(host.published().at("exit_code"), "3");
  EXPECT_EQ(host.changes_announced(), 0U);
}

TEST_F(Command, UnexpectedExitCodeOfWhatMayNotBlock_IsAFailedCall) {
  host.on_program("sh").complains("no\n").exits(1);
  for (const char* kind : {"detect", "apply", "rollback"}) {
    const auto outcome = run(kind);
    EXPECT_EQ(outcome.status, Status::failed) << kind;
    EXPECT_NE(outcome.error.message.find("exit code 1: no"), std::string::npos) << outcome.error.message;
    EXPECT_FALSE(outcome.error.hint.empty());
    EXPECT_TRUE(outcome.findings.empty());
  }
}

TEST_F(Command, ProgramThatCannotBeStarted_IsAFailedCallOfAnyKind) {
  host.on_program("sh").fails(Status::not_found, "the program 'sh' was not found");
  for (const char* kind : {"detect", "precheck", "apply", "verify", "rollback"}) {
    const auto outcome = run(kind);
    EXPECT_EQ(outcome.status, Status::not_found) << kind;
    EXPECT_EQ(outcome.verdict, Verdict::unset);
  }
}

TEST_F(Command, OtherExitCodes_AreFineWhenThePipelineSaysSo) {
  host.set("exit_codes.1", 4);
  host.on_program("sh").once().exits(4);
  host.on_program("sh").once().exits(5);
  EXPECT_EQ(run("verify").verdict, Verdict::pass);
  EXPECT_EQ(run("verify").verdict, Verdict::block);
}

TEST_F(Command, RollbackThatRestores_SaysSoWhenItEndsWell) {
  host.on_program("sh").once();
  ASSERT_EQ(run("rollback").verdict, Verdict::pass);
  EXPECT_FALSE(host.published().contains("restored")) << "nobody said that it restores";
  host.set("restores", true);
  host.on_program("sh").once().exits(1);
  ASSERT_EQ(run("rollback").status, Status::failed);
  EXPECT_FALSE(host.published().contains("restored"));
  host.on_program("sh");
  ASSERT_EQ(run("rollback").verdict, Verdict::pass);
  EXPECT_EQ(host.published().at("restored"), "true");
}

TEST_F(Command, SeveralAttempts_EndWithTheFirstThatGoesWell) {
  host.set("attempts", 3).set("attempt_delay", 2'000);
  host.on_program("sh").once().exits(1);
  host.on_program("sh").once().prints("now\n");
  EXPECT_EQ(run("apply").verdict, Verdict::pass);
  EXPECT_EQ(host.programs().size(), 2U);
  EXPECT_EQ(host.waits(), std::vector<std::int64_t>{2'000});
  EXPECT_EQ(host.published().at("exit_code"), "0");
  EXPECT_EQ(host.published().at("stdout"), "now");
  EXPECT_EQ(host.changes_announced(), 1U);
}

TEST_F(Command, AttemptsThatAreUsedUp_EndWithTheLastOne) {
  host.set("attempts", 2);
  host.on_program("sh").exits(7);
  EXPECT_EQ(run("apply").status, Status::failed);
  EXPECT_EQ(host.programs().size(), 2U);
}

TEST_F(Command, InterruptionBetweenAttempts_EndsThem) {
  host.set("attempts", 5);
  host.cancel_at_wait(1);
  host.on_program("sh").exits(7);
  EXPECT_EQ(run("verify").status, Status::cancelled);
  EXPECT_EQ(host.programs().size(), 1U);
}

TEST_F(Command, EndBySignal_IsNamed) {
  host.on_program("sh").exits(137);
  EXPECT_NE(run("apply").error.message.find("signal 9"), std::string::npos);
}

TEST_F(Command, WhatWrites_SaysSoBeforeItStarts) {
  unsigned announced = 99;
  host.on_program("sh").does([&] { announced = host.changes_announced(); });
  ASSERT_EQ(run("apply").verdict, Verdict::pass);
  EXPECT_EQ(announced, 1U);
  ASSERT_EQ(run("rollback").verdict, Verdict::pass);
  EXPECT_EQ(announced, 2U);
  ASSERT_EQ(run("precheck").verdict, Verdict::pass);
  EXPECT_EQ(announced, 2U) << "a check changes nothing";
}

TEST_F(Command, ApplyOfAProgramThatIsNotThere_ChangesNothing) {
  host.set("argv", {"/nonexistent/tool"});
  const auto outcome = run("apply");
  EXPECT_EQ(outcome.status, Status::failed);
  EXPECT_NE(outcome.error.message.find("/nonexistent/tool"), std::string::npos);
  EXPECT_EQ(host.changes_announced(), 0U);
  EXPECT_TRUE(host.programs().empty());
}

TEST_F(Command, DryRun_SaysWhatItWouldRunAndRunsNothing) {
  host.set("pass_connection", true).set("folder", "/tmp");
  for (const char* kind : {"detect", "precheck", "apply", "verify"}) EXPECT_EQ(run(kind, true).verdict, Verdict::skipped) << kind;
  EXPECT_TRUE(host.programs().empty());
  EXPECT_EQ(host.changes_announced(), 0U);
  EXPECT_NE(host.log_text().find("would run: sh -c 'check it', in /tmp, with the connection in DATABASE_URL"), std::string::npos)
      << host.log_text();
}

TEST_F(Command, DryRunOfWhatChangesNothing_RunsWhenThePipelineSaysSo) {
  host.set("in_dry_runs", true);
  host.on_program("sh");
  EXPECT_EQ(run("detect", true).verdict, Verdict::pass);
  EXPECT_EQ(run("apply", true).verdict, Verdict::skipped) << "never what may write";
  EXPECT_EQ(host.programs().size(), 1U);
}

TEST_F(Command, Environment_IsWhatIsListedAndNoMore) {
  ::setenv("TIDEGATE_TEST_NOT_PASSED", "private", 1);
  host.set("pass_env", {"TIDEGATE_TEST_PASSED", "TIDEGATE_TEST_UNSET"}).set("env.MODE", "deploy").set("env.LANG", "C");
  host.set("secret_env.0.name", "TOKEN").set_secret("secret_env.0.value", "s3cret");
  host.on_program("sh");
  ASSERT_EQ(run("verify").verdict, Verdict::pass);
  const auto& program = host.programs().front();
  for (const char* entry : {"TIDEGATE_TEST_PASSED=from outside", "MODE=deploy", "LANG=C", "TOKEN=s3cret"})
    EXPECT_TRUE(program.has(entry)) << entry;
  const std::vector<std::string> known{"PATH", "HOME", "TMPDIR", "LANG", "TIDEGATE_TEST_PASSED", "MODE", "TOKEN"};
  for (const auto& entry : program.env)
    EXPECT_NE(std::find(known.begin(), known.end(), entry.substr(0, entry.find('='))), known.end()) << entry;
  EXPECT_TRUE(program.connection.empty());
}

TEST_F(Command, Connection_IsLeftToTheHost) {
  host.set("pass_connection", true).set("connection_env", "DIRECT_URL");
  host.on_program("sh");
  ASSERT_EQ(run("apply").verdict, Verdict::pass);
  EXPECT_EQ(host.programs().front().connection, "main");
  EXPECT_EQ(host.programs().front().connection_env, "DIRECT_URL");
}

TEST_F(Command, Notification_GetsTheEventOnItsInput) {
  host.on_program("sh").once();
  host.on_program("sh").once().complains("nobody there\n").exits(2);
  Driver driver(tidegate_plugin_v1, host, "command");
  EXPECT_TRUE(driver.call("tidegate.notify/1", "event", R"({"event":{"name":"failed"}})").ok());
  EXPECT_EQ(host.programs().front().input, "{\"event\":{\"name\":\"failed\"}}\n");
  const auto failed = driver.call("tidegate.notify/1", "event", R"({"event":{"name":"failed"}})");
  EXPECT_EQ(failed.status, Status::failed);
  EXPECT_NE(failed.error.message.find("nobody there"), std::string::npos);
  EXPECT_EQ(driver.call("tidegate.notify/1", "other").status, Status::unsupported);
  EXPECT_EQ(host.changes_announced(), 0U);
}

TEST_F(Command, SettingsThatCannotWork_AreRefusedBeforeAnythingRuns) {
  const auto problem = [](FakeHost& with) { return Driver(tidegate_plugin_v1, with, "command").validate(); };
  EXPECT_TRUE(problem(host).ok());
  FakeHost nothing;
  nothing.set("argv", {""});
  EXPECT_EQ(problem(nothing).status, Status::config);
  host.set("env.1BAD", "x");
  EXPECT_EQ(problem(host).status, Status::config);
  FakeHost number;
  number.set("argv", {"sh"}).set("env.PORT", 80);
  EXPECT_NE(problem(number).error.message.find("PORT must be text"), std::string::npos);
}

TEST_F(Command, HostWithoutPrograms_IsToldApart) {
  host.deny(TG_PROCESS);
  EXPECT_EQ(run("verify").status, Status::unsupported);
}

}  // namespace
}  // namespace tidegate::sdk::testing
