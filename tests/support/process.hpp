// SPDX-License-Identifier: Apache-2.0
//
// Runs a program the way a user would, and looks at what it prints and how it ends. It is given a small environment,
// so that variables of the CI machine do not steer it. Failures to start throw. Main thread.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tidegate::test {

struct Command {
  std::vector<std::string> argv;                                ///< argv[0]: a path, or a name looked up in PATH
  std::vector<std::pair<std::string, std::string>> env;         ///< on top of PATH, HOME, TMPDIR, LANG, *SAN_OPTIONS, TIDEGATE_TEST_SERVER
  std::string cwd = {};                                         ///< "": this process's
  std::string input = {};                                       ///< on standard input, then closed
  std::chrono::milliseconds timeout = std::chrono::minutes(2);  ///< then its group is killed
};

struct Finished {
  int exit_code = -1;  ///< as a shell has it: 128 + signal when killed by one
  bool timed_out = false;
  std::string out, err;
};

class Process {
 public:
  explicit Process(const Command& command);
  /// Kills its group when it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] int pid() const;
  void signal(int number) const;
  /// The first line of standard output or standard error that contains the text and was not given before; nullopt when
  /// the program ended, or its timeout came, without it.
  std::optional<std::string> wait_for_line(const std::string& containing);
  Finished wait();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The environment that the command gets, as NAME=VALUE.
std::vector<std::string> environment_of(const Command& command);

/// Start to end.
Finished run(const Command& command);

}  // namespace tidegate::test
