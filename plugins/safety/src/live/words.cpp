// SPDX-License-Identifier: Apache-2.0
#include "live/words.hpp"

#include <algorithm>

namespace tidegate::safety {
namespace {

constexpr std::size_t kLongest = 80;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Where a dollar quote that begins at `at` ends: past its end, the end of the text when it has none, `at` when it is none.
std::size_t past_dollar_quote(std::string_view sql, std::size_t at) {
  auto end = at + 1;
  while (end < sql.size() && is_word(sql[end]) && !(end == at + 1 && is_digit(sql[end]))) ++end;
  if (end >= sql.size() || sql[end] != '$') return at;
  const auto tag = sql.substr(at, end + 1 - at);
  const auto close = sql.find(tag, end + 1);
  return close == std::string_view::npos ? sql.size() : close + tag.size();
}

std::size_t past_quote(std::string_view sql, std::size_t at, bool escapes) {
  for (std::size_t i = at + 1; i < sql.size(); ++i) {
    if (escapes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == '\'') {
      if (i + 1 >= sql.size() || sql[i + 1] != '\'') return i + 1;
      ++i;
    }
  }
  return sql.size();
}

std::size_t past_comment(std::string_view sql, std::size_t at) {
  const bool line = sql[at] == '-';
  const auto end = line ? sql.find('\n', at) : sql.find("*/", at);
  return end == std::string_view::npos ? sql.size() : end + (line ? 1 : 2);
}

std::string cut(std::string text) {
  if (text.size() <= kLongest) return text;
  auto most = kLongest;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most) + "…";
}

}  // namespace

std::string span(std::int64_t ms) {
  const auto n = [](std::int64_t v) { return std::to_string(v); };
  if (ms < 10'000) return ms % 1'000 == 0 ? n(ms / 1'000) + "s" : n(ms) + "ms";
  const auto s = ms / 1'000;
  if (s < 60) return n(s) + "s";
  if (s < 3'600) return n(s / 60) + "m" + (s % 60 != 0 ? " " + n(s % 60) + "s" : "");
  if (s < 86'400) return n(s / 3'600) + "h" + (s / 60 % 60 != 0 ? " " + n(s / 60 % 60) + "m" : "");
  return n(s / 86'400) + "d" + (s / 3'600 % 24 != 0 ? " " + n(s / 3'600 % 24) + "h" : "");
}

std::string size(std::int64_t bytes) {
  constexpr std::int64_t kilo = 1024;
  const char* const units[] = {"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 10 * kilo && unit + 1 < std::size(units); ++unit) bytes /= kilo;
  return std::to_string(bytes) + " " + units[unit];
}

std::string count(std::size_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

std::string some_of(const std::vector<std::string>& all, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < all.size() && i < most; ++i) out += (i == 0 ? "" : "; ") + all[i];
  if (all.size() > most) out += "; and " + std::to_string(all.size() - most) + " more";
  return out;
}

std::string harmless(std::string_view sql) {
  std::string out;
  for (std::size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    const bool in_word = i > 0 && is_word(sql[i - 1]);
    if (c == '\'') {
      const bool escapes = in_word && (sql[i - 1] == 'E' || sql[i - 1] == 'e');
      i = past_quote(sql, i, escapes);
      out += "'…'";
    } else if (const auto after = c == '$' && !in_word ? past_dollar_quote(sql, i) : i; after != i) {
      i = after;
      out += "'…'";
    } else if (sql.substr(i, 2) == "--" || sql.substr(i, 2) == "/*") {
      i = past_comment(sql, i);
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (is_digit(c) && !in_word) {
      const auto from = i;
      while (i < sql.size() && (is_digit(sql[i]) || sql[i] == '.')) ++i;
      out += i - from > 4 ? "…" : std::string(sql.substr(from, i - from));
    } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      ++i;
    } else {
      out += static_cast<unsigned char>(c) < ' ' ? '?' : c;
      ++i;
    }
    if (out.size() > 2 * kLongest) break;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return cut(out);
}

std::string session(const Row& row) {
  std::string out = "pid " + std::to_string(number(row, "pid")) + " (";
  const auto app = text(row, "app");
  const auto type = text(row, "type");
  out += !app.empty() ? app : type.empty() || type == "client backend" ? "no application name" : type;
  if (const auto user = text(row, "user"); !user.empty()) out += ", " + user;
  if (flag(row, "hidden")) return out + ", what it does cannot be seen)";
  if (const auto state = text(row, "state"); !state.empty()) out += ", " + state;
  if (!is_null(row, "xact_ms"))
    out += ", in a transaction for " + span(number(row, "xact_ms"));
  else if (!is_null(row, "state_ms"))
    out += " for " + span(number(row, "state_ms"));
  out += ")";
  const auto query = harmless(text(row, "query"));
  return query.empty() ? out : out + ": " + query;
}

}  // namespace tidegate::safety
