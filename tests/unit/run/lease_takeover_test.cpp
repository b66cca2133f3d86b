// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include "journal_fixture.hpp"
#include "run/journal/rows.hpp"
#include "run/journal/takeover.hpp"
#include "support/process.hpp"

namespace tidegate::run {
namespace {

using base::Status;

class LeaseTakeover : public JournalTest {
 protected:
  std::string main_pid() { return database.value("select main_pid from tidegate.lease"); }
  bool is_there(const std::string& pid) { return database.value("select count(*) from pg_stat_activity where pid = " + pid) == "1"; }
};

TEST_F(LeaseTakeover, SessionsOfTheHolderEnded_TheLeaseChangesHandsAndTheRunIsReturned) {
  auto one = contender();
  const auto first = one->take("run-1");
  ASSERT_TRUE(first);
  Journal journal(redactor);
  ASSERT_TRUE(journal.begin(*one->control, first->target, start_of("run-1")));
  end(one->pid);
  end(one->main->backend_pid());
  auto two = contender();
  const auto taken = two->take("run-2");
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->fence, 2);
  ASSERT_EQ(taken->interrupted.size(), 1U);
  EXPECT_EQ(taken->interrupted[0].id, "run-1");
  EXPECT_EQ(taken->interrupted[0].outcome, "interrupted");
  EXPECT_EQ(taken->interrupted[0].pending, (std::vector<std::string>{"1_a", "2_b"}));
  EXPECT_EQ(database.value("select outcome from tidegate.runs where id = 'run-1'"), "interrupted");
  EXPECT_FALSE(one->lease->still_held());
  EXPECT_TRUE(two->lease->still_held());
  ASSERT_TRUE(two->lease->release());
  EXPECT_TRUE(contender()->take("run-3")->interrupted.empty());  // told once
}

TEST_F(LeaseTakeover, ProcessKilledInAStatement_ItsSessionsAreSeenGoneFirst) {
  test::Process holder(test::Command{.argv = {TIDEGATE_LEASE_CONTENDER, database.url(), "run-1", "busy"}, .timeout = 2min});
  ASSERT_TRUE(holder.wait_for_line("taken 1"));
  ASSERT_TRUE(database.eventually("select count(*) = 1 from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"));
  const auto main = main_pid();
  holder.signal(SIGKILL);
  auto two = contender();
  const auto taken = two->take("run-2");
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->fence, 2);
  EXPECT_FALSE(is_there(main));
  ASSERT_EQ(taken->interrupted.size(), 1U);
  EXPECT_EQ(taken->interrupted[0].id, "run-1");
}

TEST_F(LeaseTakeover, ControlConnectionGoneButMainAtWork_MainIsEndedFirst) {
  test::Process holder(test::Command{.argv = {TIDEGATE_LEASE_CONTENDER, database.url(), "run-1", "busy"}, .timeout = 2min});
  ASSERT_TRUE(holder.wait_for_line("taken 1"));
  ASSERT_TRUE(database.eventually("select count(*) = 1 from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"));
  const auto main = main_pid();
  database.sql("select pg_terminate_backend(pid, 10000) from tidegate.lease");
  auto two = contender();
  const auto taken = two->take("run-2");
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_FALSE(is_there(main));
  EXPECT_EQ(taken->interrupted.size(), 1U);
}

TEST_F(LeaseTakeover, ByOneThatRecordsNothing_MainIsEndedFirstToo) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  const auto main = std::to_string(one->main->backend_pid());
  end(one->pid);
  auto two = contender();
  const auto taken = two->take("run-2", {.limit = 30s, .on_wait = {}}, false);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_FALSE(is_there(main));
  EXPECT_EQ(database.value("select run from tidegate.lease"), "run-1") << "nothing is written";
}

TEST_F(LeaseTakeover, MainMayNotBeEnded_IsAConflictThatNamesItAndTheLeaseStaysFree) {
  auto one = contender();  // a superuser's sessions
  ASSERT_TRUE(one->take("run-1"));
  const auto role = new_role();
  database.sql("grant all on schema tidegate to " + role + "; grant all on all tables in schema tidegate to " + role);
  end(one->pid);
  const auto main = one->main->backend_pid();
  auto two = contender(role);
  const auto refused = two->take("run-2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Status::conflict);
  EXPECT_NE(refused.error().message.find("main pid " + std::to_string(main)), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().hint.find("pg_terminate_backend"), std::string::npos);
  EXPECT_TRUE(is_there(std::to_string(main)));
  EXPECT_EQ(holders(), "0");
  EXPECT_EQ(database.value("select run || fence from tidegate.lease"), "run-11");  // as it was
  EXPECT_TRUE(contender()->take("run-3"));                                         // who may, does
}

TEST_F(LeaseTakeover, PidGivenOutAgain_IsNobodysSession) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  auto bystander = database.connect();
  database.sql("update tidegate.lease set pid = " + std::to_string(bystander.pid()) + ", backend_start = now() - interval '1 day', main_pid = null");
  end(one->pid);
  auto two = contender();
  ASSERT_TRUE(two->take("run-2"));
  EXPECT_EQ(bystander.value("select 1"), "1");
}

TEST_F(LeaseTakeover, PidGivenOutAgainToARoleThatIsNotSeen_IsNobodysSession) {
  const auto role = new_role();
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  database.sql("grant all on schema tidegate to " + role + "; grant all on all tables in schema tidegate to " + role +
               "; update tidegate.lease set role = '" + role + "'");
  const auto left = sessions_left(*connect_to(database.url(role), redactor), soon());
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->empty());
  EXPECT_EQ(sessions_left(*connect_to(database.url(), redactor), soon())->size(), 2U);  // who sees them knows them
}

TEST_F(LeaseTakeover, CopiedDatabase_RunsOfTheOriginalDoNotCount) {
  const std::string copy = database.name() + "_copy";
  {
    auto one = contender();
    const auto taken = one->take("run-1");
    ASSERT_TRUE(taken);
    Journal journal(redactor);
    ASSERT_TRUE(journal.begin(*one->control, taken->target, start_of("run-1")));
    ASSERT_TRUE(one->lease->release());
  }
  ASSERT_TRUE(database.eventually("select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"));
  {
    test::Connection elsewhere(test::server_url());
    elsewhere.sql("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '" + database.name() + "'");
    elsewhere.sql("create database " + copy + " template " + database.name());
  }
  {
    Contender two(test::server_url(copy), redactor);
    EXPECT_TRUE(recent_runs(*two.main, 10, soon())->empty());
    EXPECT_FALSE(*find_run(*two.main, "run-1", soon()));
    const auto taken = two.take("run-2");
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_TRUE(taken->interrupted.empty());
    test::Connection look(test::server_url(copy));
    EXPECT_EQ(look.value("select coalesce(outcome, 'as it was') from tidegate.runs where id = 'run-1'"), "as it was");
  }
  test::Connection(test::server_url()).sql("drop database " + copy + " with (force)");
  auto three = contender();
  EXPECT_EQ(three->take("run-3")->interrupted.size(), 1U);  // where it is this database, it does
}

TEST_F(LeaseTakeover, SystemIdentifierOfAnother_DoesNotCount) {
  {
    auto one = contender();
    const auto taken = one->take("run-1");
    Journal journal(redactor);
    ASSERT_TRUE(journal.begin(*one->control, taken->target, start_of("run-1")));
  }
  database.sql("update tidegate.runs set system_identifier = '42'");
  auto two = contender();
  EXPECT_TRUE(recent_runs(*two->main, 10, soon())->empty());
  EXPECT_TRUE(two->take("run-2")->interrupted.empty());
  database.sql("update tidegate.runs set system_identifier = ''");  // it could not be read: the rest decides
  EXPECT_EQ(recent_runs(*two->main, 10, soon())->size(), 1U);
}

}  // namespace
}  // namespace tidegate::run
