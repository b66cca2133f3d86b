// SPDX-License-Identifier: Apache-2.0
#include "scratch/guardian.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tidegate::scratch {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kLifeline = 3;
// An immediate shutdown gives its backends 5 s before it kills them, so the postmaster gets a little more.
constexpr auto kStopLimit = std::chrono::seconds(8);
constexpr int kPollMs = 5;

void close_from(unsigned first) {
  if (::close_range(first, ~0U, 0) == 0) return;
  for (long fd = first, end = ::sysconf(_SC_OPEN_MAX); fd < end; ++fd) ::close(static_cast<int>(fd));  // kernels before 5.9
}

/// Leaves everything of the owner behind but the lifeline: its session, files, signals, folder and rights.
bool detach(const Guard& task, int lifeline) {
  ::setsid();
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP}) ::sigaction(number, &ignore, nullptr);
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &normal, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (lifeline != kLifeline) ::dup2(lifeline, kLifeline);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < kLifeline; ++fd) ::dup2(null, fd);
  ::fcntl(kLifeline, F_SETFD, FD_CLOEXEC);
  close_from(kLifeline + 1);
  if (task.change_user && (::setgroups(0, nullptr) != 0 || ::setgid(task.group) != 0 || ::setuid(task.user) != 0)) return false;
  return ::chdir(task.folder.c_str()) == 0;
}

void say(char what, std::string_view text) {
  std::string message(1, what);
  message += text;
  [[maybe_unused]] const auto sent = ::send(kLifeline, message.data(), message.size(), MSG_NOSIGNAL);
}

bool owner_gone(int wait_ms) {
  pollfd line{kLifeline, POLLIN, 0};
  return ::poll(&line, 1, wait_ms) > 0;  // the owner never writes: readable means closed
}

/// Starts a program in a process group of its own, its output to `out`; it dies with the guardian.
pid_t launch(const Guard& task, const std::vector<std::string>& argv, int out) {
  std::vector<char*> words, variables;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  for (const auto& variable : task.environment) variables.push_back(const_cast<char*>(variable.c_str()));
  words.push_back(nullptr);
  variables.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent) ::_exit(127);
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP}) ::sigaction(number, &normal, nullptr);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::execve(words[0], words.data(), variables.data());
  const std::string reason = std::string(words[0]) + ": " + std::strerror(errno) + "\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, reason.data(), reason.size());
  ::_exit(127);
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string tail(const std::string& text) {
  constexpr std::size_t kMost = 2000;
  return text.size() <= kMost ? text : "…" + text.substr(text.size() - kMost);
}

/// Ends a child and everything of its group; true once it is gone.
void stop(pid_t child) {
  ::kill(child, SIGQUIT);
  ::kill(child, SIGCONT);
  const auto limit = Clock::now() + kStopLimit;
  while (::waitpid(child, nullptr, WNOHANG) == 0) {
    if (Clock::now() >= limit) {
      ::kill(-child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      return;
    }
    ::poll(nullptr, 0, kPollMs);
  }
}

/// True: the cluster is there. False: told the owner why, or the owner is gone.
bool make_cluster(const Guard& task) {
  const std::string log = task.folder + "/initdb.log";
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t child = launch(task, task.initdb, out);
  ::close(out);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (owner_gone(kPollMs)) {
      ::kill(-child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      return false;
    }
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    say(kFailed, task.initdb[0] + " failed:\n" + tail(text_of(log)));
    return false;
  }
  if (!task.hba.empty()) {
    std::ofstream hba(task.folder + "/data/pg_hba.conf");
    for (const auto& line : task.hba) hba << line << '\n';
    hba << "local all all trust\n";
  }
  return true;
}

/// The postmaster writes its state into the eighth line of its pid file; pg_ctl reads it the same way.
bool is_ready(const Guard& task) {
  std::istringstream lines(text_of(task.folder + "/data/postmaster.pid"));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number)
    if (number == 8) return line.starts_with("ready");
  return false;
}

void serve(const Guard& task) {
  const std::string log = task.folder + "/log";
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t child = launch(task, task.postgres, out);
  ::close(out);
  for (;;) {
    if (::waitpid(child, nullptr, WNOHANG) != 0) return say(kFailed, task.postgres[0] + " ended at once:\n" + tail(text_of(log)));
    if (is_ready(task)) break;
    if (owner_gone(kPollMs)) return stop(child);
  }
  say(kReady, {});
  while (!owner_gone(-1)) {
  }
  stop(child);
}

}  // namespace

void guard(const Guard& task, int lifeline) noexcept {
  if (!detach(task, lifeline)) {
    say(kFailed, std::string("cannot become the server's user in ") + task.folder + ": " + std::strerror(errno));
  } else if (make_cluster(task)) {
    serve(task);
  }
  std::error_code ignored;
  std::filesystem::current_path("/", ignored);
  std::filesystem::remove_all(task.folder, ignored);
  ::_exit(0);
}

}  // namespace tidegate::scratch
