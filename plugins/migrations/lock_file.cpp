// SPDX-License-Identifier: Apache-2.0
#include "migrations/lock_file.hpp"

namespace tidegate::migrations {

std::optional<std::string> lock_file_provider(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with("provider")) continue;
    constexpr std::string_view prefix = "provider = ";
    if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
    while (line.starts_with('"')) line.remove_prefix(1);
    while (line.ends_with('"')) line.remove_suffix(1);
    return std::string(line);
  }
  return std::nullopt;
}

}  // namespace tidegate::migrations
