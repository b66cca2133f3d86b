// SPDX-License-Identifier: Apache-2.0
// One run per target: waiting for another, taking over from one that is dead, and many at once. Real processes.
#include <sys/stat.h>

#include <deque>
#include <fstream>

#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kOnlyApply = "version = 1\n[[stage]]\nuse = \"apply.prisma\"\ntimeout = \"2m\"\n";

class Lease : public ProjectTest {
 protected:
  Lease() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n"); }

  /// A migration that waits for `blocker`, on top of the first one applied; by a lock that no check before it looks for.
  void blocked_change(Connection& blocker) {
    ASSERT_CODE(project.tidegate({"run"}), 0);
    project.migration("20240102000000_next", "ALTER TABLE users ADD COLUMN name text;\nSELECT pg_advisory_xact_lock(4711);\n");
    blocker.sql("select pg_advisory_lock(4711)");
  }
  static void let_go(Connection& blocker) { blocker.sql("select pg_advisory_unlock(4711)"); }
  /// Its pid in a line of the run: the migration waits for it now.
  static bool waits_for(Process& host, const Connection& blocker) {
    return host.wait_for_line("pid " + std::to_string(blocker.pid())).has_value();
  }
  std::string holder() { return project.db.value("select run from tidegate.lease"); }
  std::string outcome_of(const std::string& run) {
    return project.db.value("select coalesce(outcome, 'none') from tidegate.runs where id = '" + run + "'");
  }
};

TEST_F(Lease, TwoRunsAtOnce_OneChangesAndTheOtherWaitsNamingIt) {
  auto blocker = project.db.connect();
  blocked_change(blocker);
  Process first(project.command({"run"}, {{"GITHUB_ACTIONS", "true"}}));
  ASSERT_TRUE(waits_for(first, blocker));
  Process second(project.command({"run"}));
  const auto line = second.wait_for_line("run " + holder());
  ASSERT_TRUE(line) << all_output(second.wait());
  EXPECT_NE(line->find("github job on "), std::string::npos) << *line;
  EXPECT_NE(line->find(", since 20"), std::string::npos) << *line;
  EXPECT_EQ(project.applied().size(), 1U);
  let_go(blocker);
  const auto changed = first.wait();
  const auto waited = second.wait();
  EXPECT_CODE(changed, 0);
  EXPECT_CODE(waited, 0);
  EXPECT_SAYS(changed, "1 migration applied");
  EXPECT_SAYS(waited, "nothing to do");
  EXPECT_EQ(project.db.value("select count(*) from tidegate.runs"), "2") << "the one that waited had nothing to record";
}

TEST_F(Lease, HolderDoesNotEndInTime_Is7AndNamesIt) {
  auto blocker = project.db.connect();
  blocked_change(blocker);
  Process first(project.command({"run"}));
  ASSERT_TRUE(waits_for(first, blocker));
  project.file("tidegate.toml", "version = 1\n[run]\nlock_wait = \"300ms\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto events = project.events();
  const auto end = last_event(events);
  EXPECT_EQ(end["exit"], 7) << end;
  EXPECT_EQ(end["outcome"], "not_started") << end;
  EXPECT_NE(end["error"]["message"].get<std::string>().find("run " + holder()), std::string::npos) << end;
  const auto waits = of_type(events, "waiting");
  ASSERT_FALSE(waits.empty());
  EXPECT_EQ(waits[0]["for"], "run");
  EXPECT_NE(waits[0]["blockers"][0].get<std::string>().find("run " + holder()), std::string::npos) << waits[0];
  let_go(blocker);
  EXPECT_CODE(first.wait(), 0);
}

TEST_F(Lease, WaitForIt_IsEndedByASignal) {
  auto blocker = project.db.connect();
  blocked_change(blocker);
  Process first(project.command({"run"}));
  ASSERT_TRUE(waits_for(first, blocker));
  Process second(project.command({"run"}));
  ASSERT_TRUE(second.wait_for_line("run " + holder()));
  second.signal(15);
  EXPECT_CODE(second.wait(), 143);
  let_go(blocker);
  EXPECT_CODE(first.wait(), 0);
}

TEST_F(Lease, HolderKilled_NextRunTakesOverAndSaysSo) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("20240102000000_fast", "CREATE TABLE fast (id int);\n");
  project.migration("20240103000000_slow", "CREATE TABLE slow (id int);\nSELECT pg_sleep(600);\n");
  Process first(project.command({"run"}));
  ASSERT_TRUE(project.db.eventually("select exists (select from pg_stat_activity where datname = current_database() and state = 'active' "
                                    "and query like '%pg_sleep(600)%' and pid <> pg_backend_pid())"));
  ASSERT_TRUE(project.db.eventually("select exists (select from tidegate.events where type = 'migration.finished' and fields->>'name' = '20240102000000_fast')"));
  const auto dead = holder();
  const auto main = project.db.value("select main_pid from tidegate.lease");
  first.signal(9);
  project.migration("20240103000000_slow", "CREATE TABLE slow (id int);\n");
  HttpServer hook;
  project.file("tidegate.toml",
               "version = 1\nextends = \"default\"\n[[notify]]\nuse = \"notify.webhook\"\non = [\"recovered\"]\n[notify.with]\nurl = \"${HOOK}\"\n");
  const auto second = project.tidegate({"run"}, {{"HOOK", hook.url()}});
  EXPECT_CODE(second, 0);
  EXPECT_SAYS(second, "run " + dead);
  EXPECT_SAYS(second, "was interrupted");
  EXPECT_SAYS(second, "it had applied 20240102000000_fast");
  EXPECT_EQ(project.db.value("select count(*) from pg_stat_activity where pid = " + main), "0");
  ASSERT_EQ(hook.requests().size(), 1U);
  const auto told = Json::parse(hook.requests()[0].body);
  EXPECT_EQ(told.at("type"), "run.recovered");
  EXPECT_EQ(told.at("data").at("interrupted").at("run"), dead);
  EXPECT_EQ(told["data"]["interrupted"].at("applied"), Json::array({"20240102000000_fast"}));
  EXPECT_NE(told["data"].at("run"), dead);
  EXPECT_EQ(outcome_of(dead), "interrupted");
  EXPECT_EQ(project.applied().size(), 3U);
  EXPECT_EQ(project.db.value("select fence from tidegate.lease"), "3");
}

TEST_F(Lease, ControlConnectionLostDuringTheChange_IsNoFailureAndTheRecordIsWhole) {
  auto blocker = project.db.connect();
  blocked_change(blocker);
  Process host(project.command({"run"}));
  ASSERT_TRUE(waits_for(host, blocker));
  const auto run = holder();
  project.db.sql("select pg_terminate_backend(pid, 10000) from tidegate.lease");
  let_go(blocker);
  const auto done = host.wait();
  EXPECT_CODE(done, 0);
  EXPECT_EQ(outcome_of(run), "succeeded") << all_output(done);
  EXPECT_EQ(project.db.value("select count(*) from tidegate.events where run = '" + run + "' and type = 'run.finished'"), "1");
}

TEST_F(Lease, FiftyRunsAtOnce_OneChangesAndAllEndWell) {
  constexpr int kMany = 50;
  ASSERT_CODE(project.tidegate({"run"}), 0);
  auto blocker = project.db.connect();
  blocked_change(blocker);
  Process changing(project.command({"run"}));
  ASSERT_TRUE(waits_for(changing, blocker));
  std::deque<Process> waiting;
  for (int i = 1; i < kMany; ++i) waiting.emplace_back(project.command({"run"}));
  for (auto& one : waiting) ASSERT_TRUE(one.wait_for_line("run " + holder())) << all_output(one.wait());
  // Its main session, the control session, and for a moment one that watches who blocks it; of the others one each.
  EXPECT_LE(project.db.sessions(), 1 + 3 + (kMany - 1));
  EXPECT_EQ(project.db.value("select count(distinct application_name) from pg_stat_activity where datname = current_database() and "
                             "application_name like 'tidegate %'"),
            std::to_string(kMany));
  let_go(blocker);
  EXPECT_CODE(changing.wait(), 0);
  for (auto& one : waiting) {
    const auto done = one.wait();
    EXPECT_CODE(done, 0);
    EXPECT_SAYS(done, "nothing to do");
  }
  EXPECT_EQ(project.db.value("select count(*) from _prisma_migrations"), "2");
  EXPECT_EQ(project.db.value("select count(*) from tidegate.runs"), "2");
}

TEST_F(Lease, FiftyRunsOfANewDatabase_OneChangesAndAllEndWell) {
  constexpr int kMany = 50;
  project.file("tidegate.toml", kOnlyApply);
  std::deque<Process> runs;
  for (int i = 0; i < kMany; ++i) runs.emplace_back(project.command({"run"}));
  int changed = 0;
  for (auto& one : runs) {
    const auto done = one.wait();
    EXPECT_CODE(done, 0);
    if (all_output(done).find("1 migration applied") != std::string::npos) ++changed;
  }
  EXPECT_EQ(changed, 1);
  EXPECT_EQ(project.db.value("select count(*) from tidegate.runs"), "1");
}

TEST_F(Lease, AnotherDatabaseOfTheServer_IsAnotherTarget) {
  auto blocker = project.db.connect();
  blocked_change(blocker);
  Process host(project.command({"run"}));
  ASSERT_TRUE(waits_for(host, blocker));
  Project other;
  other.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
  const auto done = other.tidegate({"run"});
  EXPECT_CODE(done, 0);
  EXPECT_DOES_NOT_SAY(done, "another run");
  let_go(blocker);
  EXPECT_CODE(host.wait(), 0);
}

TEST_F(Lease, WhileARunApplies_StatusNamesIt) {
  auto blocker = project.db.connect();
  blocked_change(blocker);
  Process host(project.command({"run"}));
  ASSERT_TRUE(waits_for(host, blocker));
  const auto status = project.json({"status", "--json"});
  EXPECT_EQ(status["lock"]["holder"].get<std::string>().rfind("run " + holder() + ", ", 0), 0U) << status;
  EXPECT_FALSE(status["lock"]["since"].get<std::string>().empty()) << status;
  ASSERT_EQ(status["runs"].size(), 2U) << status;
  EXPECT_EQ(status["runs"][0]["id"], holder());
  EXPECT_EQ(status["runs"][0]["outcome"], "running");
  EXPECT_TRUE(status["runs"][0]["ms"].is_null());
  EXPECT_EQ(status["runs"][1]["outcome"], "succeeded");
  EXPECT_TRUE(status["runs"][1]["ms"].is_number());
  EXPECT_SAYS(project.tidegate({"status"}), "lock held by run " + holder());
  let_go(blocker);
  EXPECT_CODE(host.wait(), 0);
  EXPECT_TRUE(project.json({"status", "--json"})["lock"].is_null());
}

TEST_F(Lease, RunsOfPrograms_ExcludeOneAnotherToo) {
  const auto gate = project.dir / "gate";
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"command\"\nkind = \"apply\"\nwith = { argv = [\"cat\", \"" + gate + "\"] }\n");
  Process first(project.command({"run"}));
  ASSERT_TRUE(project.db.eventually("select to_regclass('tidegate.lease') is not null"));
  ASSERT_TRUE(project.db.eventually("select run is not null from tidegate.lease"));
  Process second(project.command({"run"}));
  ASSERT_TRUE(second.wait_for_line("run " + holder()));
  std::ofstream(gate) << "one\n";  // opens when the program reads, and ends it
  EXPECT_CODE(first.wait(), 0);
  std::ofstream(gate) << "two\n";
  EXPECT_CODE(second.wait(), 0);
  EXPECT_EQ(project.db.value("select count(*) from tidegate.runs where outcome = 'succeeded'"), "2");
}

TEST_F(Lease, Resolve_WaitsForTheRunThatHasIt) {
  auto blocker = project.db.connect();
  blocked_change(blocker);
  project.file("tidegate.toml", kOnlyApply);
  Process host(project.command({"run"}));
  ASSERT_TRUE(waits_for(host, blocker));
  project.migration("20240103000000_by_hand", "SELECT 1;\n");
  Process resolve(project.command({"resolve", "--applied", "20240103000000_by_hand"}));
  ASSERT_TRUE(resolve.wait_for_line("run " + holder()));
  let_go(blocker);
  EXPECT_CODE(host.wait(), 0);
  EXPECT_CODE(resolve.wait(), 0);
}

}  // namespace
}  // namespace tidegate::test
