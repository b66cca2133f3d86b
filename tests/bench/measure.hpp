// SPDX-License-Identifier: Apache-2.0
//
// Measuring whole processes from outside: wall time, CPU time and peak memory by wait4, several commands interleaved
// in rounds so that a slow moment of the machine meets all of them. For the benchmarks; main thread.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace tidegate::bench {

/// Says why a benchmark cannot go on, and ends the process.
[[noreturn]] void fail(const std::string& why);

struct Command {
  std::string name;
  std::vector<std::string> argv;              ///< argv[0] is a path
  std::vector<std::string> environment = {};  ///< "NAME=value", on top of PATH, HOME and LANG
  std::string folder = {};                    ///< working folder; "" = the driver's
  std::function<void()> before = {};          ///< outside the clock, in front of every run
  int expected_exit = 0;
};

struct Sample {
  double wall_ms = 0, cpu_ms = 0;
  long peak_kib = 0;  ///< of the largest single process
};

/// Runs it once; its output is kept from the terminal and shown only when it ends otherwise than expected.
Sample run_once(const Command& command);

struct Medians {
  std::string name;
  double wall_ms = 0, cpu_ms = 0, peak_mib = 0;
  double wall_ratio = 1, cpu_ratio = 1;  ///< medians of the ratios to the first command of the same round
};
/// One unmeasured run of each, then `rounds` rounds of all in turn.
std::vector<Medians> interleave(int rounds, const std::vector<Command>& commands);

double median(std::vector<double> values);

/// A line a command: times, ratios to the first, peak memory.
void print(const std::string& title, const std::vector<Medians>& rows);

/// The output of a program that must succeed.
std::string output_of(const Command& command);

}  // namespace tidegate::bench
