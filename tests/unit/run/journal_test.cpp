// SPDX-License-Identifier: Apache-2.0
#include "journal_fixture.hpp"
#include "support/wire_proxy.hpp"

namespace tidegate::run {
namespace {

using base::Status;

class JournalInDatabase : public JournalTest {
 protected:
  void begin(std::chrono::milliseconds batch = 1h, const RunStart* start = nullptr) {
    journal = std::make_unique<Journal>(redactor, batch);
    stream.add(*journal);
    stream.emit("run.started", "", {{"pipeline", "shop"}});
    auto session = connect_to(proxy.url(database.name()), redactor);
    pid = session->backend_pid();
    control = std::move(*Control::over(std::move(session)));
    lease = std::make_unique<Lease>(*control, 1h);
    auto taken = lease->acquire({stream.run_id(), "alice on laptop"}, {.limit = 30s, .on_wait = {}});
    if (!taken) throw std::runtime_error(taken.error().message);
    auto run = start != nullptr ? *start : start_of(stream.run_id(), taken->fence);
    const auto begun = journal->begin(*control, taken->target, run);
    if (!begun) throw std::runtime_error(begun.error().message);
    proxy.reset_counts();
  }
  std::string events() { return database.value("select coalesce(string_agg(type, ' ' order by seq), '') from tidegate.events"); }
  /// By the address that the run had: another one would be another target.
  std::optional<RunRecord> record() {
    auto found = find_run(*connect_to(proxy.url(database.name()), redactor), stream.run_id(), soon());
    if (!found || !*found) throw std::runtime_error("the run is not in the journal");
    return *found;
  }

  test::WireProxy proxy;
  EventStream stream{"run-1", redactor};
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Control> control;
  std::unique_ptr<Lease> lease;
  int pid = 0;
};

TEST_F(JournalInDatabase, NeverBegun_WritesNothing) {
  {
    Journal idle(redactor);
    stream.add(idle);
    stream.emit("run.started", "", {});
    stream.emit("run.finished", "", {});
    EXPECT_TRUE(idle.flush());
    EXPECT_TRUE(idle.finish({}));
    EXPECT_FALSE(idle.trouble());
  }
  EXPECT_FALSE(has_schema());
}

TEST_F(JournalInDatabase, Begun_HoldsTheRunAndWhatCameBefore) {
  begin();
  EXPECT_EQ(events(), "run.started");
  const auto run = record();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->outcome, "running");
  EXPECT_EQ(run->pipeline, "shop");
  EXPECT_EQ(run->environment, "production");
  EXPECT_EQ(run->holder, "alice on laptop");
  EXPECT_EQ(run->fence, 1);
  EXPECT_EQ(run->finished_at, "");
  EXPECT_EQ(run->pending, (std::vector<std::string>{"1_a", "2_b"}));
}

TEST_F(JournalInDatabase, ManyEvents_AreOneStatementAndOneCommit) {
  begin();
  for (int i = 0; i < 500; ++i) stream.emit("statement.finished", "apply", {{"statement", i}});
  EXPECT_EQ(events(), "run.started");
  ASSERT_TRUE(journal->flush());
  EXPECT_EQ(proxy.counts().round_trips(), 1);
  EXPECT_EQ(database.value("select count(*) from tidegate.events"), "501");
  // All of one transaction:
  EXPECT_EQ(database.value("select count(distinct xmin::text) from tidegate.events where type = 'statement.finished'"), "1");
  ASSERT_TRUE(journal->flush());  // nothing new
  EXPECT_EQ(proxy.counts().round_trips(), 1);
}

TEST_F(JournalInDatabase, AThousandMigrationsFlushedEach_AreOneCommitEach) {
  begin();
  constexpr int kMany = 1'000;
  for (int i = 0; i < kMany; ++i) {
    stream.emit("migration.started", "apply", {{"name", std::to_string(i)}});
    stream.emit("statement.finished", "apply", {});
    stream.emit("migration.finished", "apply", {{"name", std::to_string(i)}});
    ASSERT_TRUE(journal->flush());
  }
  EXPECT_EQ(proxy.counts().round_trips(), kMany);
  EXPECT_EQ(record()->applied.size(), static_cast<std::size_t>(kMany));  // an unfinished run's, by its events
}

TEST_F(JournalInDatabase, WithoutAFlush_EventsAreWrittenWithinTheBatchsTime) {
  begin(1ms);
  stream.emit("stage.started", "apply", {{"use", "apply.sql"}});
  EXPECT_TRUE(database.eventually("select count(*) = 1 from tidegate.events where type = 'stage.started'"));
  stream.emit("stage.finished", "apply", {});
  EXPECT_TRUE(database.eventually("select count(*) = 1 from tidegate.events where type = 'stage.finished'"));
}

TEST_F(JournalInDatabase, Progress_IsNotKept) {
  begin();
  stream.emit("stage.progress", "apply", {{"done", 1}});
  ASSERT_TRUE(journal->flush());
  EXPECT_EQ(proxy.counts().round_trips(), 0);
}

TEST_F(JournalInDatabase, Finished_HoldsHowItEndedInOneCommit) {
  begin();
  stream.emit("run.finished", "", {{"outcome", "kept"}});
  RunEnd end{Outcome::kept, 5, 1234ms, {"1_a"}, {"2_b"}, {"1_a"}, {}, base::Error{Status::failed, "division by zero", "mend it"}};
  ASSERT_TRUE(journal->finish(end));
  EXPECT_EQ(proxy.counts().round_trips(), 1);
  EXPECT_EQ(events(), "run.started run.finished");
  const auto run = record();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->outcome, "kept");
  EXPECT_EQ(run->ms, 1234);
  EXPECT_EQ(run->applied, (std::vector<std::string>{"1_a"}));
  EXPECT_EQ(run->pending, (std::vector<std::string>{"2_b"}));
  EXPECT_EQ(run->kept, (std::vector<std::string>{"1_a"}));
  EXPECT_TRUE(run->undone.empty());
  EXPECT_EQ(run->error.find("message")->text(), "division by zero");
  EXPECT_NE(run->finished_at, "");
  EXPECT_EQ(database.value("select exit from tidegate.runs"), "5");
  stream.emit("late", "", {});
  ASSERT_TRUE(journal->flush());
  EXPECT_EQ(events(), "run.started run.finished");
}

TEST_F(JournalInDatabase, Override_IsKeptWithItsReason) {
  auto start = start_of("run-1");
  start.reason = base::Value(base::Table{{"rule", "drop-table"}, {"reason", "agreed with the team"}});
  begin(1h, &start);
  EXPECT_EQ(record()->reason.find("rule")->text(), "drop-table");
}

TEST_F(JournalInDatabase, Events_AreReadBackAsTheyWere) {
  begin();
  const std::string odd = std::string("a\0b", 3) + "\"quote\" \\u0000 ' häß 漢";
  stream.emit("finding", "safety", {{"verdict", "warn"}, {"message", odd}, {"where", base::Table{{"file", "x.sql"}, {"line", 3}}}});
  ASSERT_TRUE(journal->flush());
  const auto read = events_of(*connect_to(database.url(), redactor), "run-1", soon());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  const auto& event = read->at(1);
  EXPECT_EQ(event.find("seq")->integer(), 2);
  EXPECT_EQ(event.find("type")->text(), "finding");
  EXPECT_EQ(event.find("stage")->text(), "safety");
  EXPECT_EQ(event.find("time")->text().size(), std::string("2026-11-22T17:27:19.123Z").size());
  EXPECT_EQ(event.find("message")->text(), "ab\"quote\" \\u0000 ' häß 漢");  // jsonb has no U+0000
  EXPECT_EQ(event.at_path("where.line")->integer(), 3);
}

TEST_F(JournalInDatabase, EncodingWithoutACharacter_TheEventIsKeptWithoutIt) {
  const std::string name = database.name() + "_latin1";
  test::Connection(test::server_url()).sql("create database " + name + " encoding 'latin1' lc_collate 'C' lc_ctype 'C' template template0");
  {
    Contender one(test::server_url(name), redactor);
    const auto taken = one.take("run-1");
    ASSERT_TRUE(taken) << taken.error().message;
    Journal kept(redactor, 1h);
    ASSERT_TRUE(kept.begin(*one.control, taken->target, start_of("run-1")));
    stream.add(kept);
    stream.emit("log", "", {{"message", "1 → 2"}});
    const auto flushed = kept.flush();
    EXPECT_TRUE(flushed) << flushed.error().message;
    EXPECT_EQ(test::Connection(test::server_url(name)).value("select fields->>'message' from tidegate.events"), "1 ??? 2");
  }
  test::Connection(test::server_url()).sql("drop database " + name + " with (force)");
}

TEST_F(JournalInDatabase, Secrets_AreInNothingThatIsKept) {
  redactor.add("hunter2hunter2");
  auto start = start_of("run-1");
  start.holder = "alice hunter2hunter2";
  start.reason = base::Value(base::Table{{"reason", "since hunter2hunter2"}});
  begin(1h, &start);
  stream.emit("log", "", {{"message", "hunter2hunter2"}});
  RunEnd end;
  end.error = base::Error{Status::failed, "hunter2hunter2", "hunter2hunter2"};
  end.error->detail = "hunter2hunter2";
  ASSERT_TRUE(journal->finish(end));
  EXPECT_EQ(database.value("select count(*) from tidegate.runs r where r::text like '%hunter2%'"), "0");
  EXPECT_EQ(database.value("select count(*) from tidegate.events e where e::text like '%hunter2%'"), "0");
  EXPECT_EQ(database.value("select error->>'message' from tidegate.runs"), "***");
}

TEST_F(JournalInDatabase, ConnectionLost_IsToldAndTheStreamGoesOn) {
  begin();
  stream.emit("stage.started", "apply", {});
  end(pid);
  const auto flushed = journal->flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, Status::unavailable);
  ASSERT_TRUE(journal->trouble());
  stream.emit("stage.finished", "apply", {});
  EXPECT_FALSE(journal->finish({}));
  EXPECT_EQ(record()->outcome, "interrupted");  // nobody runs it any more
}

TEST_F(JournalInDatabase, LeaseTakenAgainAfterALoss_TheRecordGoesOn) {
  begin(1ms);
  end(pid);
  stream.emit("stage.started", "apply", {});
  EXPECT_FALSE(journal->flush());
  auto again = contender();
  const auto taken = again->take(stream.run_id());
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_TRUE(taken->interrupted.empty());  // it is this very run
  journal->go_on_over(*again->control);
  stream.emit("stage.finished", "apply", {});  // written without a flush, with what could not be
  EXPECT_TRUE(database.eventually("select string_agg(type, ' ' order by seq) = 'run.started stage.started stage.finished' from tidegate.events"));
  ASSERT_TRUE(journal->finish({}));
  EXPECT_EQ(record()->outcome, "succeeded");
}

TEST_F(JournalInDatabase, TableLockedForAMoment_WhatWasNotWrittenComesWithTheNext) {
  begin();
  auto other = database.connect();
  other.sql("begin; lock table tidegate.events in access exclusive mode");
  stream.emit("stage.started", "apply", {});
  EXPECT_EQ(journal->flush().error().code, Status::locked);
  other.sql("rollback");
  stream.emit("stage.finished", "apply", {});
  ASSERT_TRUE(journal->flush());
  EXPECT_EQ(events(), "run.started stage.started stage.finished");
  EXPECT_TRUE(journal->trouble());
}

TEST_F(JournalInDatabase, ControlEndedBeforeTheJournal_EventsGoNowhere) {
  begin(1ms);
  lease.reset();
  control.reset();
  stream.emit("stage.started", "apply", {});
  EXPECT_EQ(journal->flush().error().code, Status::unavailable);
}

TEST_F(JournalInDatabase, RecentRuns_AreTheNewestFirst) {
  auto one = contender();
  for (const char* id : {"run-a", "run-b", "run-c"}) {
    const auto taken = one->take(id);
    ASSERT_TRUE(taken) << taken.error().message;
    Journal kept(redactor);
    ASSERT_TRUE(kept.begin(*one->control, taken->target, start_of(id, taken->fence)));
    ASSERT_TRUE(kept.finish({}));
    ASSERT_TRUE(one->lease->release());
  }
  const auto runs = recent_runs(*one->main, 2, soon());
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ(runs->at(0).id, "run-c");
  EXPECT_EQ(runs->at(0).outcome, "succeeded");
  EXPECT_EQ(runs->at(0).fence, 3);
  EXPECT_EQ(runs->at(1).id, "run-b");
  EXPECT_FALSE(*find_run(*one->main, "run-z", soon()));
}

TEST_F(JournalInDatabase, NoSchema_HasNoRuns) {
  EXPECT_TRUE(recent_runs(*connect_to(database.url(), redactor), 5, soon())->empty());
  EXPECT_TRUE(events_of(*connect_to(database.url(), redactor), "x", soon())->empty());
  EXPECT_FALSE(has_schema());
}

TEST_F(JournalInDatabase, RoleThatMayNotRead_IsDeniedAndToldWhatToGrant) {
  begin();
  const auto runs = recent_runs(*connect_to(database.url(new_role()), redactor), 5, soon());
  ASSERT_FALSE(runs);
  EXPECT_EQ(runs.error().code, Status::denied);
  EXPECT_NE(runs.error().hint.find("GRANT"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::run
