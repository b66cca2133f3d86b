// SPDX-License-Identifier: Apache-2.0
#include "journal_fixture.hpp"
#include "support/process.hpp"

namespace tidegate::run {
namespace {

class LeaseContention : public JournalTest {};

constexpr int kMany = 50;

TEST_F(LeaseContention, FiftyProcesses_HoldItOneAtATimeAndWaitOnOneConnectionEach) {
  database.sql("create table inside (n int); insert into inside values (0); create table turns (run text, n int)");
  auto first = contender();
  ASSERT_TRUE(first->take("first"));
  std::vector<std::unique_ptr<test::Process>> processes;
  for (int i = 0; i < kMany; ++i)
    processes.push_back(std::make_unique<test::Process>(
        test::Command{.argv = {TIDEGATE_LEASE_CONTENDER, database.url(), "run-" + std::to_string(i), "turn"}, .timeout = 5min}));
  for (auto& process : processes) ASSERT_TRUE(process->wait_for_line("waiting for run first, alice on laptop, since "));
  EXPECT_EQ(database.value("select count(*) from pg_stat_activity where application_name like 'contender%'"), std::to_string(kMany));
  ASSERT_TRUE(first->lease->release());
  for (auto& process : processes) {
    const auto end = process->wait();
    EXPECT_EQ(end.exit_code, 0) << end.err;
  }
  EXPECT_EQ(database.value("select count(*) || ' ' || count(distinct run) || ' ' || max(n) from turns"), "50 50 1");
  EXPECT_EQ(database.value("select fence from tidegate.lease where run is null"), std::to_string(1 + kMany));
  EXPECT_EQ(database.value("select count(distinct fence) || ' ' || min(fence) || ' ' || max(fence) from tidegate.runs where outcome = 'succeeded'"),
            "50 2 51");
}

TEST_F(LeaseContention, FiftyAtOnceOnANewDatabase_OneMakesTheSchemaAndAllGetTheirTurn) {
  database.sql("create table inside (n int); insert into inside values (0); create table turns (run text, n int)");
  std::vector<std::unique_ptr<test::Process>> processes;
  for (int i = 0; i < kMany; ++i)
    processes.push_back(std::make_unique<test::Process>(
        test::Command{.argv = {TIDEGATE_LEASE_CONTENDER, database.url(), "run-" + std::to_string(i), "turn"}, .timeout = 5min}));
  for (auto& process : processes) {
    const auto end = process->wait();
    EXPECT_EQ(end.exit_code, 0) << end.err;
  }
  EXPECT_EQ(database.value("select count(*) || ' ' || count(distinct run) || ' ' || max(n) from turns"), "50 50 1");
  EXPECT_EQ(database.value("select count(*) from tidegate.runs where outcome = 'succeeded'"), std::to_string(kMany));
}

}  // namespace
}  // namespace tidegate::run
