// SPDX-License-Identifier: Apache-2.0
#include "migrations/order.hpp"

#include <array>
#include <cstdint>

namespace tidegate::migrations {
namespace {

// Primary weights of the root collation (CLDR): blanks, punctuation, symbols, digits, letters. 0: ignored.
constexpr auto kPrimary = [] {
  std::array<std::uint8_t, 128> t{};
  constexpr std::string_view order = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t i = 0; i < order.size(); ++i) t[static_cast<unsigned char>(order[i])] = static_cast<std::uint8_t>(i + 1);
  for (std::size_t c = 'A'; c <= 'Z'; ++c) t[c] = t[c + 32];
  return t;
}();
bool ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}
std::uint8_t primary(char c) {
  return kPrimary[static_cast<unsigned char>(c)];
}
bool upper(char c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

std::optional<bool> icu_less(std::string_view a, std::string_view b) {
  std::optional<bool> by_case;  // counts only when everything else is equal
  std::size_t i = 0, j = 0;
  for (;;) {
    while (i < a.size() && ascii(a[i]) && primary(a[i]) == 0) ++i;
    while (j < b.size() && ascii(b[j]) && primary(b[j]) == 0) ++j;
    if ((i < a.size() && !ascii(a[i])) || (j < b.size() && !ascii(b[j]))) return std::nullopt;
    if (i == a.size() || j == b.size()) break;
    if (primary(a[i]) != primary(b[j])) return primary(a[i]) < primary(b[j]);
    if (!by_case && upper(a[i]) != upper(b[j])) by_case = !upper(a[i]);
    ++i, ++j;
  }
  if (i < a.size() || j < b.size()) return i == a.size();
  return by_case;
}

std::optional<std::pair<std::string, std::string>> order_differs(const std::vector<std::string>& names) {
  // Both orders are total, so neighbours that agree everywhere make the whole list agree.
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (!icu_less(names[i - 1], names[i]).value_or(false)) return std::pair{names[i - 1], names[i]};
  }
  return std::nullopt;
}

}  // namespace tidegate::migrations
