// SPDX-License-Identifier: Apache-2.0
//
// Interruption: the one flag that says "stop", with a file descriptor that every poll loop can wait on beside its own.
// Owned by the run; trigger and ask from any thread (trigger also from a signal handler).
#pragma once
#include <atomic>
#include <chrono>

namespace tidegate::services {

class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  void trigger() noexcept;
  /// Takes the flag back, for the work that follows an interruption (rollback, clean-up).
  void clear() noexcept;
  [[nodiscard]] bool triggered() const noexcept { return triggered_.load(std::memory_order_acquire); }
  /// Readable once triggered.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Sleeps up to that long; true when triggered.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds span) const;

 private:
  std::atomic<bool> triggered_{false};
  int fd_ = -1;
};

}  // namespace tidegate::services
