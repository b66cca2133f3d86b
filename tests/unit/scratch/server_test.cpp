// SPDX-License-Identifier: Apache-2.0
#include "scratch/server.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tidegate::scratch {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string ask(const std::string& url, const char* sql) {
  PGconn* connection = PQconnectdb(url.c_str());
  std::string out = PQerrorMessage(connection);
  if (PQstatus(connection) == CONNECTION_OK) {
    PGresult* result = PQexec(connection, sql);
    out = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : PQresultErrorMessage(result);
    PQclear(result);
  }
  PQfinish(connection);
  return out;
}

bool running(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

/// Waits for something that another process does; false after 30 s, which is a failure and not a measurement.
template <class Condition>
bool eventually(Condition condition) {
  for (const auto end = base::Clock::now() + 30s; base::Clock::now() < end; ::usleep(5'000))
    if (condition()) return true;
  return false;
}

std::unique_ptr<Server> started(const Options& options = {}) {
  auto server = Server::start(options, base::Deadline::in(60s));
  if (!server) {
    ADD_FAILURE() << server.error().message;
    return nullptr;
  }
  return std::move(*server);
}

TEST(ScratchServer, Started_AnswersAndIsGoneWithItsOwner) {
  auto server = started();
  ASSERT_TRUE(server);
  EXPECT_EQ(ask(server->url(), "select current_user"), "postgres");
  EXPECT_EQ(ask(server->url(), "show server_encoding"), "UTF8");
  EXPECT_EQ(ask(server->url(), "show listen_addresses"), "");
  EXPECT_EQ(ask(server->url(), "show fsync"), "off");
  EXPECT_EQ(std::stoi(ask(server->url(), "show server_version_num")) / 10'000, server->major());
  const auto folder = server->socket_dir();
  const auto pid = server->pid();
  struct stat info {};
  ASSERT_EQ(::stat(folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  ASSERT_TRUE(running(pid));
  server.reset();
  EXPECT_FALSE(running(pid));
  EXPECT_FALSE(fs::exists(folder));
}

TEST(ScratchServer, AsRoot_RunsAsAnUnprivilegedUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "not root";
  auto server = started();
  ASSERT_TRUE(server);
  struct stat info {};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(server->pid())).c_str(), &info), 0);
  EXPECT_NE(info.st_uid, 0U);
}

TEST(ScratchServer, OptionsGiven_AreInForce) {
  Options options;
  options.durable = true;
  options.max_connections = 7;
  options.settings = {"work_mem=3MB"};
  options.hba = {"local all somebody reject"};
  auto server = started(options);
  ASSERT_TRUE(server);
  EXPECT_EQ(ask(server->url(), "show fsync"), "on");
  EXPECT_EQ(ask(server->url(), "show max_connections"), "7");
  EXPECT_EQ(ask(server->url(), "show work_mem"), "3MB");
  EXPECT_NE(ask("host=" + server->socket_dir() + " port=5432 user=somebody dbname=postgres", "select 1").find("pg_hba.conf rejects"),
            std::string::npos);
}

TEST(ScratchServer, TwoAtOnce_EndInEitherOrder) {
  auto first = started();
  auto second = started();
  ASSERT_TRUE(first && second);
  first.reset();
  EXPECT_EQ(ask(second->url(), "select 1"), "1");
}

TEST(ScratchServer, OpenFilesOfTheOwner_AreNotInherited) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);  // without CLOEXEC, as a caller's standard output
  auto server = started();
  ASSERT_TRUE(server);
  ::close(ends[1]);
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);  // hangs when guardian or server still hold the other end
  ::close(ends[0]);
}

class DyingOwner : public ::testing::TestWithParam<int> {};

TEST_P(DyingOwner, OwnerKilled_ServerAndFolderGo) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    ::setpgid(0, 0);
    ::signal(SIGINT, SIG_DFL);
    auto server = Server::start({}, base::Deadline::in(60s));
    const std::string said = server ? (*server)->socket_dir() + "\n" + std::to_string((*server)->pid()) + "\n" : server.error().message;
    [[maybe_unused]] const auto written = ::write(ends[1], said.data(), said.size());
    ::close(ends[1]);
    for (;;) ::pause();
  }
  ::close(ends[1]);
  std::string said;
  char piece[512];
  for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;) said.append(piece, static_cast<std::size_t>(got));
  ::close(ends[0]);
  const auto line = said.find('\n');
  ASSERT_NE(line, std::string::npos) << said;
  const std::string folder = said.substr(0, line);
  const pid_t pid = std::stoi(said.substr(line + 1));
  EXPECT_TRUE(running(pid));
  ::kill(-owner, GetParam());  // the group, as a terminal does for Ctrl-C
  ASSERT_EQ(::waitpid(owner, nullptr, 0), owner);
  EXPECT_TRUE(eventually([&] { return !running(pid) && !fs::exists(folder); })) << folder;
}

INSTANTIATE_TEST_SUITE_P(Signals, DyingOwner, ::testing::Values(SIGKILL, SIGINT),
                         [](const auto& tried) { return tried.param == SIGKILL ? "Kill" : "CtrlC"; });

TEST(ScratchServer, ServerStopped_IsEndedAllTheSame) {
  auto server = started();
  ASSERT_TRUE(server);
  const auto pid = server->pid();
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  server.reset();
  EXPECT_FALSE(running(pid));
}

TEST(ScratchServer, MissingPrograms_SaysWhatToInstall) {
  Options options;
  options.major = 99;
  const auto server = Server::start(options, base::Deadline::in(60s));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, base::Status::not_found);
  EXPECT_NE(server.error().message.find("PostgreSQL 99"), std::string::npos);
  EXPECT_NE(server.error().hint.find("postgresql-99"), std::string::npos);
}

TEST(ScratchServer, WrongSetting_ReportsTheServersOwnWords) {
  Options options;
  options.settings = {"no_such_setting=1"};
  const auto server = Server::start(options, base::Deadline::in(60s));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, base::Status::failed);
  EXPECT_NE(server.error().message.find("no_such_setting"), std::string::npos) << server.error().message;
}

TEST(ScratchServer, FailingInitdb_ReportsItsOutputAndLeavesNothing) {
  std::string folder = "/tmp/tidegate-test-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  fs::permissions(folder, fs::perms(0755));
  for (const char* name : {"initdb", "postgres"}) {
    std::ofstream(folder + "/" + name) << "#!/bin/sh\n[ \"$1\" = --version ] && echo 'postgres (PostgreSQL) 15.1' && exit\n"
                                       << "echo broken on purpose: $2; exit 3\n";
    fs::permissions(folder + "/" + name, fs::perms(0755));
  }
  Options options;
  options.bin_dir = folder;
  const auto server = Server::start(options, base::Deadline::in(60s));
  ASSERT_FALSE(server);
  const auto at = server.error().message.find("broken on purpose: ");
  ASSERT_NE(at, std::string::npos) << server.error().message;
  const auto data = server.error().message.substr(at + 19, server.error().message.find('\n', at) - at - 19);
  EXPECT_FALSE(fs::exists(fs::path(data).parent_path())) << data;
  fs::remove_all(folder);
}

TEST(ScratchServer, DeadlineOver_GivesUpAndLeavesNothing) {
  const auto server = Server::start({}, base::Deadline::in(0ms));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, base::Status::deadline);
}

}  // namespace
}  // namespace tidegate::scratch
