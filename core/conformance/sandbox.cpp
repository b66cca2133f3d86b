// SPDX-License-Identifier: Apache-2.0
#include "conformance/sandbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <system_error>

namespace tidegate::conformance {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kOutOfTheWay = 200;  // descriptors of ours, where a plugin that counts from 3 does not meet them

[[noreturn]] void refuse(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A folder for the child to stand in, removed at the end.
class Folder {
 public:
  Folder() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base == nullptr || *base == '\0' ? "/tmp" : base) + "/tidegate-check-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) refuse("a temporary folder could not be made");
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// Limits and surroundings of the child.
void settle(const Folder& folder, int output) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlimit memory{rlim_t{2} << 30U, rlim_t{2} << 30U};  // a plugin that allocates without end ends here, not the machine
  ::setrlimit(RLIMIT_AS, &memory);
#endif
  std::signal(SIGPIPE, SIG_IGN);  // as in a run
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::close(nothing);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (::chdir(folder.path().c_str()) != 0) std::_Exit(1);
}

/// The result on the pipe: the state's number, then the message.
[[noreturn]] void child(const std::function<Finding()>& body, const Folder& folder, int output, int answer, bool leave_by_exit) {
  settle(folder, output);
  Finding finding;
  try {
    finding = body();
  } catch (const std::exception& e) {
    finding = fail(std::string("an exception came out of the plugin: ") + e.what());
  } catch (...) {
    finding = fail("an exception came out of the plugin");
  }
  std::string text(1, static_cast<char>('0' + static_cast<int>(finding.state)));
  text += finding.message;
  write_all(answer, text);
  std::fflush(stdout);
  std::fflush(stderr);
  if (leave_by_exit) std::exit(0);
  ::_exit(0);
}

std::string last_words(int output) {
  constexpr off_t most = 400;
  struct stat info {};
  if (::fstat(output, &info) != 0 || info.st_size == 0) return {};
  std::string text(static_cast<std::size_t>(std::min(most, info.st_size)), '\0');
  const ssize_t n = ::pread(output, text.data(), text.size(), info.st_size - static_cast<off_t>(text.size()));
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.empty() ? text : "; it printed: " + text;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return std::string("ended by signal ") + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
  return "called exit(" + std::to_string(WEXITSTATUS(status)) + ")";
}

bool has_ended(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid != 0;
}

/// Reads until the child has closed its end or has ended: what it started may hold the pipe open. False when the limit
/// came first.
bool read_answer(int fd, pid_t pid, Clock::time_point until, std::string& out) {
  constexpr int look_again_ms = 20;
  for (;;) {
    const bool ended = has_ended(pid);
    pollfd one{fd, POLLIN, 0};
    const int ready = ::poll(&one, 1, ended ? 0 : look_again_ms);
    if (ready > 0) {
      char buffer[4096];
      const ssize_t n = ::read(fd, buffer, sizeof buffer);
      if (n == 0) return true;
      if (n > 0) out.append(buffer, static_cast<std::size_t>(n));
    } else if (ended) {
      return true;
    } else if (Clock::now() >= until) {
      return false;
    }
  }
}

/// Waits for the child's end, killing it when the limit comes first; false then.
bool reap(pid_t pid, Clock::time_point until, int& status) {
  bool in_time = true;
  for (;;) {
    if (has_ended(pid)) break;  // its id stays taken until its group is gone
    if (!in_time || Clock::now() < until) {
      ::usleep(500);
      continue;
    }
    in_time = false;
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);
  }
  ::kill(-pid, SIGKILL);  // what it may have started
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return in_time;
}

}  // namespace

Finding in_child(const std::function<Finding()>& body, std::chrono::milliseconds limit, bool leave_by_exit) {
  const Folder folder;
  const Descriptor output(::memfd_create("output", MFD_CLOEXEC));
  int ends[2];
  if (output.get() < 0 || ::pipe2(ends, O_CLOEXEC) != 0) refuse("no descriptor for a check");
  const Descriptor reading(ends[0]);
  const int high = ::fcntl(ends[1], F_DUPFD_CLOEXEC, kOutOfTheWay);
  ::close(ends[1]);
  Descriptor writing(high);
  std::fflush(nullptr);  // else what is buffered would be written by the child as well
  const pid_t pid = ::fork();
  if (pid < 0) refuse("no process for a check");
  if (pid == 0) {
    ::close(reading.get());
    child(body, folder, output.get(), writing.get(), leave_by_exit);
  }
  ::setpgid(pid, pid);
  writing.reset();
  const auto until = Clock::now() + limit;
  std::string answer;
  int status = 0;
  const bool read_in_time = read_answer(reading.get(), pid, until, answer);
  const bool ended_in_time = reap(pid, until, status);
  if (!read_in_time || !ended_in_time)
    return {State::timeout, "did not end within " + std::to_string(limit.count()) + " ms" + last_words(output.get())};
  const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  const int state = answer.empty() ? -1 : answer[0] - '0';
  if (!ended_well || state < 0 || state > static_cast<int>(State::timeout))
    return {State::crash,
            "the process " + how_it_ended(status) + (answer.empty() ? " in the middle" : " at its end") + last_words(output.get())};
  return {static_cast<State>(state), answer.substr(1)};
}

std::int64_t bytes_printed() {
  std::fflush(stdout);
  std::fflush(stderr);
  struct stat info {};
  return ::fstat(STDERR_FILENO, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
}

}  // namespace tidegate::conformance
