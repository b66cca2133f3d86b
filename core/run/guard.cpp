// SPDX-License-Identifier: Apache-2.0
#include "run/guard.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace tidegate::run {
namespace {

/// Wakes the thread: private to this process's own threads, blocked everywhere.
constexpr int kWake = SIGUSR2;

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, kWake);
  return set;
}

}  // namespace

Guard::Guard(services::Interruption& interruption) : interruption_(interruption) {
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { loop(); });
}

Guard::~Guard() {
  done_ = true;
  pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
}

void Guard::watch(Watch watch) {
  const std::lock_guard lock(mutex_);
  watch_ = std::move(watch);
  give_up_ = interruption_.triggered() ? base::Deadline::in(kGrace) : base::Deadline{};
  watching_ = true;
  pthread_kill(thread_.native_handle(), kWake);
}

void Guard::unwatch() {
  const std::lock_guard lock(mutex_);
  watching_ = false;
  watch_ = Watch{};
}

void Guard::exit_code_on_second_signal(std::function<int(int)> code) {
  const std::lock_guard lock(mutex_);
  second_signal_code_ = std::move(code);
}

void Guard::loop() {
  const sigset_t set = watched_signals();
  while (!done_) {
    std::int64_t wait_ms = 3'600'000;
    {
      const std::lock_guard lock(mutex_);
      if (watching_) wait_ms = std::min(wait_ms, watch_.deadline.sooner(give_up_).remaining_ms() + 1);
    }
    const timespec span{static_cast<time_t>(wait_ms / 1000), static_cast<long>(wait_ms % 1000 * 1'000'000)};
    const int number = sigtimedwait(&set, nullptr, &span);
    if (done_) return;
    if (number == SIGINT || number == SIGTERM) take(number);
    tick();
  }
}

void Guard::take(int number) {
  const std::lock_guard lock(mutex_);
  if (signal_ != 0) ::_exit(second_signal_code_ ? second_signal_code_(number) : 128 + number);
  signal_ = number;
  interruption_.trigger();
  if (!watching_) return;
  give_up_ = base::Deadline::in(kGrace);
  if (watch_.cancel) watch_.cancel();
}

void Guard::tick() {
  const std::lock_guard lock(mutex_);
  if (!watching_) return;
  if (give_up_.over()) ::_exit(watch_.overrun ? watch_.overrun() : 70);
  if (watch_.deadline.over() && give_up_.never()) {
    give_up_ = base::Deadline::in(kGrace);
    watch_.deadline = base::Deadline{};
    if (watch_.cancel) watch_.cancel();
  }
}

}  // namespace tidegate::run
