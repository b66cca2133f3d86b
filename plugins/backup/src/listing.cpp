// SPDX-License-Identifier: Apache-2.0
#include "listing.hpp"

#include <charconv>

namespace tidegate::backup {
namespace {

/// Takes a number off the front; false: there is none.
bool take_number(std::string_view& text, int& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

int tables_in_entry(std::string_view line) {
  // 3345; 0 16389 TABLE DATA public users postgres
  for (const std::string_view after : {"; ", " ", " TABLE DATA "}) {
    int number = 0;
    if (!take_number(line, number) || !line.starts_with(after)) return 0;
    line.remove_prefix(after.size());
  }
  return 1;
}

int major_of(std::string_view version) {
  constexpr std::string_view product = "(PostgreSQL) ";
  const auto at = version.find(product);
  if (at == std::string_view::npos) return 0;
  version.remove_prefix(at + product.size());
  int number = 0;
  return take_number(version, number) ? number : 0;
}

}  // namespace tidegate::backup
