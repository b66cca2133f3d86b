// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace tidegate::test {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

struct Pipe {
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
  int ends[2] = {-1, -1};
};

}  // namespace

std::vector<std::string> environment_of(const Command& command) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const bool kept = name == "PATH" || name == "HOME" || name == "TMPDIR" || name == "LANG" || name == "TIDEGATE_TEST_SERVER" ||
                      name == "LD_LIBRARY_PATH" || name.ends_with("SAN_OPTIONS");
    if (kept) variables[name] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.env) variables[name] = value;
  std::vector<std::string> out;
  for (const auto& [name, value] : variables) out.push_back(name + "=" + value);
  return out;
}

struct Process::Impl {
  pid_t pid = -1;
  bool reaped = false;
  std::chrono::steady_clock::time_point end;
  Pipe in, streams[2];
  std::mutex mutex;
  std::condition_variable changed;
  std::string text[2];
  std::size_t given[2] = {0, 0};  // whole lines before this were answers of wait_for_line, or passed over
  int open_streams = 2;
  std::thread readers[2], writer;

  void read(int which) {
    char piece[65536];
    for (;;) {
      const ssize_t got = ::read(streams[which].ends[0], piece, sizeof piece);
      if (got < 0 && errno == EINTR) continue;
      const std::lock_guard lock(mutex);
      if (got > 0) text[which].append(piece, static_cast<std::size_t>(got));
      if (got <= 0) --open_streams;
      changed.notify_all();
      if (got <= 0) return;
    }
  }

  std::optional<std::string> find_line(const std::string& containing) {
    for (int which = 0; which < 2; ++which) {
      for (auto from = given[which];;) {
        const auto newline = text[which].find('\n', from);
        if (newline == std::string::npos) break;
        auto line = text[which].substr(from, newline - from);
        from = newline + 1;
        if (line.find(containing) == std::string::npos) continue;
        given[which] = from;
        return line;
      }
    }
    return std::nullopt;
  }

  void kill_group(int number) const {
    if (!reaped) ::kill(-pid, number);
  }
};

Process::Process(const Command& command) : impl_(std::make_unique<Impl>()) {
  auto& me = *impl_;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, me.in.ends[0], 0);
  posix_spawn_file_actions_adddup2(&actions, me.streams[0].ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, me.streams[1].ends[1], 2);
  if (!command.cwd.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.cwd.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const auto variables = environment_of(command);
  const int failure =
      ::posix_spawnp(&me.pid, command.argv.at(0).c_str(), &actions, &attributes, pointers(command.argv).data(), pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error(command.argv[0] + ": " + std::strerror(failure));
  me.end = std::chrono::steady_clock::now() + command.timeout;
  me.in.close_end(0);
  for (int which = 0; which < 2; ++which) {
    me.streams[which].close_end(1);
    me.readers[which] = std::thread([&me, which] { me.read(which); });
  }
  me.writer = std::thread([&me, input = command.input] {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // a program that does not read its input is no failure
    for (std::size_t at = 0; at < input.size();) {
      const ssize_t put = ::write(me.in.ends[1], input.data() + at, input.size() - at);
      if (put <= 0) break;
      at += static_cast<std::size_t>(put);
    }
    me.in.close_end(1);
  });
}

Process::~Process() {
  impl_->kill_group(SIGKILL);
  wait();
}

int Process::pid() const {
  return impl_->pid;
}

void Process::signal(int number) const {
  if (!impl_->reaped) ::kill(impl_->pid, number);
}

std::optional<std::string> Process::wait_for_line(const std::string& containing) {
  auto& me = *impl_;
  std::unique_lock lock(me.mutex);
  std::optional<std::string> line;
  me.changed.wait_until(lock, me.end, [&] {
    line = me.find_line(containing);
    return line.has_value() || me.open_streams == 0;
  });
  return line;
}

Finished Process::wait() {
  auto& me = *impl_;
  Finished out;
  if (!me.reaped) {
    {
      std::unique_lock lock(me.mutex);
      out.timed_out = !me.changed.wait_until(lock, me.end, [&] { return me.open_streams == 0; });
    }
    int status = 0;
    if (out.timed_out) me.kill_group(SIGKILL);
    for (pid_t got = 0; got == 0;) {  // its streams are closed, but it may still run
      got = ::waitpid(me.pid, &status, WNOHANG);
      if (got == 0 && !out.timed_out && std::chrono::steady_clock::now() >= me.end) {
        out.timed_out = true;
        me.kill_group(SIGKILL);
      }
      if (got == 0) ::usleep(1'000);
    }
    me.reaped = true;
    out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    for (auto& reader : me.readers) reader.join();
    me.writer.join();
  }
  out.out = me.text[0];
  out.err = me.text[1];
  return out;
}

Finished run(const Command& command) {
  return Process(command).wait();
}

}  // namespace tidegate::test
