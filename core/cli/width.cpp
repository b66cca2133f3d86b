// SPDX-License-Identifier: Apache-2.0
#include "cli/width.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace tidegate::cli {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Unicode 15: general categories Mn, Me and Cf, as far as texts of a terminal are likely to hold them.
constexpr Range kNoColumn[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},   {0x900, 0x902},
                               {0xE31, 0xE31},   {0xE34, 0xE3A},   {0xE47, 0xE4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
                               {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
                               {0xE0100, 0xE01EF}};
// East Asian Width W and F.
constexpr Range kTwoColumns[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
                                 {0x2648, 0x2653},   {0x26A1, 0x26A1},   {0x2705, 0x2705},   {0x274C, 0x274C},   {0x2E80, 0x303E},
                                 {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},
                                 {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
                                 {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF},
                                 {0x20000, 0x3FFFD}};

template <std::size_t N>
bool within(const Range (&ranges)[N], std::uint32_t point) {
  const auto after = std::upper_bound(std::begin(ranges), std::end(ranges), point, [](std::uint32_t p, const Range& r) { return p < r.first; });
  return after != std::begin(ranges) && point <= std::prev(after)->last;
}

struct Character {
  std::size_t bytes = 1, columns = 1;
};

/// The one that the text begins with.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const auto lead = byte(0);
  const std::size_t bytes = lead < 0x80 ? 1 : (lead & 0xE0) == 0xC0 ? 2 : (lead & 0xF0) == 0xE0 ? 3 : (lead & 0xF8) == 0xF0 ? 4 : 0;
  if (bytes <= 1 || bytes > text.size()) return {};
  auto point = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    point = (point << 6U) | (byte(i) & 0x3FU);
  }
  return {bytes, within(kNoColumn, point) ? 0U : within(kTwoColumns, point) ? 2U : 1U};
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t out = 0;
  while (!text.empty()) {
    const auto c = first_of(text);
    out += c.columns;
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::string cut_to_width(std::string_view text, std::size_t columns, std::string_view ellipsis) {
  if (width_of(text) <= columns) return std::string(text);
  const auto end = width_of(ellipsis);
  if (end > columns) return {};
  std::string out;
  for (std::size_t used = end; !text.empty();) {
    const auto c = first_of(text);
    if (used + c.columns > columns) break;
    used += c.columns;
    out += text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
  }
  return out + std::string(ellipsis);
}

}  // namespace tidegate::cli
