// SPDX-License-Identifier: Apache-2.0
//
// One pass over the bytes of a migration by PostgreSQL's lexical rules: is it safe to send as it is, and does anything
// in it need the real parser? Most files do not, which is what keeps a thousand small migrations cheap. Pure: any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::migrations {

/// Why a text cannot be sent to the server with something of ours behind it.
enum class Trouble {
  none,
  nul_byte,
  invalid_utf8,
  byte_order_mark,
  open_string,
  open_identifier,
  open_dollar_quote,
  open_comment,
  psql_command,
  copy_data
};

struct Lexed {
  Trouble trouble = Trouble::none;
  std::size_t at = 0;                  ///< byte of the trouble
  bool needs_parser = false;           ///< transaction control, CONCURRENTLY and the like, or a word that may be
  bool mentions_role = false;          ///< may leave the session as another user
  bool mentions_lock_timeout = false;  ///< anywhere, quotes included; or RESET
};
Lexed lex(std::string_view sql);

/// The leading words of a statement, lower case, comments and quoted things left out.
std::vector<std::string> leading_words(std::string_view statement, std::size_t limit);
/// True when `word` (lower case) stands in the statement outside quotes and comments.
bool has_word(std::string_view statement, std::string_view word);
/// Bytes of blanks and comments at the front.
std::size_t blank_prefix(std::string_view sql);
/// The first byte that is not well-formed UTF-8; npos when all is.
std::size_t first_invalid_utf8(std::string_view text);
/// Case-insensitive search of an ASCII needle in lower case.
bool contains_ignoring_case(std::string_view text, std::string_view lower_needle);

}  // namespace tidegate::migrations
