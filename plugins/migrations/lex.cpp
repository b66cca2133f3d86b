// SPDX-License-Identifier: Apache-2.0
#include "migrations/lex.hpp"

#include <cstdint>
#include <cstring>

#include "migrations/scanner.hpp"

namespace tidegate::migrations {
namespace {

using lexical::Kind;
using lexical::lower;
using lexical::Scanner;
using lexical::Token;

constexpr auto npos = std::string_view::npos;

bool same(std::string_view word, std::string_view lower_word) {
  if (word.size() != lower_word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(word[i]) != lower_word[i]) return false;
  }
  return true;
}
template <std::size_t N>
bool one_of(std::string_view word, const std::string_view (&list)[N]) {
  for (const auto& w : list) {
    if (same(word, w)) return true;
  }
  return false;
}

constexpr std::string_view kFirstWords[] = {"begin",   "commit", "end",     "start",   "rollback", "abort",
                                            "prepare", "vacuum", "cluster", "reindex", "discard"};
constexpr std::string_view kObjects[] = {"system", "database", "tablespace", "subscription"};
constexpr std::string_view kDefinitions[] = {"create", "alter", "drop"};

}  // namespace

std::size_t first_invalid_utf8(std::string_view t) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t k) { return k < t.size() ? static_cast<unsigned char>(t[k]) : 0U; };
  while (i < t.size()) {
    if (i + 8 <= t.size()) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, t.data() + i, 8);
      if ((eight & 0x8080808080808080ULL) == 0) {
        i += 8;
        continue;
      }
    }
    const unsigned c = byte(i);
    const auto tail = [&](std::size_t n) {
      for (std::size_t k = 1; k <= n; ++k) {
        if ((byte(i + k) & 0xc0U) != 0x80U) return false;
      }
      return true;
    };
    if (c < 0x80) {
      i += 1;
    } else if (c >= 0xc2 && c <= 0xdf && tail(1)) {
      i += 2;
    } else if ((c & 0xf0U) == 0xe0 && tail(2) && !(c == 0xe0 && byte(i + 1) < 0xa0) && !(c == 0xed && byte(i + 1) > 0x9f)) {
      i += 3;
    } else if (c >= 0xf0 && c <= 0xf4 && tail(3) && !(c == 0xf0 && byte(i + 1) < 0x90) && !(c == 0xf4 && byte(i + 1) > 0x8f)) {
      i += 4;
    } else {
      return i;
    }
  }
  return npos;
}

bool contains_ignoring_case(std::string_view text, std::string_view needle) {
  if (needle.empty() || text.size() < needle.size()) return needle.empty();
  for (std::size_t i = 0, last = text.size() - needle.size(); i <= last; ++i) {
    if (lower(text[i]) == needle[0] && same(text.substr(i, needle.size()), needle)) return true;
  }
  return false;
}

Lexed lex(std::string_view sql) {
  Lexed out;
  const auto trouble = [&](Trouble t, std::size_t at) {
    out.trouble = t, out.at = at;
    return out;
  };
  if (const auto nul = sql.find('\0'); nul != npos) return trouble(Trouble::nul_byte, nul);
  if (const auto bad = first_invalid_utf8(sql); bad != npos) return trouble(Trouble::invalid_utf8, bad);
  if (sql.starts_with("\xef\xbb\xbf")) return trouble(Trouble::byte_order_mark, 0);

  out.mentions_lock_timeout = contains_ignoring_case(sql, "lock_timeout");
  Scanner scanner(sql);
  int word = 0;  // of the statement; -1: it did not begin with a word
  std::string_view first;
  for (;;) {
    const Token token = scanner.next();
    if (token.kind == Kind::trouble) return trouble(token.trouble, token.at);
    if (token.kind == Kind::end) break;
    if (token.kind == Kind::semicolon) {
      word = 0;
      continue;
    }
    if (token.kind == Kind::other) {
      if (word == 0) word = -1;
      continue;
    }
    if (word == 0) {
      first = token.text;
      if (one_of(first, kFirstWords)) out.needs_parser = true;
      if (same(first, "reset")) out.mentions_lock_timeout = true;
      word = 1;
      continue;
    }
    if (word == 1 && one_of(first, kDefinitions) && one_of(token.text, kObjects)) out.needs_parser = true;
    if (word > 0) ++word;
    switch (token.text.size()) {
      case 12:
        out.needs_parser |= same(token.text, "concurrently");
        break;
      case 4:
        out.mentions_role |= same(token.text, "role");
        break;
      case 13:
        out.mentions_role |= same(token.text, "authorization");
        break;
      case 5:
      case 6:
        // What follows in the file is data, which no lexical rule can skip.
        if (same(first, "copy") && word > 0 && (same(token.text, "stdin") || same(token.text, "stdout")))
          return trouble(Trouble::copy_data, token.at);
        break;
      default:
        break;
    }
  }
  out.needs_parser |= out.mentions_lock_timeout;
  return out;
}

std::vector<std::string> leading_words(std::string_view statement, std::size_t limit) {
  std::vector<std::string> out;
  Scanner scanner(statement);
  while (out.size() < limit) {
    const Token token = scanner.next();
    if (token.kind != Kind::word) break;
    std::string& word = out.emplace_back(token.text);
    for (char& c : word) c = lower(c);
  }
  return out;
}

bool has_word(std::string_view statement, std::string_view word) {
  Scanner scanner(statement);
  for (Token token = scanner.next(); token.kind != Kind::end && token.kind != Kind::trouble; token = scanner.next()) {
    if (token.kind == Kind::word && same(token.text, word)) return true;
  }
  return false;
}

std::size_t blank_prefix(std::string_view sql) {
  Scanner scanner(sql);
  return scanner.next().at;
}

}  // namespace tidegate::migrations
