// SPDX-License-Identifier: Apache-2.0
//
// Guard: the thread that watches over a run. It takes SIGINT and SIGTERM (the first interrupts the run, the second
// ends the process at once) and ends the process when a stage does not return ten seconds after its deadline. One a
// process; made on the main thread before any other thread, so that all threads inherit the blocked signals.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/world.hpp"
#include "services/interruption.hpp"

namespace tidegate::run {

class Guard {
 public:
  static constexpr std::chrono::seconds kGrace{10};

  explicit Guard(services::Interruption& interruption);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// The call that is under way: how to ask it to stop, and what to do when it has not returned kGrace after its
  /// deadline or interruption (write what is known; the guard then ends the process with the code it returns).
  struct Watch {
    base::Deadline deadline;
    std::function<void()> cancel;
    std::function<int()> overrun;
  };
  void watch(Watch watch);
  void unwatch();
  /// The signal that interrupted the run; 0: none.
  [[nodiscard]] int signal() const { return signal_.load(); }
  /// The exit code of the end by a second signal.
  void exit_code_on_second_signal(std::function<int(int signal)> code);

 private:
  void loop();
  void tick();
  void take(int number);

  services::Interruption& interruption_;
  std::atomic<int> signal_{0};
  std::atomic<bool> done_{false};
  std::mutex mutex_;
  Watch watch_;
  bool watching_ = false;
  base::Deadline give_up_;  // set when the watched call was asked to stop
  std::function<int(int)> second_signal_code_;
  std::thread thread_;
};

}  // namespace tidegate::run
