// SPDX-License-Identifier: Apache-2.0
#include "services/interruption.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tidegate::services {

Interruption::Interruption() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Interruption::~Interruption() {
  if (fd_ >= 0) ::close(fd_);
}

void Interruption::trigger() noexcept {
  triggered_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);  // full counter: it is readable already
}

void Interruption::clear() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
  triggered_.store(false, std::memory_order_release);
}

bool Interruption::wait_for(std::chrono::milliseconds span) const {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + span;
  while (!triggered()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiter{fd_, POLLIN, 0};
    ::poll(&waiter, 1, static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max())));
  }
  return true;
}

}  // namespace tidegate::services
