// SPDX-License-Identifier: Apache-2.0
//
// What a plugin must leave as it is: working folder, environment, locale, signal handlers, descriptors, threads, child
// processes. Looked at before and after a call. One thread.
#pragma once
#include <csignal>
#include <map>
#include <string>
#include <vector>

namespace tidegate::conformance {

class ProcessState {
 public:
  /// As it is now.
  ProcessState();
  /// What of cwd, environment, locale, umask, signal handlers and mask is another now; "" when nothing is.
  [[nodiscard]] std::string surroundings_changed() const;
  /// A descriptor that is open now and was not, or is gone, or another file; "" when there is none.
  [[nodiscard]] std::string descriptors_changed() const;
  /// How many threads there are more; given some time to end, since an ended thread is seen a moment longer.
  [[nodiscard]] std::size_t threads_more() const;
  /// True when a child process is left, running or not waited for.
  [[nodiscard]] static bool has_children();

 private:
  std::string cwd_, locale_;
  std::vector<std::string> environment_;
  unsigned umask_ = 0;
  std::map<int, struct sigaction> handlers_;
  sigset_t mask_{};
  std::map<int, std::string> descriptors_;
  std::size_t threads_ = 0;
};

}  // namespace tidegate::conformance
