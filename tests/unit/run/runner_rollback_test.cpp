// SPDX-License-Identifier: Apache-2.0
// What becomes of a change after which something failed; retries, --only and --override.
#include "runner_fixture.hpp"

namespace tidegate::run {
namespace {

using namespace std::chrono_literals;

TEST_F(RunnerTest, UndoDecided_FailedMigrationAfterACompletedOne_RollsTheCompletedOneBack) {
  database_.applied = {"old"};
  database_.pending = {"a", "b"};
  apply([&] { change(1); return fails(Status::failed); });
  undo();
  const auto report = run();
  EXPECT_EQ(decided(), "undo ");
  EXPECT_EQ(report.outcome, Outcome::rolled_back);
  EXPECT_EQ(report.exit, 4);
  EXPECT_EQ(report.undone, Names{"a"});
  EXPECT_TRUE(report.kept.empty());
  EXPECT_TRUE(report.applied.empty());
  EXPECT_EQ(report.pending, (Names{"a", "b"}));
  EXPECT_EQ(database_.applied, Names{"old"});
}

TEST_F(RunnerTest, UndoDecided_VerifyBlocks_RollsEverythingBackNewestFirst) {
  database_.pending = {"a", "b"};
  apply([&] { change(2); return says(Verdict::pass); });
  stage("health", Kind::verify, [] { return says(Verdict::block); });
  undo();
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::rolled_back);
  EXPECT_EQ(report.undone, (Names{"b", "a"}));
}

TEST_F(RunnerTest, RollbackThatWasCutOff_IsFinishedAndThenTheRunGoesOn) {
  database_.failed = {"a"};
  database_.pending = {"b"};
  int checked = 0;
  stage("check", Kind::precheck, [&] { return ++checked, says(Verdict::pass); });
  apply([&] { change(2); return says(Verdict::pass); });
  undo();
  finish_ = [&](bool ask) -> Result<std::string> {
    if (ask) return std::string(R"({"half_done":["a"]})");
    database_.failed.clear();
    database_.pending = {"a", "b"};
    return std::string(R"({"undone":["a"],"kept":[],"half_done":[],"error":null})");
  };
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::succeeded);
  EXPECT_EQ(report.applied, (Names{"a", "b"}));
  EXPECT_EQ(checked, 2) << "what is pending then is checked, too";
}

TEST_F(RunnerTest, RollbackThatWasCutOffCannotBeFinished_IsAFailedRollback) {
  database_.failed = {"a"};
  apply([] { return says(Verdict::pass); });
  undo();
  finish_ = [](bool ask) -> Result<std::string> {
    return std::string(ask ? R"({"half_done":["a"]})" : R"({"undone":[],"kept":["a"],"half_done":["a"],"error":"no such table"})");
  };
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::rollback_failed);
  EXPECT_EQ(report.exit, 5);
  EXPECT_NE(report.error->message.find("no such table"), std::string::npos);
}

TEST_F(RunnerTest, BlockedBehindARollbackThatWasFinished_IsBlocked) {
  database_.failed = {"a"};
  int checked = 0;
  stage("check", Kind::precheck, [&] { return says(++checked == 1 ? Verdict::pass : Verdict::block); });
  apply([] { return says(Verdict::pass); });
  undo();
  finish_ = [&](bool ask) -> Result<std::string> {
    if (!ask) database_.failed.clear(), database_.pending = {"a"};
    return std::string(ask ? R"({"half_done":["a"]})" : R"({"undone":["a"],"kept":[],"half_done":[],"error":null})");
  };
  EXPECT_EQ(run().outcome, Outcome::blocked);
}

TEST_F(RunnerTest, WhatWasBegun_IsCheckedUnderTheLocksAlone) {
  database_.begun = database_.pending = {"a"};
  std::vector<std::string> at;
  stage("check", Kind::precheck, [&] { return at.push_back(states().back()), says(Verdict::block); });
  apply([] { return says(Verdict::pass); });
  EXPECT_EQ(run().outcome, Outcome::blocked);
  EXPECT_EQ(at, std::vector<std::string>{"rechecking"}) << "another run may be at it until then";
}

TEST_F(RunnerTest, FailedMigrationThatNobodyWasUndoing_IsRefused) {
  database_.failed = {"a"};
  apply([] { return says(Verdict::pass); });
  undo();
  EXPECT_EQ(run().outcome, Outcome::blocked);
}

TEST_F(RunnerTest, OneCannotBeUndone_SaysBeforehandThatAllAreKept) {
  database_.pending = {"a", "b"};
  cannot_undo_ = "b";
  apply([&] { change(1); return fails(Status::failed); });
  undo();
  const auto report = run();
  EXPECT_EQ(decided(), "keep b: no down.sql");
  EXPECT_EQ(report.outcome, Outcome::kept);
  EXPECT_EQ(report.exit, 5);
  EXPECT_EQ(report.kept, Names{"a"});
  EXPECT_EQ(finished_stages().back(), "undo=skipped");
}

TEST_F(RunnerTest, OnFailureKeep_NeverUndoes) {
  database_.pending = {"a", "b"};
  pipeline_.on_failure = pipeline::OnFailure::keep;
  apply([&] { change(1); return fails(Status::failed); });
  undo();
  EXPECT_EQ(run().outcome, Outcome::kept);
  EXPECT_EQ(database_.applied, Names{"a"});
}

TEST_F(RunnerTest, DecisionIsSaidBeforeTheFirstChange) {
  database_.pending = {"a"};
  apply([&] {
    EXPECT_EQ(decided(), "undo ");
    change(1);
    return says(Verdict::pass);
  });
  undo();
  EXPECT_EQ(run().exit, 0);
}

TEST_F(RunnerTest, RollbackFails_PartStandsAndIsNamed) {
  database_.pending = {"a", "b"};
  apply([&] { change(1); return fails(Status::failed, "first trouble"); });
  undo();
  bodies_["undo"] = [] { return fails(Status::failed, "second trouble"); };
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::rollback_failed);
  EXPECT_EQ(report.exit, 5);
  EXPECT_EQ(report.kept, Names{"a"});
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->message, "first trouble");
  EXPECT_NE(report.error->hint.find("second trouble"), std::string::npos);
}

TEST_F(RunnerTest, NothingOfTheRunStands_OtherRollbackStagesRunAndTheUndoIsSkipped) {
  database_.pending = {"a"};
  bool told = false;
  apply([&] { change(0); return fails(Status::failed); });
  undo();
  stage("page", Kind::rollback, [&] { told = true; return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.exit, 4);
  EXPECT_TRUE(told);
  EXPECT_EQ(finished_stages(), (Names{"apply=error", "undo=skipped", "page=pass"}));
}

TEST_F(RunnerTest, ApplyWithoutHistory_RollbackStageThatReportsTheTargetRestored_IsRolledBack) {
  stage("tool", Kind::apply, [&] { runner_->changing("tool"); return fails(Status::failed); });
  stage("restore", Kind::rollback, [&] {
    context_["restore.restored"] = "true";
    return says(Verdict::pass);
  });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::rolled_back);
  EXPECT_EQ(report.exit, 4);
}

TEST_F(RunnerTest, ApplyWithoutHistory_RollbackStageThatSaysNothing_StaysKept) {
  stage("tool", Kind::apply, [&] { runner_->changing("tool"); return fails(Status::failed); });
  stage("restore", Kind::rollback, [&] { return says(Verdict::pass); });
  EXPECT_EQ(run().outcome, Outcome::kept);
}

TEST_F(RunnerTest, PipelineWithoutApply_VerifyBlocks_RunsItsRollbackStages) {
  int calls = 0;
  stage("health", Kind::verify, [] { return says(Verdict::block); });
  stage("deployment", Kind::rollback, [&] { ++calls; return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(report.outcome, Outcome::rolled_back);
  EXPECT_EQ(report.exit, 4);
}

TEST_F(RunnerTest, PipelineWithoutApply_RollbackStageHadNothingToDo_IsFailed) {
  stage("health", Kind::verify, [] { return fails(Status::deadline); });
  stage("deployment", Kind::rollback, [] { return says(Verdict::skipped); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.exit, 4);
}

TEST_F(RunnerTest, PipelineWithoutApply_RollbackFails_SaysSo) {
  stage("health", Kind::verify, [] { return says(Verdict::block); });
  stage("deployment", Kind::rollback, [] { return fails(Status::denied, "no rights"); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::rollback_failed);
  EXPECT_EQ(report.exit, 5);
  EXPECT_NE(report.error->hint.find("no rights"), std::string::npos);
}

TEST_F(RunnerTest, PipelineWithoutApply_VerifyThatCannotAskAnything_GoesNowhere) {
  int calls = 0;
  stage("health", Kind::verify, [] { return fails(Status::unavailable); });
  stage("deployment", Kind::rollback, [&] { ++calls; return says(Verdict::pass); });
  EXPECT_EQ(run().exit, 4);
  EXPECT_EQ(calls, 0);
}

TEST_F(RunnerTest, VerifyBlocksWithNothingPending_RunsNoRollbackStage) {
  int calls = 0;
  apply([&] { return says(Verdict::pass); });
  stage("health", Kind::verify, [] { return says(Verdict::block); });
  stage("deployment", Kind::rollback, [&] { ++calls; return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(calls, 0);
}

TEST_F(RunnerTest, Ensure_RunsAfterASuccessfulChangeAndNotWithoutOne) {
  int calls = 0;
  apply([&] { change(1); return says(Verdict::pass); });
  stage("tidy", Kind::rollback, [&] { ++calls; return says(Verdict::pass); }).ensure = true;
  stage("never", Kind::rollback, [&] { calls += 100; return says(Verdict::pass); });
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(calls, 0);
  database_.pending = {"a"};
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(calls, 1);
}

TEST_F(RunnerTest, PreparingStageFailsBeforeTheChange_IsFailedWithTheDatabaseAsItWas) {
  database_.pending = {"a"};
  stage("backup", Kind::apply, [] { return fails(Status::failed, "no room"); });
  apply([&] { change(1); return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.exit, 4);
  EXPECT_EQ(database_.pending, Names{"a"});
}

pipeline::Retry three_times(std::vector<std::string> on) {
  return {3, 0ms, 1.0, 0.0, std::move(on)};
}

TEST_F(RunnerTest, Retry_TriesTheClassesThatAreNamedAsOftenAsIsSaid) {
  int calls = 0;
  stage("probe", Kind::precheck, [&] { return ++calls < 3 ? fails(Status::unavailable) : says(Verdict::pass); }).retry = three_times({"unavailable"});
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(calls, 3);
}

TEST_F(RunnerTest, Retry_GivesUpAfterTheLastTry) {
  int calls = 0;
  stage("probe", Kind::precheck, [&] { ++calls; return fails(Status::locked); }).retry = three_times({"locked"});
  EXPECT_EQ(run().exit, 3);
  EXPECT_EQ(calls, 3);
}

TEST_F(RunnerTest, Retry_OtherClassesAndBlocksAreNotTriedAgain) {
  int calls = 0;
  stage("probe", Kind::precheck, [&] { ++calls; return fails(Status::failed); }).retry = three_times({"unavailable"});
  run();
  EXPECT_EQ(calls, 1);
  bodies_["probe"] = [&] { ++calls; return says(Verdict::block); };
  EXPECT_EQ(run().exit, 3);
  EXPECT_EQ(calls, 2);
}

TEST_F(RunnerTest, Retry_OfAnApplyStage_LocksAndChecksAgain) {
  database_.pending = {"a"};
  int calls = 0;
  apply([&] {
    if (++calls == 1) return fails(Status::locked);
    change(1);
    return says(Verdict::pass);
  }).retry = three_times({"locked"});
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(calls, 2);
}

TEST_F(RunnerTest, Retry_IsNotWaitedForBehindTheDeadline) {
  int calls = 0;
  stage("probe", Kind::precheck, [&] { ++calls; return fails(Status::locked); }).retry = {3, 30min, 1.0, 0.0, {"locked"}};
  pipeline_.deadline = 20min;
  on_event_ = [&](const Event& event) {
    if (event.type == "stage.retry") interruption_.trigger();  // not half an hour
    EXPECT_NE(event.type, "stage.retry");
  };
  EXPECT_EQ(run().exit, 3);
  EXPECT_EQ(calls, 1);
}

TEST_F(RunnerTest, RunDeadline_IsOver_StagesGetNoMoreTime) {
  pipeline_.deadline = 0ms;
  stage("probe", Kind::precheck, [] { return says(Verdict::pass); });
  run();
  EXPECT_TRUE(last_request_.deadline.over());
}

TEST_F(RunnerTest, Override_LetsThatRuleThroughAndSaysWhy) {
  database_.pending = {"a"};
  stage("safety", Kind::precheck, [] {
    auto out = says(Verdict::block);
    out.findings.push_back({Verdict::block, "long-transaction", "one is open", {}, 0, 0, {}, {}});
    return out;
  });
  apply([&] { change(1); return says(Verdict::pass); });
  EXPECT_EQ(run({.override_rule = "other-rule", .override_reason = "x"}).exit, 3);
  const auto report = run({.override_rule = "long-transaction", .override_reason = "agreed with the team"});
  EXPECT_EQ(report.exit, 0);
  bool said = false;
  for (const auto& e : seen_) said = said || (e.type == "gate.overridden" && e.fields.find("reason")->text() == "agreed with the team");
  EXPECT_TRUE(said);
}

TEST_F(RunnerTest, Only_RunsTheOneCheckAndChangesNothing) {
  database_.pending = {"a"};
  stage("safety", Kind::precheck, [] { return says(Verdict::block); });
  apply([&] { change(1); return says(Verdict::pass); });
  stage("health", Kind::verify, [] { return says(Verdict::pass); });
  EXPECT_EQ(run({.only = "health"}).exit, 0);
  EXPECT_EQ(finished_stages(), (Names{"safety=skipped", "apply=skipped", "health=pass"}));
  EXPECT_EQ(database_.pending, Names{"a"});
}

}  // namespace
}  // namespace tidegate::run
