// SPDX-License-Identifier: Apache-2.0
#include "tail.hpp"

namespace tidegate::command {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

void Tail::add(std::string_view line) {
  lines_.emplace_back(line);
  size_ += line.size() + 1;
  while (size_ > kMost + 1) {  // the last newline does not count
    size_ -= lines_.front().size() + 1;
    lines_.pop_front();
  }
}

std::string Tail::text() const {
  std::string out;
  for (const auto& line : lines_) out += line + '\n';
  if (!out.empty()) out.pop_back();
  return out;
}

std::string Tail::last(std::size_t most) const {
  std::string out;
  for (auto line = lines_.rbegin(); line != lines_.rend() && most > 0; ++line) {
    const auto words = trimmed(*line);
    if (words.empty()) continue;
    out = std::string(words) + (out.empty() ? "" : " / ") + out;
    --most;
  }
  return out;
}

}  // namespace tidegate::command
