// SPDX-License-Identifier: Apache-2.0
//
// The last lines of an output, within a bound. Owned by one call; one thread at a time.
#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace tidegate::command {

class Tail {
 public:
  static constexpr std::size_t kMost = 64UL * 1024UL;

  /// Whole lines only: half of one might be half of a secret.
  void add(std::string_view line);
  /// The lines that are left, without the last newline.
  [[nodiscard]] std::string text() const;
  /// The last `most` lines that say something, in one line, each with its blanks trimmed.
  [[nodiscard]] std::string last(std::size_t most) const;

 private:
  std::deque<std::string> lines_;
  std::size_t size_ = 0;
};

}  // namespace tidegate::command
