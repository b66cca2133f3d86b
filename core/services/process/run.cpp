// SPDX-License-Identifier: Apache-2.0
#include "services/process/run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "services/process/program.hpp"
#include "services/process/spawn_arguments.hpp"

namespace tidegate::services::process {
namespace {

using base::Error;
using base::Status;
using std::chrono::milliseconds;

/// A file descriptor with an owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

Error system_error(const std::string& what, int number) {
  return {Status::unavailable, what + ": " + std::strerror(number)};
}

struct Pipe {
  Fd read, write;
};

base::Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("no pipe to the program could be made", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// Standard input as a file in memory, so that a program that does not read it holds nobody up.
base::Result<Fd> make_input(const std::string& input) {
  Fd fd(input.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : ::memfd_create("tidegate-input", MFD_CLOEXEC));
  if (!fd.open()) return system_error("no standard input for the program could be made", errno);
  for (std::size_t done = 0; done < input.size();) {
    const ssize_t wrote = ::write(fd.get(), input.data() + done, input.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return system_error("no standard input for the program could be made", errno);
    done += static_cast<std::size_t>(wrote);
  }
  if (!input.empty()) ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

/// The running program. Killed with its group and waited for on destruction, if it was not before.
class Child {
 public:
  explicit Child(pid_t pid)
      : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}  // glibc 2.36 declares pidfd_open without extern "C"
  ~Child() {
    if (pid_ < 0) return;
    signal_group(SIGKILL);
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The leader is not reaped until the end, so its id still names this group and no other.
  void signal_group(int number) const { ::kill(-pid_, number); }
  [[nodiscard]] bool exited() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid_;
  }
  /// Readable once it has ended; -1 on a kernel that has none.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
  Fd pidfd_;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

base::Result<pid_t> spawn(const Spec& spec, const std::string& file, int in, int out, int err) {
  SpawnArguments arguments;
  ::posix_spawn_file_actions_adddup2(&arguments.actions, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&arguments.actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&arguments.actions, err, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&arguments.actions, STDERR_FILENO + 1);  // those of plugins' libraries too
  if (!spec.cwd.empty()) ::posix_spawn_file_actions_addchdir_np(&arguments.actions, spec.cwd.c_str());
  sigset_t all;
  sigset_t none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&arguments.attributes, &all);
  ::posix_spawnattr_setsigmask(&arguments.attributes, &none);
  ::posix_spawnattr_setpgroup(&arguments.attributes, 0);
  ::posix_spawnattr_setflags(&arguments.attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failure =
      ::posix_spawn(&pid, file.c_str(), &arguments.actions, &arguments.attributes, pointers(spec.argv).data(), pointers(spec.env).data());
  if (failure == 0) return pid;
  if (failure == ENOENT)
    return Error{Status::not_found,
                 "the program " + file + " cannot be started: its interpreter (the #! line, or the loader it was built for) is not there"};
  if (failure == ENOEXEC)
    return Error{Status::denied,
                 "the program " + file + " cannot be started: it is neither a program of this machine nor a script with a #! line"};
  if (failure == EACCES) return Error{Status::denied, "the program " + file + " cannot be started: " + std::strerror(failure)};
  if (failure == E2BIG) return Error{Status::config, "the arguments and environment of the program " + file + " are too large"};
  return system_error("the program " + file + " cannot be started", failure);
}

/// Reads what is there. Closes the descriptor at the end of the output.
void pump(Fd& from, const OnOutput& to) {
  std::array<char, 16 * 1024> piece;
  const ssize_t got = ::read(from.get(), piece.data(), piece.size());
  if (got > 0) {
    if (to) to({piece.data(), static_cast<std::size_t>(got)});
  } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
    from.reset();
  }
}

/// The watch over a running program: streams its output, ends it when it is time.
class Watch {
 public:
  Watch(const Spec& spec, const Interruption& interruption, Child& child, Fd out, Fd err)
      : spec_(spec), interruption_(interruption), child_(child), out_(std::move(out)), err_(std::move(err)) {}

  /// Until the program has ended and its output with it. The reason when it was made to end.
  std::optional<Error> run(const OnOutput& on_out, const OnOutput& on_err) {
    for (;;) {
      exited_ = exited_ || child_.exited();
      if (exited_ && !out_.open() && !err_.open()) break;
      if (!ended_) begin_end_if_due();
      if (exited_ && !kill_at_) kill_at_ = base::Deadline::in(spec_.grace);  // a background process holds the output open
      if (kill_at_ && kill_at_->over()) {
        child_.signal_group(SIGKILL);
        if (exited_) break;  // whoever left the group may hold the output open for ever
        kill_at_ = base::Deadline::in(spec_.grace);
      }
      wait(on_out, on_err);
    }
    if (ended_) child_.signal_group(SIGKILL);  // the rest of the group, which may have closed its output
    return ended_;
  }

 private:
  void begin_end_if_due() {
    if (interruption_.triggered())
      ended_ = Error{Status::cancelled, "the program " + spec_.argv.front() + " was interrupted"};
    else if (spec_.deadline.over())
      ended_ = Error{Status::deadline, "the program " + spec_.argv.front() + " did not end before the stage's deadline and was stopped"};
    else
      return;
    kill_at_ = base::Deadline::in(spec_.grace);
    child_.signal_group(SIGTERM);
    child_.signal_group(SIGCONT);  // a stopped one would not see it
  }

  void wait(const OnOutput& on_out, const OnOutput& on_err) {
    // A negative descriptor is passed over by poll: closed output, an interruption that was already seen.
    std::array<pollfd, 4> fds{pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0},
                              pollfd{exited_ ? -1 : child_.pidfd(), POLLIN, 0}, pollfd{ended_ ? -1 : interruption_.fd(), POLLIN, 0}};
    std::int64_t timeout = ended_ ? 60'000 : std::min<std::int64_t>(spec_.deadline.remaining_ms(), 60'000);
    if (kill_at_) timeout = std::min(timeout, kill_at_->remaining_ms());
    if (child_.pidfd() < 0) timeout = std::min<std::int64_t>(timeout, 20);
    if (::poll(fds.data(), fds.size(), static_cast<int>(timeout) + 1) <= 0) return;
    if (fds[0].revents != 0) pump(out_, on_out);
    if (fds[1].revents != 0) pump(err_, on_err);
  }

  const Spec& spec_;
  const Interruption& interruption_;
  Child& child_;
  Fd out_, err_;
  bool exited_ = false;
  std::optional<Error> ended_;
  std::optional<base::Deadline> kill_at_;
};

std::optional<Error> check(const Spec& spec) {
  if (spec.argv.empty() || spec.argv.front().empty()) return Error{Status::config, "no program to run was given"};
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (std::any_of(spec.argv.begin(), spec.argv.end(), has_nul) || std::any_of(spec.env.begin(), spec.env.end(), has_nul))
    return Error{Status::config,
                 "an argument or environment variable of the program " + spec.argv.front().substr(0, spec.argv.front().find('\0')) + " has a zero byte"};
  for (const auto& entry : spec.env)
    if (entry.find('=') == std::string::npos || entry.front() == '=')
      return Error{Status::config, "an environment entry of the program " + spec.argv.front() + " is not of the form NAME=value"};
  struct stat info {};
  if (!spec.cwd.empty() && (::stat(spec.cwd.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)))
    return Error{Status::not_found, "the folder to run " + spec.argv.front() + " in, " + spec.cwd + ", is not there"};
  return std::nullopt;
}

}  // namespace

base::Result<int> run(const Spec& spec, const OnOutput& out, const OnOutput& err, const Interruption& interruption) {
  if (auto error = check(spec)) return *error;
  if (interruption.triggered())
    return Error{Status::cancelled, "the program " + spec.argv.front() + " was not started: the run is interrupted"};
  if (spec.deadline.over()) return Error{Status::deadline, "no time is left to run the program " + spec.argv.front()};
  const auto found = find_program(spec.argv.front(), spec.cwd, path_of(spec.env));
  if (!found) return found.error();
  // posix_spawn changes the folder first; a relative path of the host has to be found from there.
  const std::string file = std::filesystem::absolute(*found).string();

  auto input = make_input(spec.input);
  if (!input) return input.error();
  auto out_pipe = make_pipe();
  if (!out_pipe) return out_pipe.error();
  auto err_pipe = make_pipe();
  if (!err_pipe) return err_pipe.error();
  const auto pid = spawn(spec, file, input->get(), out_pipe->write.get(), err_pipe->write.get());
  if (!pid) return pid.error();
  Child child(*pid);
  out_pipe->write.reset();
  err_pipe->write.reset();
  input->reset();
  auto ended = Watch(spec, interruption, child, std::move(out_pipe->read), std::move(err_pipe->read)).run(out, err);
  const int code = child.reap();
  if (ended) return *std::move(ended);
  return code;
}

}  // namespace tidegate::services::process
