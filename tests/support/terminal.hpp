// SPDX-License-Identifier: Apache-2.0
//
// Runs a program on a terminal of its own (a real pty), and keeps the picture that somebody at it would see. It knows what our
// programs send: lines, carriage return, cursor up, erase, colours. Throws when it can't start. Main thread.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace tidegate::test {

class Terminal {
 public:
  Terminal(const Command& command, int columns, int rows);
  /// Kills the program when it still runs.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Waits for a screen as wanted; that screen, or "" when the program ended or the command's timeout came without it.
  std::string wait_for(const std::function<bool(const std::string& screen)>& wanted);
  /// Waits for the end of the program; its exit code.
  int wait();
  /// The lines, without blanks at their ends. Lines that scrolled out of sight stand in front of it.
  [[nodiscard]] std::string screen() const;
  /// Every byte that came.
  [[nodiscard]] std::string bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::test
