// SPDX-License-Identifier: Apache-2.0
//
// Tokens of SQL by PostgreSQL's lexical rules, as far as quoting, comments and words go: what lex.cpp and the readers of
// spans and comments share. Private to this library. Any thread.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "migrations/lex.hpp"

namespace tidegate::migrations::lexical {

enum : std::uint8_t { kSpace = 1, kWordStart = 2, kWord = 4, kDigit = 8 };
inline constexpr auto kClass = [] {
  std::array<std::uint8_t, 256> t{};
  for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) t[static_cast<unsigned char>(c)] = kSpace;
  for (int c = 'a'; c <= 'z'; ++c) t[static_cast<std::size_t>(c)] = t[static_cast<std::size_t>(c - 32)] = kWordStart | kWord;
  for (std::size_t c = 0x80; c <= 0xff; ++c) t[c] = kWordStart | kWord;
  t['_'] = kWordStart | kWord;
  t['$'] = kWord;
  for (std::size_t c = '0'; c <= '9'; ++c) t[c] = kWord | kDigit;
  return t;
}();
inline bool is(char c, unsigned cls) {
  return (kClass[static_cast<unsigned char>(c)] & cls) != 0;
}
inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

enum class Kind { end, word, semicolon, other, trouble };
struct Token {
  Kind kind;
  std::string_view text = {};
  std::size_t at = 0;
  Trouble trouble = Trouble::none;
};

/// Tokens as scan.l sees them, as far as quoting, comments and words go.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : s_(sql) {}

  Token next() {
    while (i_ < s_.size()) {
      const char c = s_[i_];
      const std::size_t at = i_;
      if (is(c, kSpace)) {
        ++i_;
      } else if (is(c, kWordStart)) {
        do ++i_;
        while (i_ < s_.size() && is(s_[i_], kWord));
        const auto word = s_.substr(at, i_ - at);
        if (word.size() == 1 && lower(word[0]) == 'e' && i_ < s_.size() && s_[i_] == '\'') return escape_string(at);
        return {Kind::word, word, at};
      } else if (is(c, kDigit)) {  // 1e5 holds no word
        do ++i_;
        while (i_ < s_.size() && (is(s_[i_], kWord) || s_[i_] == '.'));
        return other(at);
      } else if (c == '\'' || c == '"') {  // a doubled quote reads as the end of one and the start of the next
        const auto end = s_.find(c, i_ + 1);
        if (end == std::string_view::npos) return stop(c == '"' ? Trouble::open_identifier : Trouble::open_string, at);
        i_ = end + 1;
        return other(at);
      } else if (c == '-' && peek() == '-') {
        const auto end = s_.find_first_of("\r\n", i_);
        i_ = end == std::string_view::npos ? s_.size() : end;
      } else if (c == '/' && peek() == '*') {
        if (!skip_comment()) return stop(Trouble::open_comment, at);
      } else if (c == '$') {
        if (const auto tag = dollar_tag(); !tag.empty()) {
          const auto end = s_.find(tag, i_ + tag.size());
          if (end == std::string_view::npos) return stop(Trouble::open_dollar_quote, at);
          i_ = end + tag.size();
        } else {
          ++i_;
        }
        return other(at);
      } else if (c == ';') {
        ++i_;
        return {Kind::semicolon, s_.substr(at, 1), at};
      } else if (c == '\\') {
        return stop(Trouble::psql_command, at);
      } else {
        ++i_;
        return other(at);
      }
    }
    return {Kind::end, {}, i_};
  }

 private:
  [[nodiscard]] Token other(std::size_t at) const { return {Kind::other, s_.substr(at, i_ - at), at}; }
  Token stop(Trouble why, std::size_t at) {
    i_ = s_.size();
    return {Kind::trouble, {}, at, why};
  }
  [[nodiscard]] char peek() const { return i_ + 1 < s_.size() ? s_[i_ + 1] : '\0'; }
  Token escape_string(std::size_t at) {  // at i_: the opening quote
    for (++i_;;) {
      i_ = s_.find_first_of("\\'", i_);
      if (i_ == std::string_view::npos) return stop(Trouble::open_string, at);
      if (s_[i_] == '\\' || peek() == '\'') {
        if (i_ + 1 >= s_.size()) return stop(Trouble::open_string, at);
        i_ += 2;
        continue;
      }
      ++i_;
      // A string that goes on after a line break goes on in the same manner.
      std::size_t j = i_;
      bool line_break = false;
      while (j < s_.size() && is(s_[j], kSpace)) line_break |= s_[j] == '\n' || s_[j] == '\r', ++j;
      if (!line_break || j >= s_.size() || s_[j] != '\'') return other(at);
      i_ = j + 1;
    }
  }
  bool skip_comment() {  // they nest
    int depth = 0;
    while (i_ + 1 < s_.size()) {
      if (s_[i_] == '/' && s_[i_ + 1] == '*') {
        ++depth, i_ += 2;
      } else if (s_[i_] == '*' && s_[i_ + 1] == '/') {
        i_ += 2;
        if (--depth == 0) return true;
      } else {
        ++i_;
      }
    }
    return false;
  }
  [[nodiscard]] std::string_view dollar_tag() const {
    std::size_t j = i_ + 1;
    if (j < s_.size() && is(s_[j], kWordStart)) {
      while (j < s_.size() && is(s_[j], kWord) && s_[j] != '$') ++j;
    }
    return j < s_.size() && s_[j] == '$' ? s_.substr(i_, j + 1 - i_) : std::string_view{};
  }

  std::string_view s_;
  std::size_t i_ = 0;
};

}  // namespace tidegate::migrations::lexical
