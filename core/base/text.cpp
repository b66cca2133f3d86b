// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <numeric>

namespace tidegate::base {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours, one each (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

/// A number followed by a unit; moves `text` past both. nullopt when there is none or it is negative.
std::optional<std::pair<double, std::string_view>> take_quantity(std::string_view& text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failure != std::errc{} || number < 0 || !std::isfinite(number)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto digit = text.find_first_of("0123456789.");
  const auto unit = text.substr(0, digit);
  text.remove_prefix(unit.size());
  return std::pair{number, trim(unit)};
}

}  // namespace

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(to_lower(name), to_lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const auto near = nearest(name, candidates);
  return near ? "; did you mean '" + *near + "'?" : std::string{};
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  text = trim(text);
  if (text == "0") return std::chrono::milliseconds{0};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto quantity = take_quantity(text);
    if (!quantity) return std::nullopt;
    const auto [number, unit] = *quantity;
    if (unit == "ms") total += number;
    else if (unit == "s") total += number * 1'000;
    else if (unit == "m" || unit == "min") total += number * 60'000;
    else if (unit == "h") total += number * 3'600'000;
    else if (unit == "d") total += number * 86'400'000;
    else return std::nullopt;
  }
  if (total > 1e15) return std::nullopt;
  return std::chrono::milliseconds{std::llround(total)};
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  char out[48];
  if (ms < 1'000) std::snprintf(out, sizeof out, "%lld ms", static_cast<long long>(ms));
  else if (ms < 60'000) std::snprintf(out, sizeof out, "%.1f s", static_cast<double>(ms) / 1'000.0);
  else if (ms < 3'600'000) std::snprintf(out, sizeof out, "%lld min %lld s", static_cast<long long>(ms / 60'000), static_cast<long long>(ms / 1'000 % 60));
  else std::snprintf(out, sizeof out, "%lld h %lld min", static_cast<long long>(ms / 3'600'000), static_cast<long long>(ms / 60'000 % 60));
  return out;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  text = trim(text);
  const auto quantity = take_quantity(text);
  if (!quantity || !text.empty()) return std::nullopt;
  const auto [number, unit] = *quantity;
  const std::string lower = to_lower(unit);
  double factor = 1;
  if (lower == "kb" || lower == "kib") factor = 1024.0;
  else if (lower == "mb" || lower == "mib") factor = 1024.0 * 1024;
  else if (lower == "gb" || lower == "gib") factor = 1024.0 * 1024 * 1024;
  else if (lower == "tb" || lower == "tib") factor = 1024.0 * 1024 * 1024 * 1024;
  else if (!lower.empty() && lower != "b") return std::nullopt;
  if (number * factor > 9e18) return std::nullopt;
  return std::llround(number * factor);
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t i = 0;
  while (i < text.size()) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return i;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0) != 0x80) return i;
    const unsigned char second = byte(i + 1);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool outside = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
    if (overlong || outside) return i;
    i += length;
  }
  return std::nullopt;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (;;) {
    const auto at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::string format_time(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char out[40];
  const auto n = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(out + n, sizeof out - n, ".%03dZ", static_cast<int>(ms % 1000));
  return out;
}

}  // namespace tidegate::base
