// SPDX-License-Identifier: Apache-2.0
//
// OutputCapture: while one exists, what code in this process writes to file descriptors 1 and 2 is kept instead of
// shown, so that a plugin that prints cannot break NDJSON on stdout; the stage layer takes it as that plugin's log
// after each call. The host itself writes to out() and err(). At most one a process; made and ended on the main thread.
#pragma once
#include <cstdio>
#include <functional>
#include <string_view>

namespace tidegate::stage {

class OutputCapture {
 public:
  static constexpr std::size_t kMostKept = 64 * 1024;  ///< bytes of one call that reach the log; the rest is counted

  OutputCapture();
  ~OutputCapture();
  OutputCapture(const OutputCapture&) = delete;
  OutputCapture& operator=(const OutputCapture&) = delete;

  /// The real standard output and error.
  [[nodiscard]] std::FILE* out() const { return out_; }
  [[nodiscard]] std::FILE* err() const { return err_; }
  /// Gives each line that was written since the last time, and forgets it.
  void drain(const std::function<void(std::string_view line)>& take);
  /// The one there is; null outside a run.
  static OutputCapture* active();

 private:
  std::FILE* out_;
  std::FILE* err_;
  int kept_ = -1;
};

}  // namespace tidegate::stage
