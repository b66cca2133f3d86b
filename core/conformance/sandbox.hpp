// SPDX-License-Identifier: Apache-2.0
//
// One check in a child process: a process group, folder and output of its own, a time limit, no core file. The caller
// must be single-threaded, since it forks.
#pragma once
#include <chrono>
#include <functional>

#include "conformance/check.hpp"

namespace tidegate::conformance {

/// What a check came to.
struct Finding {
  State state = State::pass;
  std::string message;
};
inline Finding pass() {
  return {};
}
inline Finding fail(std::string message) {
  return {State::fail, std::move(message)};
}
inline Finding warn(std::string message) {
  return {State::warn, std::move(message)};
}
inline Finding skip(std::string message) {
  return {State::skip, std::move(message)};
}

/// Runs the body in a child and gives what it returned; crash when the child ended in any other way, timeout when it
/// had to be killed. The child and what it started are gone afterwards. `leave_by_exit`: the child ends by exit(), so
/// that destructors of static objects run; a crash in them is a crash of the check.
Finding in_child(const std::function<Finding()>& body, std::chrono::milliseconds limit, bool leave_by_exit = false);

/// In a child: the bytes that were written to standard output and error so far.
std::int64_t bytes_printed();

}  // namespace tidegate::conformance
