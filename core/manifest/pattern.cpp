// SPDX-License-Identifier: Apache-2.0
#include "manifest/pattern.hpp"

#include <map>
#include <mutex>
#include <regex>

namespace tidegate::manifest {
namespace {

/// std::regex recurses once a character: longer texts could exhaust the stack.
constexpr std::size_t kLongestMatched = 2'000;

/// Throws std::regex_error; what it gives stays where it is.
const std::regex& compiled(const std::string& pattern) {
  static std::mutex mutex;
  static std::map<std::string, std::regex> known;
  const std::lock_guard lock(mutex);
  const auto found = known.find(pattern);
  return found != known.end() ? found->second : known.emplace(pattern, std::regex(pattern)).first->second;
}

}  // namespace

std::optional<std::string> wrong_with_pattern(const std::string& pattern) {
  try {
    compiled(pattern);
    return std::nullopt;
  } catch (const std::regex_error& e) {
    return e.what();
  }
}

bool matches_pattern(const std::string& pattern, const std::string& text) {
  try {
    return text.size() <= kLongestMatched && std::regex_match(text, compiled(pattern));
  } catch (const std::regex_error&) {
    return false;
  }
}

}  // namespace tidegate::manifest
