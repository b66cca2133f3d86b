// SPDX-License-Identifier: Apache-2.0
#include "migrations/syntax/spans.hpp"

#include "migrations/scanner.hpp"

namespace tidegate::migrations::syntax {
namespace {

using lexical::Kind;
using lexical::Scanner;

constexpr std::size_t kLongestIdentifier = 63;  // NAMEDATALEN - 1

}  // namespace

Span item_at(std::string_view sql, std::size_t start) {
  if (start >= sql.size()) return {start, 0};
  Scanner scanner(sql.substr(start));
  int depth = 0;
  std::size_t last = 0;
  for (auto token = scanner.next(); token.kind != Kind::end && token.kind != Kind::trouble; token = scanner.next()) {
    if (token.kind == Kind::other && token.text.size() == 1) {
      const char c = token.text[0];
      if (c == '(' || c == '[') ++depth;
      if ((c == ')' || c == ']') && --depth < 0) break;
      if (c == ',' && depth == 0) break;
    }
    last = token.at + token.text.size();
  }
  return {start, last};
}

std::vector<Span> items_after_name(std::string_view sql, std::size_t name_at) {
  std::vector<Span> out;
  if (name_at >= sql.size()) return out;
  Scanner scanner(sql.substr(name_at));
  // The name: words or quoted words joined by dots, a quoted quote making two tokens that touch; then perhaps a star.
  auto token = scanner.next();
  std::size_t end = token.at + token.text.size();
  bool dot = false;
  for (token = scanner.next(); token.kind == Kind::word || token.kind == Kind::other; token = scanner.next()) {
    const bool touching = token.at == end && token.text.starts_with('"');
    if (token.text != "." && token.text != "*" && !dot && !touching) break;
    dot = token.text == ".";
    end = token.at + token.text.size();
  }
  if (token.kind == Kind::end || token.kind == Kind::trouble) return out;
  for (std::size_t start = name_at + token.at; start < sql.size();) {
    const auto item = item_at(sql, start);
    if (item.length == 0) break;
    out.push_back(item);
    Scanner after(sql.substr(item.offset + item.length));
    const auto comma = after.next();
    if (comma.text != ",") break;
    const auto next = after.next();
    if (next.kind == Kind::end) break;
    start = item.offset + item.length + next.at;
  }
  return out;
}

std::vector<std::string> long_identifiers(std::string_view sql) {
  std::vector<std::string> out;
  Scanner scanner(sql);
  for (auto token = scanner.next(); token.kind != Kind::end && token.kind != Kind::trouble; token = scanner.next()) {
    if (token.kind == Kind::word && token.text.size() > kLongestIdentifier) out.emplace_back(token.text);
    if (token.kind == Kind::other && token.text.starts_with('"') && token.text.size() > kLongestIdentifier + 2)
      out.emplace_back(token.text.substr(1, token.text.size() - 2));
  }
  return out;
}

}  // namespace tidegate::migrations::syntax
