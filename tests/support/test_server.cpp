// SPDX-License-Identifier: Apache-2.0
//
// tidegate_test_server start|stop DIR: the server that all tests of one ctest run share. A keeper process owns it and
// ends it on `stop`, or when ctest itself is gone.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "scratch/server.hpp"
#include "support/files.hpp"

namespace {

using tidegate::test::file_text;
using tidegate::test::write_file;

int stop(const std::string& dir) {
  if (!std::filesystem::exists(dir + "/keeper")) return 0;
  const pid_t keeper = std::stoi(file_text(dir + "/keeper"));
  const int seen = static_cast<int>(::syscall(SYS_pidfd_open, keeper, 0));
  std::string name;
  try {
    name = file_text("/proc/" + std::to_string(keeper) + "/comm");
  } catch (const std::exception&) {
  }
  if (name.starts_with("tidegate_test_s")) {  // and not another process that got its number since
    ::kill(keeper, SIGTERM);
    pollfd wait{seen, POLLIN, 0};
    ::poll(&wait, seen >= 0 ? 1 : 0, 30'000);
  }
  std::filesystem::remove_all(dir);
  return 0;
}

/// Runs until SIGTERM, or until the process `watched` is gone. Reports through `ready`: "" is good.
void keep(const std::string& dir, pid_t watched, int ready) {
  ::setsid();
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  tidegate::scratch::Options options;
  options.max_connections = 200;
  auto server = tidegate::scratch::Server::start(options, tidegate::base::Deadline::in(std::chrono::minutes(2)));
  if (!server) {
    const auto& said = server.error().message;
    [[maybe_unused]] const auto put = ::write(ready, said.data(), said.size());
    ::_exit(1);
  }
  write_file(dir + "/keeper", std::to_string(::getpid()));
  write_file(dir + "/url", (*server)->url());
  ::close(ready);
  const timespec second{1, 0};
  while (::sigtimedwait(&ends, nullptr, &second) < 0 && ::kill(watched, 0) == 0) {
  }
  server->reset();
  std::error_code ignored;
  std::filesystem::remove(dir + "/url", ignored);
  ::_exit(0);
}

int start(const std::string& dir) {
  stop(dir);
  const pid_t watched = ::getppid();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return 1;
  const pid_t keeper = ::fork();
  if (keeper == 0) {
    ::close(ends[0]);
    keep(dir, watched, ends[1]);
  }
  ::close(ends[1]);
  char said[4096];
  const ssize_t got = ::read(ends[0], said, sizeof said);
  if (got > 0) std::fprintf(stderr, "%.*s\n", static_cast<int>(got), said);
  return got == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "start") return start(argv[2]);
  if (what == "stop") return stop(argv[2]);
  std::fputs("usage: tidegate_test_server start|stop DIR\n", stderr);
  return 2;
}
