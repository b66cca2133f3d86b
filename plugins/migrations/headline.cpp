// SPDX-License-Identifier: Apache-2.0
#include "migrations/headline.hpp"

#include <algorithm>

#include "migrations/lex.hpp"

namespace tidegate::migrations {
namespace {

bool of_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// Bytes of the quoted text at the front; a doubled quote stands for itself, and after a backslash anything where those count.
std::size_t quoted(std::string_view sql, bool backslashes) {
  const char quote = sql.front();
  for (std::size_t i = 1; i < sql.size(); ++i) {
    if (backslashes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 == sql.size() || sql[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return sql.size();
}

/// Bytes of $tag$ … $tag$ at the front; 0 when none begins here.
std::size_t dollar_quoted(std::string_view sql) {
  const auto end = sql.find('$', 1);
  if (end == std::string_view::npos || !std::all_of(sql.begin() + 1, sql.begin() + static_cast<std::ptrdiff_t>(end), of_a_word)) return 0;
  const auto tag = sql.substr(0, end + 1);
  const auto close = sql.find(tag, tag.size());
  return close == std::string_view::npos ? sql.size() : close + tag.size();
}

}  // namespace

std::string headline(std::string_view sql, std::size_t most) {
  std::string out;
  const auto in_a_word = [&] { return !out.empty() && of_a_word(out.back()); };
  while (!sql.empty() && out.size() <= most) {
    std::size_t taken = blank_prefix(sql);
    if (taken > 0) {
      if (!out.empty()) out += ' ';
    } else if (sql.front() == '\'') {
      // E'…' has backslashes; a word that only ends in e (LIKE'…') would have a character of its own before it.
      const bool escapes = in_a_word() && (out.back() == 'e' || out.back() == 'E') && (out.size() == 1 || !of_a_word(out[out.size() - 2]));
      taken = quoted(sql, escapes);
      out += "'…'";
    } else if (sql.front() == '"') {
      taken = quoted(sql, false);
      out += sql.substr(0, taken);
    } else if (sql.front() == '$' && !in_a_word() && (taken = dollar_quoted(sql)) > 0) {
      out += "$…$";
    } else {
      taken = 1;
      out += sql.front();
    }
    sql.remove_prefix(taken);
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == ';')) out.pop_back();
  if (out.size() <= most) return out;
  out.resize(most);
  while (first_invalid_utf8(out) != std::string_view::npos) out.pop_back();  // the cut went through a character
  return out + "…";
}

}  // namespace tidegate::migrations
