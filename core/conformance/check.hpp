// SPDX-License-Identifier: Apache-2.0
//
// The conformance kit of `tidegate plugin check`: which checks there are, and running them on a plugin file. Every check
// runs in a child process of its own, so that nothing a plugin does reaches the caller. Single-threaded callers only
// (it forks); main thread.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tidegate::conformance {

enum class State { pass, warn, skip, fail, crash, timeout };
std::string_view name_of(State state);
/// fail, crash and timeout.
bool is_failure(State state);

struct CheckInfo {
  std::string name;     ///< "load.silent": the group, a dot, the check; docs/plugins/checks.md has a section of this name
  std::string summary;  ///< what holds when it passes
};
/// In the order in which they run.
std::vector<CheckInfo> checks();

struct CheckResult {
  std::string check;
  std::string type, kind;  ///< empty for checks of the whole file, kind for those of a stage type
  State state = State::pass;
  std::string message;  ///< of everything but pass
  std::int64_t ms = 0;
};

struct CheckOptions {
  std::string only = "*";                        ///< a pattern with * and ?
  unsigned seed = 1;                             ///< of the random settings
  std::chrono::milliseconds time_limit{10'000};  ///< of one child
  /// Settings that are taken instead of made-up ones: "key" of every type that has it, "type.key" of one.
  std::vector<std::pair<std::string, std::string>> set;
};

/// Runs the checks on the file and gives each result as it comes, too. What cannot be checked since an earlier check
/// failed is skipped with that reason. Throws std::system_error when no child can be started.
std::vector<CheckResult> check_plugin(const std::string& path, const CheckOptions& options,
                                      const std::function<void(const CheckResult&)>& as_it_comes = {});

/// True when the whole name fits the pattern; * is any number of characters, ? one.
bool fits(std::string_view pattern, std::string_view name);

}  // namespace tidegate::conformance
