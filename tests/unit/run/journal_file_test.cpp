// SPDX-License-Identifier: Apache-2.0
#include "run/journal/file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "journal_fixture.hpp"
#include "support/files.hpp"

namespace tidegate::run {
namespace {

using base::Status;

class JournalInFile : public ::testing::Test {
 protected:
  std::unique_ptr<Journal> begun(const std::string& id) {
    auto journal = std::make_unique<Journal>(redactor);
    const auto done = journal->begin_in(folder, target, {id, "shop", "production", "alice on laptop", "0.1.0", 0, {"1_a"}, {}});
    EXPECT_TRUE(done) << done.error().message;
    return journal;
  }
  static Event event(std::uint64_t seq, const std::string& type, base::Table fields = {}) {
    return {seq, std::chrono::system_clock::now(), "run-1", type, "apply", std::move(fields)};
  }

  test::TempDir temp;
  const std::string folder = temp / ".tidegate";
  base::Redactor redactor;
  TargetIdentity target{"db.example.com", 5432, "shop", 16384, "7000000000000000001"};
};

TEST_F(JournalInFile, Name_SaysWhichTarget) {
  EXPECT_EQ(journal_file_of("x", target), "x/db.example.com-5432-shop.ndjson");
  EXPECT_EQ(journal_file_of("x", {"/var/run/postgresql", 5432, "../a b", 1, ""}), "x/_var_run_postgresql-5432-.._a_b.ndjson");
}

TEST_F(JournalInFile, Run_IsKeptAndReadBack) {
  auto journal = begun("run-1");
  journal->on_event(event(1, "migration.finished", {{"name", "1_a"}}));
  auto runs = recent_runs_in(folder, target, 5);
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_EQ(runs->at(0).outcome, "interrupted");  // as long as it has no end
  EXPECT_EQ(runs->at(0).applied, (std::vector<std::string>{"1_a"}));
  ASSERT_TRUE(journal->finish({Outcome::succeeded, 0, 12ms, {"1_a"}, {}, {}, {}, {}}));
  runs = recent_runs_in(folder, target, 5);
  EXPECT_EQ(runs->at(0).outcome, "succeeded");
  EXPECT_EQ(runs->at(0).ms, 12);
  EXPECT_EQ(runs->at(0).holder, "alice on laptop");
  EXPECT_NE(runs->at(0).finished_at, "");
}

TEST_F(JournalInFile, Folder_IsTheUsersAloneAndIgnoredByGit) {
  begun("run-1");
  struct stat seen{};
  ASSERT_EQ(::stat(folder.c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat(journal_file_of(folder, target).c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777U, 0600U);
  EXPECT_EQ(test::file_text(folder + "/.gitignore"), "*\n");
}

TEST_F(JournalInFile, LineCutShortByACrash_DoesNotCountAndTheNextRunDoes) {
  begun("run-1");
  std::ofstream(journal_file_of(folder, target), std::ios::app) << R"({"v":1,"run":"run-1","type":"journal.end","outc)";
  ASSERT_TRUE(begun("run-2")->finish({}));
  const auto runs = recent_runs_in(folder, target, 5);
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ(runs->at(0).id, "run-2");
  EXPECT_EQ(runs->at(0).outcome, "succeeded");
  EXPECT_EQ(runs->at(1).id, "run-1");
  EXPECT_EQ(runs->at(1).outcome, "interrupted");
  EXPECT_EQ(recent_runs_in(folder, target, 1)->size(), 1U);
}

TEST_F(JournalInFile, WriteThatFailsHalfway_IsMadeAgainWhole) {
  auto journal = begun("run-1");
  const auto file = journal_file_of(folder, target);
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{std::filesystem::file_size(file) + 20, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  journal->on_event(event(1, "migration.finished", {{"name", "1_a"}}));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(journal->trouble());
  ASSERT_TRUE(journal->flush());
  const auto runs = recent_runs_in(folder, target, 5);
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_EQ(runs->at(0).applied, (std::vector<std::string>{"1_a"})) << test::file_text(file);
}

TEST_F(JournalInFile, OfAnotherServer_DoesNotCount) {
  begun("run-1");
  auto other = target;
  other.system_identifier = "7000000000000000002";
  EXPECT_TRUE(recent_runs_in(folder, other, 5)->empty());
}

TEST_F(JournalInFile, NoFile_HasNoRuns) { EXPECT_TRUE(recent_runs_in(folder, target, 5)->empty()); }

TEST_F(JournalInFile, FolderCannotBeMade_IsToldAndEventsGoNowhere) {
  test::write_file(temp / "taken", "a file");
  Journal journal(redactor);
  const auto begun = journal.begin_in(temp / "taken", target, {});
  ASSERT_FALSE(begun);
  EXPECT_NE(begun.error().message.find(temp / "taken"), std::string::npos) << begun.error().message;
  EXPECT_FALSE(begun.error().hint.empty());
  EXPECT_TRUE(journal.trouble());
  journal.on_event(event(1, "x"));
  EXPECT_TRUE(journal.flush());
}

}  // namespace
}  // namespace tidegate::run
