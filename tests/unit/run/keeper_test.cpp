// SPDX-License-Identifier: Apache-2.0
// What a run holds of a real target while its stages are the test's own, so that connections can be lost at the moment that
// matters. The same with processes is in tests/integration.
#include <algorithm>

#include <signal.h>
#include <unistd.h>

#include "journal_fixture.hpp"
#include "runner_fixture.hpp"

namespace tidegate::run {
namespace {

class KeeperTest : public RunnerTest {
 protected:
  KeeperTest() {
    url_ = target_.url();
    database_.pending = {"a"};
  }
  std::string value(const std::string& sql) { return target_.value(sql); }
  void lose_control() { target_.sql("select pg_terminate_backend(pid, 10000) from tidegate.lease"); }
  /// Another run comes and goes while this one has lost the lease.
  void another_run() {
    Contender other(target_.url(), redactor_);
    const auto taken = other.take("r2");
    ASSERT_TRUE(taken) << taken.error().message;
  }
  std::size_t count(const std::string& type) const {
    return static_cast<std::size_t>(std::count_if(seen_.begin(), seen_.end(), [&](const Event& e) { return e.type == type; }));
  }
  bool has_schema() { return value("select count(*) from pg_namespace where nspname = 'tidegate'") == "1"; }

  test::TestDatabase target_;
};

TEST_F(KeeperTest, Pending_TheLeaseStandsAroundTheChange) {
  apply([&] {
    EXPECT_EQ(value("select run from tidegate.lease"), "r1");
    EXPECT_EQ(value("select outcome is null and pending = '[\"a\"]' from tidegate.runs where id = 'r1'"), "t");
    const auto main = hub_.main(soon());
    EXPECT_TRUE(main);
    EXPECT_EQ(value("select main_pid from tidegate.lease"), std::to_string((*main)->backend_pid()));
    EXPECT_TRUE(hub_.main_is_pinned());
    change(1);
    return says(Verdict::pass);
  }).needs_database = true;
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(count("lease.taken"), 1U);
  EXPECT_EQ(value("select run is null and pid is null from tidegate.lease"), "t");
  EXPECT_EQ(value("select outcome from tidegate.runs"), "succeeded");
  EXPECT_TRUE(target_.eventually("select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"));
}

TEST_F(KeeperTest, NothingPending_ConnectsToNothing) {
  database_.pending.clear();
  apply([] { return says(Verdict::pass); });
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(hub_.connections_opened(), 0);
  EXPECT_FALSE(has_schema());
}

TEST_F(KeeperTest, DryRun_LooksAtTheMarkAndTakesNothing) {
  apply([] { return says(Verdict::pass); });
  EXPECT_EQ(run({.dry_run = true, .environment = {}, .only = {}, .override_rule = {}, .override_reason = {}}).exit, 0);
  EXPECT_EQ(hub_.connections_opened(), 1);
  EXPECT_FALSE(has_schema());
  EXPECT_TRUE(std::none_of(seen_.begin(), seen_.end(), [](const Event& event) { return event.type == "lease.taken"; }));
}

TEST_F(KeeperTest, NothingPendingUnderTheLease_IsLetGoBeforeWhatIsVerified) {
  apply([] { return says(Verdict::pass); });
  stage("meanwhile", Kind::precheck, [&] {  // the other run ends before this one has the lease
    database_.pending.clear();
    return says(Verdict::pass);
  });
  stage("health", Kind::verify, [&] {
    EXPECT_EQ(value("select run is null from tidegate.lease"), "t");
    return says(Verdict::pass);
  });
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(value("select count(*) from tidegate.runs"), "0");
}

TEST_F(KeeperTest, LostBeforeTheFirstChange_IsTakenAgain) {
  bool lost = false;
  before_change_ = [&] {
    if (!std::exchange(lost, true)) lose_control();
  };
  apply([&] { change(1); return says(Verdict::pass); });
  undo();
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(value("select fence from tidegate.lease"), "2");
  EXPECT_EQ(states(), (Names{"detecting", "checking", "locked", "rechecking", "locked", "rechecking", "changing", "verifying", "finished"}));
}

TEST_F(KeeperTest, LostWithTheRecordBegun_TheRecordGoesOn) {
  int calls = 0;
  apply([&] {
    if (++calls == 1) {
      lose_control();
      return fails(Status::unavailable);
    }
    change(1);
    return says(Verdict::pass);
  });
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(value("select count(*) from tidegate.runs where id = 'r1' and outcome = 'succeeded'"), "1");
  EXPECT_EQ(value("select count(*) from tidegate.events"), std::to_string(seen_.size()));
}

TEST_F(KeeperTest, LostWheneverItIsTaken_Is7AndNothingIsChanged) {
  before_change_ = [&] { lose_control(); };
  bool called = false;
  apply([&] { called = true; return says(Verdict::pass); });
  undo();
  const auto report = run();
  EXPECT_EQ(report.exit, 7);
  EXPECT_EQ(report.outcome, Outcome::not_started);
  EXPECT_FALSE(called);
}

TEST_F(KeeperTest, LostDuringTheChange_IsTakenAgainForTheRollback) {
  apply([&] {
    change(1);
    lose_control();
    return fails(Status::failed);
  });
  undo();
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::rolled_back);
  EXPECT_EQ(value("select fence from tidegate.lease"), "2");
  EXPECT_EQ(value("select outcome from tidegate.runs"), "rolled_back");
}

TEST_F(KeeperTest, LostDuringTheChangeAndHadByAnother_NothingIsUndone) {
  apply([&] {
    change(1);
    lose_control();
    another_run();
    return fails(Status::failed);
  });
  undo();
  const auto report = run();
  EXPECT_EQ(report.outcome, Outcome::rollback_failed);
  EXPECT_EQ(report.exit, 5);
  EXPECT_EQ(report.kept, Names{"a"});
  EXPECT_EQ(database_.applied, Names{"a"});
  EXPECT_NE(report.error->hint.find("another run has had it since"), std::string::npos) << report.error->hint;
}

TEST_F(KeeperTest, LostDuringTheChangeAndHadByAnother_WhatIsEnsuredRunsAllTheSame) {
  apply([&] {
    change(1);
    lose_control();
    another_run();
    return fails(Status::failed);
  });
  undo();
  Names called;
  stage("restore", Kind::rollback, [&] { called.emplace_back("restore"); return says(Verdict::pass); });
  stage("reopen", Kind::rollback, [&] { called.emplace_back("reopen"); return says(Verdict::pass); }).ensure = true;
  EXPECT_EQ(run().outcome, Outcome::rollback_failed);
  EXPECT_EQ(called, Names{"reopen"});
  EXPECT_EQ(finished_stages(), (Names{"apply=error", "undo=skipped", "restore=skipped", "reopen=pass"}));
}

TEST_F(KeeperTest, HistoryChangedWhileTheLockWasLost_NothingIsUndone) {
  pipeline_.journal = pipeline::JournalKind::none;  // so who had the lease in between is not known
  apply([&] {
    change(1);
    target_.sql("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
    return fails(Status::failed);
  });
  undo();
  std::size_t taken = 0;
  on_event_ = [&](const Event& event) {
    if (event.type == "lease.taken" && ++taken == 2) database_.applied.emplace_back("on_top");
  };
  const auto report = run();
  EXPECT_EQ(taken, 2U);
  EXPECT_EQ(report.outcome, Outcome::rollback_failed);
  EXPECT_EQ(database_.applied, (Names{"a", "on_top"}));
  EXPECT_NE(report.error->hint.find("somebody else changed the history"), std::string::npos) << report.error->hint;
}

TEST_F(KeeperTest, RecordCannotBeBegunAtFirst_IsBegunAgain) {
  { Contender makes_the_schema(target_.url(), redactor_); ASSERT_TRUE(makes_the_schema.take("r0")); }
  auto other = target_.connect();
  int tries = 0;
  before_change_ = [&] { other.sql(++tries == 1 ? "begin; lock tidegate.runs in share mode" : "commit"); };
  apply([&] { change(1); return says(Verdict::pass); });
  undo();
  const auto report = run();
  EXPECT_EQ(report.exit, 0) << (report.error ? report.error->message : "");
  EXPECT_EQ(tries, 2);
  EXPECT_EQ(value("select count(*) from tidegate.events"), std::to_string(seen_.size()));
}

TEST_F(KeeperTest, CommandInterruptedInItsCall_IsCancelled) {
  apply([] { return says(Verdict::pass); }).needs_database = true;
  resolve_ = [&]() -> Result<std::string> {
    ::kill(::getpid(), SIGINT);
    EXPECT_TRUE(becomes_true([&] { return interruption_.triggered(); }));
    return Error{Status::cancelled, "interrupted"};
  };
  Settings settings;
  settings.dry_run = true;
  settings.command = "resolve";
  auto& runner = new_runner(settings);
  ASSERT_TRUE(runner.prepare_to_ask());
  EXPECT_FALSE(runner.call_locked("tidegate.history/1", "resolve", "{}"));
  EXPECT_EQ(runner.report().outcome, Outcome::cancelled);
  EXPECT_EQ(runner.report().exit, 130);
  EXPECT_EQ(value("select outcome || ' ' || exit from tidegate.runs"), "cancelled 130");
}

TEST_F(KeeperTest, TakenByAnother_IsWaitedForNamingIt) {
  Contender other(target_.url(), redactor_);
  ASSERT_TRUE(other.take("r2"));
  pipeline_.lock_wait = 200ms;
  apply([] { return says(Verdict::pass); });
  const auto report = run();
  EXPECT_EQ(report.exit, 7);
  EXPECT_NE(report.error->message.find("run r2, alice on laptop, since "), std::string::npos) << report.error->message;
  ASSERT_EQ(count("waiting"), 1U);
  EXPECT_EQ(hub_.connections_opened(), 1);
}

TEST_F(KeeperTest, InterruptedWhileItWaits_EndsAtOnce) {
  Contender other(target_.url(), redactor_);
  ASSERT_TRUE(other.take("r2"));
  apply([] { return says(Verdict::pass); });
  stage("early", Kind::precheck, [] { return says(Verdict::pass); });
  on_event_ = [&](const Event& event) {
    if (event.type == "waiting") interruption_.trigger();
  };
  const auto report = run();
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code, Status::cancelled) << report.error->message;
  EXPECT_EQ(value("select run from tidegate.lease"), "r2");
}

TEST_F(KeeperTest, PendingUnknown_TheLeaseIsTakenAllTheSame) {
  stage("program", Kind::apply, [&] {
    EXPECT_EQ(value("select run from tidegate.lease"), "r1");
    runner_->changing("program");
    return says(Verdict::pass);
  });
  EXPECT_EQ(run().exit, 0);
  EXPECT_EQ(value("select outcome from tidegate.runs"), "succeeded");
}

}  // namespace
}  // namespace tidegate::run
