// SPDX-License-Identifier: Apache-2.0
#include "migrations/locate.hpp"

#include <algorithm>

namespace tidegate::migrations {
namespace {
bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}
}  // namespace

Place locate(std::string_view text, std::size_t byte) {
  Place place;
  std::size_t start = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  byte = std::min(byte, text.size());
  for (std::size_t i = start; i < byte; ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 >= text.size() || text[i + 1] != '\n'))) {
      ++place.line;
      start = i + 1;
    }
  }
  for (std::size_t i = start; i < byte; ++i) place.column += starts_character(text[i]) ? 1 : 0;
  return place;
}

std::size_t byte_of_character(std::string_view text, std::uint64_t character) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_character(text[i]) && character-- == 0) return i;
  }
  return text.size();
}

std::uint64_t characters(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), starts_character));
}

}  // namespace tidegate::migrations
