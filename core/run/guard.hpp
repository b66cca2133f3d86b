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

  explicit Guard(services::Interruption& interruption, std::chrono::milliseconds grace = kGrace);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// The call that is under way: how to ask it to stop (on a thread of its own, so that a cancel that hangs holds
  /// nothing up), and how the process ends when it has not returned kGrace after its deadline or interruption: with
  /// this exit code, after these last words for which there are two seconds.
  struct Watch {
    base::Deadline deadline;
    std::function<void()> cancel;
    std::function<int()> exit_code;
    std::function<void()> last_words;
  };
  void watch(Watch watch);
  /// The call has returned; its cancel is over too when this returns.
  void unwatch();
  /// The signal that interrupted the run; 0: none.
  [[nodiscard]] int signal() const { return signal_.load(); }
  /// The exit code of the end by a second signal; 0: 128 + signal.
  void exit_code_on_second_signal(int code) { second_signal_code_ = code; }

 private:
  void loop();
  void tick();
  void take(int number);
  void ask_to_stop();
  [[noreturn]] static void give_up(const Watch& watch);

  services::Interruption& interruption_;
  const std::chrono::milliseconds grace_;
  std::atomic<int> signal_{0};
  std::atomic<bool> done_{false};
  std::mutex mutex_;
  Watch watch_;
  bool watching_ = false;
  base::Deadline give_up_;     // set when the watched call was asked to stop
  std::thread cancel_;         // runs the watched call's cancel
  std::atomic<int> second_signal_code_{0};
  std::thread thread_;
};

}  // namespace tidegate::run
