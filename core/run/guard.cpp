// SPDX-License-Identifier: Apache-2.0
#include "run/guard.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::run {
namespace {

/// Wakes the thread: private to this process's own threads, blocked everywhere.
constexpr int kWake = SIGUSR2;
constexpr std::int64_t kLongestWait = 3'600'000;  // ms

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, kWake);
  return set;
}

}  // namespace

Guard::Guard(services::Interruption& interruption, std::chrono::milliseconds grace) : interruption_(interruption), grace_(grace) {
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { loop(); });
}

Guard::~Guard() {
  unwatch();
  done_ = true;
  pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
}

void Guard::watch(Watch watch) {
  const std::lock_guard lock(mutex_);
  watch_ = std::move(watch);
  give_up_ = interruption_.triggered() ? base::Deadline::in(grace_) : base::Deadline{};
  watching_ = true;
  pthread_kill(thread_.native_handle(), kWake);
}

void Guard::unwatch() {
  for (;;) {
    std::thread cancel;
    {
      const std::lock_guard lock(mutex_);
      cancel.swap(cancel_);
      if (!cancel.joinable()) {
        watching_ = false;
        watch_ = Watch{};
        return;
      }
    }
    cancel.join();  // still watched: a cancel that hangs is given up like the call itself
  }
}

void Guard::loop() {
  const sigset_t set = watched_signals();
  while (!done_) {
    std::int64_t wait_ms = kLongestWait;
    {
      const std::lock_guard lock(mutex_);
      if (watching_) wait_ms = std::min(wait_ms, watch_.deadline.sooner(give_up_).remaining_ms());
    }
    ++wait_ms;  // a deadline is over only after its millisecond
    const timespec span{static_cast<time_t>(wait_ms / 1000), static_cast<long>(wait_ms % 1000 * 1'000'000)};
    const int number = sigtimedwait(&set, nullptr, &span);
    if (done_) return;
    if (number == SIGINT || number == SIGTERM) take(number);
    tick();
  }
}

void Guard::take(int number) {
  if (signal_ != 0) ::_exit(second_signal_code_ != 0 ? second_signal_code_.load() : 128 + number);
  const std::lock_guard lock(mutex_);
  signal_ = number;
  interruption_.trigger();
  if (watching_) ask_to_stop();
}

/// With the mutex held.
void Guard::ask_to_stop() {
  if (!give_up_.never()) return;
  give_up_ = base::Deadline::in(grace_);
  watch_.deadline = base::Deadline{};
  if (watch_.cancel && !cancel_.joinable()) cancel_ = std::thread(watch_.cancel);
}

void Guard::tick() {
  Watch overdue;
  {
    const std::lock_guard lock(mutex_);
    if (!watching_) return;
    if (watch_.deadline.over()) ask_to_stop();
    if (!give_up_.over()) return;
    overdue = watch_;
  }
  give_up(overdue);
}

/// Whatever the last words meet (a pipe that nobody reads, a lock that the hung call holds), the process ends.
void Guard::give_up(const Watch& watch) {
  const int code = watch.exit_code ? watch.exit_code() : 70;
  std::thread([code] {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    ::_exit(code);
  }).detach();
  if (watch.last_words) watch.last_words();
  ::_exit(code);
}

}  // namespace tidegate::run
