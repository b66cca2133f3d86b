// SPDX-License-Identifier: Apache-2.0
//
// Runs one program without a shell, in a process group of its own, with an environment given whole, streaming its
// output. It never outlives its deadline and ends with its group when the run is interrupted. Stateless: any thread.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/world.hpp"
#include "services/interruption.hpp"

namespace tidegate::services::process {

struct Spec {
  std::vector<std::string> argv;  ///< argv[0] with a slash: that file, else looked up in PATH (env's, else the host's)
  std::vector<std::string> env;   ///< "NAME=value"
  std::string cwd;                ///< empty: the host's
  std::string input;              ///< standard input, empty: nothing to read
  base::Deadline deadline;
  /// Between SIGTERM and SIGKILL; and how long output is still read that a background process of a program that has
  /// ended keeps open, before that process is killed.
  std::chrono::milliseconds grace{2'000};
};

/// Gets output in pieces, as it comes.
using OnOutput = std::function<void(std::string_view)>;

/// The exit code, or 128 + the signal that ended it. Errors: not_found and denied (no such program, not executable),
/// config (the arguments cannot be passed on), deadline, cancelled, unavailable (no process could be made).
base::Result<int> run(const Spec& spec, const OnOutput& out, const OnOutput& err, const Interruption& interruption);

}  // namespace tidegate::services::process
