// SPDX-License-Identifier: Apache-2.0
// The states and outcomes of a run, with stages of the test's own; the same with real plugins and a real server is in
// tests/integration.
#include "runner_fixture.hpp"

namespace tidegate::run {
namespace {

TEST_F(RunnerTest, NothingPending_GoesFromCheckingToVerifyingWithoutTheApplyStage) {
  bool called = false;
  apply([&] { called = true; return says(Verdict::pass); });
  stage("health", Kind::verify, [] { return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::succeeded);
  EXPECT_EQ(report.exit, 0);
  EXPECT_FALSE(called);
  EXPECT_EQ(states(), (Names{"detecting", "checking", "verifying", "finished"}));
  EXPECT_EQ(finished_stages(), (Names{"apply=skipped", "health=pass"}));
}

TEST_F(RunnerTest, Pending_GoesThroughEveryStateAndReportsWhatWasApplied) {
  database_.pending = {"a", "b"};
  apply([&] { change(2); return says(Verdict::pass); });
  stage("health", Kind::verify, [] { return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.exit, 0);
  EXPECT_EQ(report.applied, (Names{"a", "b"}));
  EXPECT_TRUE(report.pending.empty());
  EXPECT_EQ(states(), (Names{"detecting", "checking", "locked", "rechecking", "changing", "verifying", "finished"}));
  EXPECT_EQ(seen_.front().type, "run.started");
  EXPECT_EQ(seen_.back().type, "run.finished");
  EXPECT_TRUE(hub_.changed());
}

TEST_F(RunnerTest, PrecheckBlocks_GateIsClosedBeforeAnyChange) {
  database_.pending = {"a"};
  bool called = false;
  stage("safety", Kind::precheck, [] { return says(Verdict::block); });
  apply([&] { called = true; return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::blocked);
  EXPECT_EQ(report.exit, 3);
  EXPECT_FALSE(called);
  EXPECT_EQ(report.pending, Names{"a"});
}

TEST_F(RunnerTest, PrecheckCouldNotRun_HasNotPassed) {
  stage("safety", Kind::precheck, [] { return fails(Status::failed); });
  apply([] { return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.exit, 3);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].rule, "check-could-not-run");
  EXPECT_EQ(report.findings[0].verdict, Verdict::block);
}

TEST_F(RunnerTest, PrecheckCouldNotRun_OnErrorWarn_GoesOnWithAWarning) {
  stage("safety", Kind::precheck, [] { return fails(Status::failed); }).warn_on_error = true;
  const auto report = run();
  EXPECT_EQ(report.exit, 0);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].verdict, Verdict::warn);
}

TEST_F(RunnerTest, OnErrorWarn_NeverSoftensABlock) {
  stage("safety", Kind::precheck, [] { return says(Verdict::block); }).warn_on_error = true;
  EXPECT_EQ(run().exit, 3);
}

TEST_F(RunnerTest, DetectFails_GateIsClosed) {
  stage("environment", Kind::detect, [] { return fails(Status::failed); });
  EXPECT_EQ(run().exit, 3);
}

TEST_F(RunnerTest, ApplyFailsBeforeTouchingAnything_EndsByItsClass) {
  database_.pending = {"a"};
  apply([] { return fails(Status::config); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::not_started);
  EXPECT_EQ(report.exit, 2);
}

TEST_F(RunnerTest, ConnectionLostBeforeTheFirstChange_LocksAndChecksAgain) {
  database_.pending = {"a"};
  int calls = 0;
  apply([&] {
    if (++calls == 1) return fails(Status::unavailable);
    change(1);
    return says(Verdict::pass);
  });
  const auto report = run();
  EXPECT_EQ(report.exit, 0);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(states(), (Names{"detecting", "checking", "locked", "rechecking", "locked", "rechecking", "changing", "verifying", "finished"}));
}

TEST_F(RunnerTest, ConnectionLostAfterTheFirstChange_IsNeverTriedAgain) {
  database_.pending = {"a"};
  int calls = 0;
  apply([&] {
    ++calls;
    change(0);
    return fails(Status::unavailable);
  });
  EXPECT_EQ(run().exit, 4);
  EXPECT_EQ(calls, 1);
}

TEST_F(RunnerTest, OutcomeUnknown_IsNeverCalledAsItWas) {
  database_.pending = {"a"};
  apply([&] { change(0); return fails(Status::conflict, "the outcome is unknown"); });
  EXPECT_EQ(run().exit, 5);
}

TEST_F(RunnerTest, VerifyRunsOutOfTimeAndCallsItCancelled_IsKeptNotBlocked) {
  database_.pending = {"a"};
  apply([&] { change(1); return says(Verdict::pass); });
  stage("health", Kind::verify, [] { return fails(Status::cancelled); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::kept);
  EXPECT_EQ(report.exit, 5);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].rule, "check-could-not-run");
}

TEST_F(RunnerTest, ApplyFails_NothingOfTheRunStands_Failed) {
  database_.pending = {"a"};
  apply([&] { change(0); return fails(Status::failed); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.exit, 4);
  EXPECT_TRUE(report.kept.empty());
  EXPECT_EQ(report.pending, Names{"a"});
}

TEST_F(RunnerTest, ApplyFails_EarlierOnesStand_KeptAndNamed) {
  database_.applied = {"old"};
  database_.pending = {"a", "b"};
  apply([&] { change(1); return fails(Status::failed); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::kept);
  EXPECT_EQ(report.exit, 5);
  EXPECT_EQ(report.kept, Names{"a"});
  EXPECT_EQ(report.applied, Names{"a"});
  EXPECT_EQ(report.pending, Names{"b"});
}

TEST_F(RunnerTest, ApplyFails_HistoryCannotBeReadAfterwards_SaysThatItIsUnknown) {
  database_.pending = {"a"};
  apply([&] {
    change(1);
    history_error_ = Error{Status::failed, "gone"};
    return fails(Status::unavailable);
  });
  const auto report = run();
  EXPECT_EQ(report.exit, 5);
  ASSERT_TRUE(report.error);
  EXPECT_NE(report.error->hint.find("gone"), std::string::npos);
}

TEST_F(RunnerTest, ApplyWithoutHistory_AlwaysRuns_AndItsFailureIsKept) {
  stage("tool", Kind::apply, [&] { runner_->changing("tool"); return fails(Status::failed); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::kept);
  EXPECT_EQ(report.exit, 5);
}

TEST_F(RunnerTest, VerifyBlocksAfterAChange_KeptWithTheAppliedOnes) {
  database_.pending = {"a"};
  apply([&] { change(1); return says(Verdict::pass); });
  stage("health", Kind::verify, [] { return says(Verdict::block); });
  const auto report = run();
  EXPECT_EQ(report.exit, 5);
  EXPECT_EQ(report.kept, Names{"a"});
}

TEST_F(RunnerTest, VerifyBlocksWithNothingPending_Failed) {
  apply([] { return says(Verdict::pass); });
  stage("health", Kind::verify, [] { return says(Verdict::block); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.exit, 4);
}

TEST_F(RunnerTest, HistoryUnavailable_IsExitSixAfterRetries) {
  apply([] { return says(Verdict::pass); });
  history_error_ = Error{Status::unavailable, "connection refused"};
  EXPECT_EQ(run().exit, 6);
  int retries = 0;
  for (const auto& e : seen_) retries += e.type == "stage.retry" ? 1 : 0;
  EXPECT_EQ(retries, 2);
}

/// What a stage comes to that finds nobody at the target.
stage::Outcome asks_the_target(services::db::Hub& hub) {
  stage::Outcome out;
  if (auto main = hub.main(base::Deadline::in(std::chrono::seconds(30))); !main) out.error = main.error();
  return out;
}

TEST_F(RunnerTest, CheckFindsNoDatabase_IsExitSix) {
  url_ = "postgresql:///none?host=/nowhere/at/all";
  for (const auto kind : {Kind::detect, Kind::precheck, Kind::verify}) {
    pipeline_.stages.clear();
    stage("check", kind, [this] { return asks_the_target(hub_); });
    const auto report = run();
    EXPECT_EQ(report.exit, 6) << manifest::name_of(kind);
    EXPECT_EQ(report.outcome, Outcome::not_started) << manifest::name_of(kind);
  }
}

TEST_F(RunnerTest, CheckFindsSomethingElseUnavailable_CouldNotRunSoTheGateIsClosed) {
  for (const auto kind : {Kind::detect, Kind::precheck}) {
    pipeline_.stages.clear();
    stage("check", kind, [] { return fails(Status::unavailable, "the HTTP server could not be reached"); });
    const auto report = run();
    EXPECT_EQ(report.exit, 3) << manifest::name_of(kind);
    EXPECT_EQ(report.outcome, Outcome::blocked) << manifest::name_of(kind);
    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_EQ(report.findings.front().rule, "check-could-not-run");
    EXPECT_EQ(report.findings.front().verdict, Verdict::block);
  }
}

TEST_F(RunnerTest, VerifyFindsSomethingElseUnavailable_HasFailed) {
  stage("health", Kind::verify, [] { return fails(Status::unavailable); });
  const auto report = run();
  EXPECT_EQ(report.exit, 4);
  EXPECT_EQ(report.outcome, Outcome::failed);
}

TEST_F(RunnerTest, StageBeforeTheChangeFindsSomethingElseUnavailable_HasFailedAndNothingIsTouched) {
  database_.pending = {"a"};
  stage("snapshot", Kind::apply, [] { return fails(Status::unavailable, "the provider does not answer"); });
  apply([this] { change(1); return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.exit, 4);
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(database_.pending, Names{"a"});
}

TEST_F(RunnerTest, HistoryRefuses_EndsByItsClass) {
  apply([] { return says(Verdict::pass); });
  history_error_ = Error{Status::denied, "P3009"};
  EXPECT_EQ(run().exit, 3);
  history_error_ = Error{Status::unavailable, "wrong password"};
  history_error_->sqlstate = "28P01";
  seen_.clear();
  EXPECT_EQ(run().exit, 6);
  for (const auto& e : seen_) EXPECT_NE(e.type, "stage.retry") << "a wrong password is not tried again";
}

TEST_F(RunnerTest, HistoryHasAFailedMigration_GateIsClosedEvenWithNothingPending) {
  database_.failed = {"broken"};
  apply([] { return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.exit, 3);
  ASSERT_TRUE(report.error);
  EXPECT_NE(report.error->message.find("broken"), std::string::npos);
}

TEST_F(RunnerTest, FailedMigrationIsAnotherRunAtWork_WaitsForItInsteadOfRefusing) {
  database_.failed = {"slow"};
  stage("meanwhile", Kind::precheck, [&] {  // the other run ends before this one has the lock
    database_.failed.clear();
    database_.applied = {"slow"};
    return says(Verdict::pass);
  });
  apply([] { return fails(Status::internal); });
  const auto report = run();
  EXPECT_EQ(report.exit, 0);
  EXPECT_EQ(states(), (Names{"detecting", "checking", "locked", "rechecking", "verifying", "finished"}));
}

TEST_F(RunnerTest, WhenDoesNotHold_TheChangeIsSkippedAndSaysWhy) {
  stage("environment", Kind::detect, [&] {
    context_["environment.name"] = "development";
    return says(Verdict::pass);
  });
  database_.pending = {"a"};
  apply([] { return fails(Status::failed); }).when = {{"environment.name", {"!=development"}, {}}};
  const auto report = run();
  EXPECT_EQ(report.exit, 0);
  std::string reason;
  for (const auto& e : seen_)
    if (e.type == "stage.finished" && e.stage == "apply") reason = e.fields.find("reason")->text();
  EXPECT_NE(reason.find("development"), std::string::npos);
  EXPECT_EQ(database_.pending, Names{"a"});
}

TEST_F(RunnerTest, Environment_UnknownCountsAsProduction_AndTheOptionWins) {
  apply([] { return says(Verdict::pass); });
  run();
  EXPECT_EQ(made_for_["apply"], (Names{"unknown", "production"}));
  context_.clear();
  run({.environment = "preview"});
  EXPECT_EQ(made_for_["apply"], (Names{"preview"}));
}

TEST_F(RunnerTest, Interrupted_BeforeTheChange_NothingIsTouched) {
  database_.pending = {"a"};
  bool called = false;
  stage("safety", Kind::precheck, [&] { interruption_.trigger(); return says(Verdict::pass); });
  apply([&] { called = true; return says(Verdict::pass); });
  run();
  EXPECT_FALSE(called);
}

TEST_F(RunnerTest, DryRun_ChangesNothingTellsNobodyAndSkipsVerify) {
  database_.pending = {"a"};
  bool verified = false;
  apply([] { return says(Verdict::pass); });
  stage("health", Kind::verify, [&] { verified = true; return says(Verdict::pass); });
  stage("hook", Kind::notify, [] { return says(Verdict::pass); });
  const auto report = run({.dry_run = true});
  EXPECT_EQ(report.exit, 0);
  EXPECT_EQ(report.pending, Names{"a"});
  EXPECT_EQ(database_.pending, Names{"a"});
  EXPECT_FALSE(verified);
  EXPECT_TRUE(told_.empty());
}

TEST_F(RunnerTest, Notify_DefaultIsAllButWaiting_InOrder) {
  database_.pending = {"a"};
  apply([&] { change(1); return says(Verdict::pass); });
  stage("hook", Kind::notify, [] { return says(Verdict::pass); });
  run();
  EXPECT_EQ(told_, (Names{"started", "succeeded"}));
}

TEST_F(RunnerTest, Notify_OutcomeSaysWhatIsDeployedAndHowItEnded) {
  context_["environment.commit"] = "abc123";
  context_["environment.branch"] = "";
  database_.pending = {"a"};
  stage("safety", Kind::precheck, [] {
    auto out = says(Verdict::block);
    out.findings.push_back({Verdict::block, "too-busy", "40 sessions are active", {}, 0, 0, "wait", {}});
    return out;
  });
  apply([] { return says(Verdict::pass); });
  stage("hook", Kind::notify, [] { return says(Verdict::pass); }).on = {"blocked"};
  run();
  const auto told = from_json(last_told_);
  ASSERT_TRUE(told.ok()) << last_told_;
  EXPECT_EQ(told->at_path("event.commit")->text(), "abc123");
  EXPECT_EQ(told->at_path("event.branch"), nullptr) << "what is not known is absent";
  EXPECT_EQ(told->at_path("event.exit")->integer(), 3);
  EXPECT_GE(told->at_path("event.ms")->integer(), 0);
  EXPECT_EQ(told->at_path("event.findings.0.rule")->text(), "too-busy");
}

TEST_F(RunnerTest, Notify_OnlyWhatWasAskedFor) {
  apply([] { return says(Verdict::pass); });
  stage("hook", Kind::notify, [] { return says(Verdict::pass); }).on = {"failed"};
  run();
  EXPECT_TRUE(told_.empty());
}

TEST_F(RunnerTest, Notify_FailureIsAWarningAndNeverTheResult) {
  apply([] { return says(Verdict::pass); });
  stage("hook", Kind::notify, [] { return says(Verdict::pass); });
  notify_error_ = Error{Status::unavailable, "nobody there"};
  const auto report = run();
  EXPECT_EQ(report.exit, 0);
  int failures = 0;
  for (const auto& e : seen_) failures += e.type == "notification.failed" ? 1 : 0;
  EXPECT_EQ(failures, 2);
}

TEST_F(RunnerTest, EventOfAStage_HasNoSecretInNamesEither) {
  redactor_.add("hunter22");
  redactor_.add("statements");
  auto& runner = new_runner({});
  runner.emit("apply", "urls.seen", R"({"postgres://u:hunter22@db/x": 1, "list": [{"hunter22": true}], "statements": 3})");
  const auto text = to_json(seen_.back().fields);
  EXPECT_EQ(text.find("hunter22"), std::string::npos) << text;
  EXPECT_NE(text.find("\"statements\":3"), std::string::npos) << "a word of the docs: " << text;
}

TEST_F(RunnerTest, WhatAnotherToolAppliedMeanwhile_IsNotKeptByThisRun) {
  database_.pending = {"a", "b"};
  apply([&] {
    runner_->changing("apply");
    database_.applied = {"a", "theirs"};
    database_.pending = {"b"};
    return fails(Status::failed);
  });
  EXPECT_EQ(run().kept, (std::vector<std::string>{"a"}));
}

}  // namespace
}  // namespace tidegate::run
