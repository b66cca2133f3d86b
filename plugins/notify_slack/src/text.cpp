// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <algorithm>

namespace tidegate::notify_slack {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// The bytes of the character at the beginning of a text; 0 when they are no UTF-8.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80                    ? 1
                           : first >= 0xC2 && first < 0xE0 ? 2
                           : first >= 0xE0 && first < 0xF0 ? 3
                           : first >= 0xF0 && first < 0xF5 ? 4
                                                           : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool no_character = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return overlong || no_character ? 0 : size;
}

/// The next piece of escaped text, a whole character or entity; moves `raw` past what it stands for.
std::string_view take_piece(std::string_view& raw) {
  const std::size_t size = character_size(raw);
  const std::string_view character = raw.substr(0, std::max<std::size_t>(size, 1));
  raw.remove_prefix(character.size());
  if (size == 0) return kReplacement;
  switch (character[0]) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\n':
      return character;
    default:
      return static_cast<unsigned char>(character[0]) < 0x20 || character[0] == 0x7f ? " " : character;
  }
}

std::string without_backticks(std::string_view raw, bool one_line) {
  std::string out(raw);
  std::replace(out.begin(), out.end(), '`', '\'');
  if (one_line) std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

std::size_t units(std::string_view text) {
  std::size_t out = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) out += byte >= 0xF0 ? 2 : 1;  // beyond the basic plane: a surrogate pair
  }
  return out;
}

std::string escaped(std::string_view raw, std::size_t limit) {
  std::string out;
  std::size_t length = 0;
  std::size_t safe = 0;  // where the ellipsis still fits
  while (!raw.empty()) {
    const std::string_view piece = take_piece(raw);
    length += units(piece);
    if (length > limit) {
      out.resize(safe);
      return limit == 0 ? out : out.append(kEllipsis);
    }
    out += piece;
    if (length < limit) safe = out.size();
  }
  return out;
}

std::string code(std::string_view raw, std::size_t limit) {
  return "`" + escaped(without_backticks(raw, true), limit < 2 ? 0 : limit - 2) + "`";
}

std::string code_block(std::string_view raw, std::size_t limit) {
  return "```" + escaped(without_backticks(raw, false), limit < 6 ? 0 : limit - 6) + "```";
}

std::string link(std::string_view url, std::string_view raw, std::size_t limit) {
  const bool address = url.starts_with("https://") || url.starts_with("http://");
  const bool plain = std::none_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '<' || c == '>' || c == '|' || c == '"';
  });
  const std::string target = escaped(url, url.size() * 5);
  const std::size_t frame = units(target) + 3;
  if (!address || !plain || frame >= limit) return escaped(raw, limit);
  std::string text = escaped(raw, limit - frame);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return "<" + target + "|" + text + ">";
}

std::string duration(std::int64_t ms) {
  if (ms < 1'000) return std::to_string(std::max<std::int64_t>(ms, 0)) + " ms";
  const std::int64_t seconds = ms / 1'000;
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3'600) return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3'600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

}  // namespace tidegate::notify_slack
