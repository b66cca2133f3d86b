// SPDX-License-Identifier: Apache-2.0
#include "services/db/wire.hpp"

#include <poll.h>

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

namespace tidegate::services::db {
namespace {

using base::Clock;

constexpr std::chrono::milliseconds kCancelLimit{2'000};
// Between two reports of waiting: doubled up to a second, later a thirtieth of what has been waited.
constexpr std::chrono::milliseconds kOrdinaryReportPause{1'000};
constexpr std::chrono::milliseconds kLongestReportPause{10'000};

struct Polled {
  bool socket = false, interrupt = false;
};

/// Waits until something happens or `until` comes.
Polled wait_on(int socket, short events, int interrupt_fd, Clock::time_point until) {
  pollfd waits[2] = {{socket, events, 0}, {interrupt_fd, POLLIN, 0}};
  int limit = -1;
  if (until != Clock::time_point::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    limit = static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
  }
  ::poll(waits, 2, limit);  // a negative descriptor is passed over; a signal is like a timeout
  return {waits[0].revents != 0, waits[1].revents != 0};
}

}  // namespace

PostgresPollingStatusType connect_without_waiting(PGconn* connection) {
  auto state = PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_WRITING && libpq().PQstatus(connection) != CONNECTION_BAD &&
         wait_on(libpq().PQsocket(connection), POLLOUT, -1, Clock::now()).socket)
    state = libpq().PQconnectPoll(connection);
  return state;
}

Stop finish_connecting(PGconn* connection, int state, base::Deadline deadline, Interrupt interrupt) {
  for (;;) {
    if (state == PGRES_POLLING_OK) return Stop::none;
    if (state == PGRES_POLLING_FAILED || libpq().PQstatus(connection) == CONNECTION_BAD) return Stop::lost;
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const auto seen = wait_on(libpq().PQsocket(connection), events, interrupt.fd(), deadline.at());
    if (seen.interrupt) return Stop::interrupted;
    if (seen.socket)
      state = libpq().PQconnectPoll(connection);
    else if (deadline.over())
      return Stop::deadline;
  }
}

void Wire::on_waiting(std::chrono::milliseconds after, OnWaiting callback) {
  report_after_ = after;
  callback_ = std::move(callback);
}

void Wire::begin() {
  began_ = Clock::now();
  pause_ = report_after_;
  next_report_ = callback_ ? began_ + pause_ : Clock::time_point::max();
}

Stop Wire::until_input(base::Deadline deadline) {
  const int socket = libpq().PQsocket(connection_);
  if (socket < 0) return Stop::lost;
  const auto seen = wait_on(socket, POLLIN, ignored_ || never_ ? -1 : interrupt_.fd(), deadline.at());
  if (seen.interrupt) return Stop::interrupted;
  if (seen.socket) return libpq().PQconsumeInput(connection_) == 0 ? Stop::lost : Stop::none;
  return deadline.over() ? Stop::deadline : Stop::none;
}

void Wire::report(Clock::time_point now) {
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_);
  callback_(waited);
  pause_ = std::max(report_after_, std::clamp(waited / 30, std::min(pause_ * 2, kOrdinaryReportPause), kLongestReportPause));
  next_report_ = Clock::now() + pause_;
}

Stop Wire::until_result(base::Deadline deadline) {
  while (libpq().PQisBusy(connection_) != 0) {  // what has come already is taken first
    const int unsent = libpq().PQflush(connection_);
    if (unsent < 0 && libpq().PQconsumeInput(connection_) == 0) return Stop::lost;
    if (unsent < 0 && libpq().PQisBusy(connection_) == 0) return Stop::none;
    const int socket = libpq().PQsocket(connection_);
    if (socket < 0) return Stop::lost;
    const short events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
    const auto seen = wait_on(socket, events, ignored_ || never_ ? -1 : interrupt_.fd(), std::min(deadline.at(), next_report_));
    const bool broken = seen.socket && libpq().PQconsumeInput(connection_) == 0;
    if (libpq().PQisBusy(connection_) == 0) return Stop::none;  // the server's last words may have come before the end
    if (broken) return Stop::lost;
    if (seen.interrupt) return Stop::interrupted;
    const auto now = Clock::now();
    if (now >= deadline.at()) return Stop::deadline;
    if (now >= next_report_) report(now);
  }
  return Stop::none;
}

void Wire::cancel() const {
  struct Shared {
    std::mutex mutex;
    std::condition_variable done;
    bool finished = false;
  };
  PGcancel* handle = libpq().PQgetCancel(connection_);
  if (handle == nullptr) return;
  auto shared = std::make_shared<Shared>();
  std::thread([handle, shared] {
    char message[256];
    libpq().PQcancel(handle, message, sizeof message);
    libpq().PQfreeCancel(handle);
    const std::lock_guard lock(shared->mutex);
    shared->finished = true;
    shared->done.notify_all();
  }).detach();  // it ends by itself once the kernel gives the connection up
  std::unique_lock lock(shared->mutex);
  shared->done.wait_for(lock, kCancelLimit, [&] { return shared->finished; });
}

}  // namespace tidegate::services::db
