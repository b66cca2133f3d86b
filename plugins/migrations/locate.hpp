// SPDX-License-Identifier: Apache-2.0
//
// From a byte of a text to the line and column that an editor shows: 1-based, columns in characters, lines ended by LF,
// CRLF or a lone CR, a byte order mark not counted. Pure: any thread.
#pragma once
#include <cstdint>
#include <string_view>

namespace tidegate::migrations {

struct Place {
  std::uint32_t line = 1, column = 1;
};
Place locate(std::string_view text, std::size_t byte);

/// The byte where the character with this 0-based number begins; the text's size when there is none.
std::size_t byte_of_character(std::string_view text, std::uint64_t character);
std::uint64_t characters(std::string_view text);

}  // namespace tidegate::migrations
