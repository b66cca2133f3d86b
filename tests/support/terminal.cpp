// SPDX-License-Identifier: Apache-2.0
#include "support/terminal.hpp"

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace tidegate::test {
namespace {

/// Characters of a screen; each cell one UTF-8 character, a wide one is followed by an empty cell.
class Screen {
 public:
  explicit Screen(std::size_t columns) : columns_(columns), lines_(1) {}

  void take(const std::string& bytes) {
    pending_ += bytes;
    while (const auto used = one(pending_)) pending_.erase(0, used);
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& line : lines_) {
      std::string each;
      for (const auto& cell : line) each += cell;
      while (!each.empty() && each.back() == ' ') each.pop_back();
      out += each + "\n";
    }
    return out;
  }

 private:
  /// Bytes of the first thing in `text`; 0 when it is not whole yet.
  std::size_t one(const std::string& text) {
    if (text.empty()) return 0;
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead == 0x1B) return escape(text);
    if (lead == '\r') column_ = 0;
    else if (lead == '\n') down();
    else if (lead >= 0x20) {
      const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      if (text.size() < size) return 0;
      write(text.substr(0, size), size >= 3 && lead >= 0xE3 && lead != 0xEF ? 2 : 1);  // CJK and emoji: enough for the tests
      return size;
    }
    return 1;
  }
  std::size_t escape(const std::string& text) {
    if (text.size() < 2) return 0;
    if (text[1] != '[') throw std::runtime_error("an escape that this terminal does not know");
    const auto end = text.find_first_not_of("0123456789;?", 2);
    if (end == std::string::npos) return 0;
    const int number = std::atoi(text.substr(2, end - 2).c_str());
    if (text[end] == 'A') row_ -= std::min(row_, static_cast<std::size_t>(number > 0 ? number : 1));
    else if (text[end] == 'J') {
      lines_.resize(row_ + 1);
      erase_line();
    } else if (text[end] == 'K') erase_line();
    else if (text[end] != 'm') throw std::runtime_error(std::string("an escape that this terminal does not know: ") + text[end]);
    return end + 1;
  }
  void erase_line() {
    auto& line = lines_[row_];
    if (line.size() > column_) line.resize(column_);
  }
  void down() {
    if (++row_ == lines_.size()) lines_.emplace_back();
  }
  void write(const std::string& character, std::size_t width) {
    if (column_ + width > columns_) {
      column_ = 0;
      down();
    }
    auto& line = lines_[row_];
    if (line.size() < column_ + width) line.resize(column_ + width, " ");
    line[column_] = character;
    for (std::size_t i = 1; i < width; ++i) line[column_ + i] = "";
    column_ += width;
  }

  const std::size_t columns_;
  std::vector<std::vector<std::string>> lines_;
  std::size_t row_ = 0, column_ = 0;
  std::string pending_;
};

}  // namespace

struct Terminal::Impl {
  explicit Impl(std::size_t columns) : shown(columns) {}
  pid_t pid = -1;
  int fd = -1;
  int status = 0;
  bool reaped = false, closed = false;
  std::chrono::steady_clock::time_point end;
  mutable std::mutex mutex;
  std::condition_variable changed;
  Screen shown;
  std::string all, problem;
  std::thread reader;

  void read() {
    char piece[4096];
    for (;;) {
      const ssize_t got = ::read(fd, piece, sizeof piece);  // EIO: the other side is closed
      if (got < 0 && errno == EINTR) continue;
      const std::lock_guard lock(mutex);
      if (got > 0) {
        all.append(piece, static_cast<std::size_t>(got));
        try {
          if (problem.empty()) shown.take(std::string(piece, static_cast<std::size_t>(got)));
        } catch (const std::exception& e) {
          problem = e.what();
        }
      } else {
        closed = true;
      }
      changed.notify_all();
      if (got <= 0) return;
    }
  }
};

Terminal::Terminal(const Command& command, int columns, int rows) : impl_(std::make_unique<Impl>(static_cast<std::size_t>(columns))) {
  auto& me = *impl_;
  auto variables = environment_of(command);
  std::vector<char*> argv, environment;
  auto argument_texts = command.argv;
  for (auto& text : argument_texts) argv.push_back(text.data());
  for (auto& text : variables) environment.push_back(text.data());
  argv.push_back(nullptr);
  environment.push_back(nullptr);
  const winsize size{static_cast<unsigned short>(rows), static_cast<unsigned short>(columns), 0, 0};
  me.pid = ::forkpty(&me.fd, nullptr, nullptr, &size);
  if (me.pid == 0) {
    if (command.cwd.empty() || ::chdir(command.cwd.c_str()) == 0) ::execve(argv[0], argv.data(), environment.data());
    ::_exit(127);
  }
  if (me.pid < 0) throw std::runtime_error("no terminal");
  me.end = std::chrono::steady_clock::now() + command.timeout;
  me.reader = std::thread([&me] { me.read(); });
}

Terminal::~Terminal() {
  if (!impl_->reaped) ::kill(impl_->pid, SIGKILL);
  wait();
  ::close(impl_->fd);
}

std::string Terminal::wait_for(const std::function<bool(const std::string&)>& wanted) {
  auto& me = *impl_;
  std::unique_lock lock(me.mutex);
  std::string out;
  me.changed.wait_until(lock, me.end, [&] {
    out = me.shown.text();
    if (wanted(out)) return true;
    out.clear();
    return me.closed || !me.problem.empty();
  });
  if (!me.problem.empty()) throw std::runtime_error(me.problem);
  return out;
}

int Terminal::wait() {
  auto& me = *impl_;
  if (!me.reaped) {
    {
      std::unique_lock lock(me.mutex);
      if (!me.changed.wait_until(lock, me.end, [&] { return me.closed; })) ::kill(me.pid, SIGKILL);
    }
    ::waitpid(me.pid, &me.status, 0);
    me.reaped = true;
    me.reader.join();
  }
  return WIFEXITED(me.status) ? WEXITSTATUS(me.status) : 128 + WTERMSIG(me.status);
}

std::string Terminal::screen() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->shown.text();
}
std::string Terminal::bytes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->all;
}

}  // namespace tidegate::test
