// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "journal_fixture.hpp"

namespace tidegate::run {
namespace {

using base::Status;

class LeaseTest : public JournalTest {
 protected:
  const LeaseWait at_once{.limit = 0ms, .on_wait = {}};
  base::Result<std::optional<LeaseRecord>> seen() { return current_lease(*connect_to(database.url(), redactor), soon()); }
};

TEST_F(LeaseTest, Free_IsTakenAndNumbered) {
  auto one = contender();
  EXPECT_FALSE(*seen());
  const auto taken = one->take("run-1");
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_TRUE(taken->recorded);
  EXPECT_EQ(taken->fence, 1);
  EXPECT_EQ(taken->warning, "");
  EXPECT_TRUE(taken->interrupted.empty());
  EXPECT_EQ(taken->target.database, database.name());
  EXPECT_EQ(taken->target.system_identifier, database.value("select system_identifier from pg_control_system()"));
  EXPECT_TRUE(one->lease->still_held());
  EXPECT_FALSE(one->lease->lost());
  const auto lease = *seen();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->holder, "run run-1, alice on laptop");
  EXPECT_EQ(lease->run, "run-1");
  EXPECT_EQ(lease->pid, one->pid);
  EXPECT_EQ(lease->since.substr(0, 2), "20");
  EXPECT_EQ(database.value("select main_pid from tidegate.lease"), std::to_string(one->main->backend_pid()));
}

TEST_F(LeaseTest, Released_IsFreeAndTheNextTakingCountsOn) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  ASSERT_TRUE(one->lease->release());
  EXPECT_FALSE(*seen());
  EXPECT_EQ(holders(), "0");
  auto two = contender();
  const auto taken = two->take("run-2", at_once);  // though the sessions of the first still are there
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->fence, 2);
  EXPECT_EQ(two->lease->fence(), 2);
}

TEST_F(LeaseTest, HeldByAnother_IsLockedAfterTheLimitNamingTheHolder) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  auto two = contender();
  std::vector<std::string> told;
  const auto refused = two->take("run-2", {.limit = 0ms, .on_wait = [&](const std::string& holder, auto) { told.push_back(holder); }});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Status::locked);
  EXPECT_NE(refused.error().message.find("run run-1, alice on laptop, since 20"), std::string::npos) << refused.error().message;
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].find("run run-1, alice on laptop, since 20"), 0U) << told[0];
  EXPECT_TRUE(one->lease->still_held());
}

TEST_F(LeaseTest, Waiting_EndsWithTheHoldersReleaseAndNamesItOnce) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  auto two = contender();
  int told = 0;
  const auto taken = two->take("run-2", {.limit = 60s, .on_wait = [&](const std::string&, auto) {
                                           ++told;
                                           (void)one->lease->release();
                                         }});
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(told, 1);
  EXPECT_EQ(taken->fence, 2);
}

TEST_F(LeaseTest, Waiting_EndsWithAnInterruption) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  auto two = contender();
  services::Interruption interruption;
  const auto taken = two->take("run-2", {.limit = 60s, .interruption = &interruption, .on_wait = [&](const auto&, auto) { interruption.trigger(); }});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Status::cancelled);
  EXPECT_NE(taken.error().message.find("run-1"), std::string::npos);
}

TEST_F(LeaseTest, Waiting_HoldsNoTransactionThatAnIndexBuildWouldWaitFor) {
  database.sql("create table t (a int)");
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  auto two = contender();
  std::atomic<bool> waits{false};
  std::thread waiter([&] { EXPECT_TRUE(two->take("run-2", {.limit = 60s, .on_wait = [&](const auto&, auto) { waits = true; }})); });
  ASSERT_TRUE(becomes_true([&] { return waits.load(); }));
  const auto failure = one->main->script("create index concurrently on t (a)", {}, soon());
  EXPECT_FALSE(failure) << failure->error.message;
  ASSERT_TRUE(one->lease->release());
  waiter.join();
}

TEST_F(LeaseTest, HolderAliveWithAStaleRow_StaysTheHolder) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  database.sql("update tidegate.lease set since = now() - interval '3 days', main_pid = 1, main_backend_start = now() - interval '4 days'");
  auto two = contender();
  EXPECT_EQ(two->take("run-2", at_once).error().code, Status::locked);
  EXPECT_TRUE(one->lease->still_held());
}

TEST_F(LeaseTest, ControlConnectionEnded_IsNotHeldAnyMoreAndTheHeartbeatTells) {
  auto one = contender("postgres", 1ms);
  ASSERT_TRUE(one->take("run-1"));
  end(one->pid);
  ASSERT_TRUE(becomes_true([&] { return one->lease->lost().has_value(); }));
  EXPECT_EQ(one->lease->lost()->code, Status::unavailable);
  EXPECT_FALSE(one->lease->still_held());
  EXPECT_FALSE(one->main->query("select 1", {}, {}, soon()));  // reading goes on
}

TEST_F(LeaseTest, ControlConnectionEndedWithoutAHeartbeat_StillHeldIsAConflict) {
  auto one = contender("postgres", 1h);
  ASSERT_TRUE(one->take("run-1"));
  end(one->pid);
  const auto held = one->lease->still_held();
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, Status::conflict);
  EXPECT_TRUE(one->lease->lost());
}

TEST_F(LeaseTest, RowTakenByAnother_StillHeldIsAConflict) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  database.sql("update tidegate.lease set fence = fence + 1, run = 'run-2'");
  EXPECT_EQ(one->lease->still_held().error().code, Status::conflict);
}

TEST_F(LeaseTest, RoleMayNotMakeTheSchema_TheLockAloneKeepsOthersOut) {
  const auto role = new_role();
  auto one = contender(role);
  const auto taken = one->take("run-1");
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_FALSE(taken->recorded);
  EXPECT_EQ(taken->fence, 0);
  EXPECT_NE(taken->warning, "");
  EXPECT_TRUE(one->lease->still_held());
  auto two = contender(role);
  const auto refused = two->take("run-2", at_once);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Status::locked);
  EXPECT_NE(refused.error().message.find("pid " + std::to_string(one->pid)), std::string::npos) << refused.error().message;
  one->control.reset();  // dead: nothing is left to see to
  EXPECT_TRUE(two->take("run-2"));
}

TEST_F(LeaseTest, NotToBeRecorded_WritesNothingToTheTarget) {
  auto one = contender();
  const auto taken = one->take("run-1", at_once, false);
  ASSERT_TRUE(taken);
  EXPECT_FALSE(taken->recorded);
  EXPECT_EQ(taken->warning, "");
  EXPECT_FALSE(has_schema());
  auto two = contender();
  EXPECT_EQ(two->take("run-2", at_once).error().code, Status::locked);
}

TEST_F(LeaseTest, NewerJournal_IsRefusedAndTheLockGivenBack) {
  ASSERT_TRUE(contender()->take("run-1"));
  database.sql("update tidegate.meta set version = 99");
  auto two = contender();
  const auto refused = two->take("run-2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Status::unsupported);
  EXPECT_EQ(holders(), "0");
}

TEST_F(LeaseTest, MainConnectedAnew_IsRecorded) {
  auto one = contender();
  ASSERT_TRUE(one->take("run-1"));
  one->main = connect_to(database.url(), redactor);
  ASSERT_TRUE(one->lease->main_is(*one->main));
  EXPECT_EQ(database.value("select a.pid from tidegate.lease l join pg_stat_activity a on a.pid = l.main_pid and a.backend_start = l.main_backend_start"),
            std::to_string(one->main->backend_pid()));
}

TEST_F(LeaseTest, TwoDatabases_HaveALeaseEach) {
  test::TestDatabase other;
  auto one = contender();
  ASSERT_TRUE(one->take("run-1", at_once));
  Contender two(other.url(), redactor);
  EXPECT_TRUE(two.take("run-2", at_once));
}

TEST(Holder, Here_NamesTheRunnerOrTheUser) {
  const base::Environment nobody = [](std::string_view) { return std::nullopt; };
  const base::Environment alice = [](std::string_view name) { return name == "USER" ? std::optional<std::string>("alice") : std::nullopt; };
  EXPECT_EQ(holder_here(alice, "github").find("github job on "), 0U);
  EXPECT_EQ(holder_here(alice, "").find("alice on "), 0U);
  EXPECT_EQ(holder_here(nobody, "").find("user "), 0U);
}

TEST(Target, Pooler_IsTheDirectHostsTarget) {
  EXPECT_EQ(without_pooler("ep-cool-1-pooler.eu-central-1.aws.neon.tech"), "ep-cool-1.eu-central-1.aws.neon.tech");
  EXPECT_EQ(without_pooler("pooled.db.prisma.io"), "db.prisma.io");
  EXPECT_EQ(without_pooler("DB.example.com"), "db.example.com");
  EXPECT_EQ(without_pooler("127.0.0.1"), "localhost");
  EXPECT_EQ(without_pooler("/var/run/My-pooler"), "/var/run/My-pooler");
}

TEST(Target, PoolersDirectHost_IsNamedWhereItsNameSaysIt) {
  EXPECT_EQ(direct_host_hint("ep-cool-1-pooler.eu-central-1.aws.neon.tech:5432/shop"), "; its direct host is ep-cool-1.eu-central-1.aws.neon.tech");
  EXPECT_EQ(direct_host_hint("aws-0-eu-west-1.pooler.supabase.com:6543/postgres"), "; port 5432 of this host keeps a backend for each session");
  EXPECT_EQ(direct_host_hint("DB.example.com:6432/shop"), "");
  EXPECT_EQ(direct_host_hint("127.0.0.1:6432/shop"), "");
  EXPECT_EQ(direct_host_hint("/run/pgbouncer/shop"), "");
}

}  // namespace
}  // namespace tidegate::run
