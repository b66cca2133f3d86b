// SPDX-License-Identifier: Apache-2.0
#include "worker/child.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "services/process/spawn_arguments.hpp"
#include "worker/protocol.hpp"

namespace tidegate::worker {
namespace {

using base::Error;
using base::Status;

/// All that a worker gets of the host's environment: what is in the rest is no business of a plugin's.
constexpr std::array<const char*, 7> kVariables = {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME", "TMPDIR"};

int spawn(pid_t& pid, const std::string& program, int socket, int output) {
  services::process::SpawnArguments arguments;
  // Output first: the socket's place may be where the end of the pipe is now.
  ::posix_spawn_file_actions_addopen(&arguments.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&arguments.actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&arguments.actions, output, STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&arguments.actions, socket, kSocket);
  ::posix_spawn_file_actions_addclosefrom_np(&arguments.actions, kSocket + 1);
  sigset_t all;
  sigset_t none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&arguments.attributes, &all);
  ::posix_spawnattr_setsigmask(&arguments.attributes, &none);
  ::posix_spawnattr_setpgroup(&arguments.attributes, 0);
  ::posix_spawnattr_setflags(&arguments.attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::string host = std::to_string(::getpid());
  std::vector<std::string> variables;
  for (const char* name : kVariables)
    if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
  std::vector<char*> environment;
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string name = "tidegate-worker";
  const std::array<char*, 3> argv = {name.data(), host.data(), nullptr};
  return ::posix_spawn(&pid, program.c_str(), &arguments.actions, &arguments.attributes, argv.data(), environment.data());
}

/// Both ends, closed on exec, above the places that they get in the worker.
bool high(int& fd) {
  const int up = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  ::close(fd);
  fd = up;
  return up >= 0;
}

}  // namespace

base::Result<std::unique_ptr<Child>> Child::start(const std::string& program) {
  int sockets[2] = {-1, -1};
  int pipes[2] = {-1, -1};
  pid_t pid = -1;
  int failure = 0;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0 || ::pipe2(pipes, O_CLOEXEC) != 0 || !high(sockets[1]) ||
      !high(pipes[1]))
    failure = errno;
  else
    failure = spawn(pid, program, sockets[1], pipes[1]);
  for (const int theirs : {sockets[1], pipes[1]})
    if (theirs >= 0) ::close(theirs);
  if (failure == 0) {
    ::fcntl(sockets[0], F_SETFL, O_NONBLOCK);
    ::fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    return std::unique_ptr<Child>(new Child(pid, sockets[0], pipes[0]));
  }
  for (const int ours : {sockets[0], pipes[0]})
    if (ours >= 0) ::close(ours);
  const std::string what = "the worker process of a plugin cannot be started (" + program + "): " + std::strerror(failure);
  if (failure == ENOENT || failure == EACCES || failure == ENOEXEC)
    return Error{Status::config, what, "the installation is incomplete: keep bin and lib/tidegate together"};
  return Error{Status::unavailable, what};
}

Child::Child(pid_t pid, int socket, int output)
    : pid_(pid), socket_(socket), output_(output), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

Child::~Child() {
  kill();
  for (const int fd : {socket_, output_, pidfd_})
    if (fd >= 0) ::close(fd);
}

bool Child::ended() const {
  siginfo_t info{};
  return reaped_ || (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid_);
}

void Child::kill() {
  if (reaped_) return;
  ::kill(-pid_, SIGKILL);  // not waited for yet, so its id still names this group and no other
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
}

std::string Child::how_it_ended() {
  kill();
  if (!WIFSIGNALED(status_)) return "ended with exit code " + std::to_string(WEXITSTATUS(status_));
  const int number = WTERMSIG(status_);
  if (number == SIGXCPU)
    return "had used " + std::to_string(kCpuSeconds) + " s of CPU time, which is the most that a worker may, and was ended";
  return "was ended by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
}

}  // namespace tidegate::worker
