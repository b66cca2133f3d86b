// SPDX-License-Identifier: Apache-2.0
#include "retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace tidegate::notify_webhook {
namespace {

bool is_retry_after(std::string_view name) {
  constexpr std::string_view wanted = "retry-after";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(), [&](char a, char b) { return lower(a) == b; });
}

std::optional<std::chrono::system_clock::time_point> http_date(const std::string& text) {
  char month[4] = {};
  std::tm utc{};
  int used = 0;
  const int got = std::sscanf(text.c_str(), "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &utc.tm_mday, month, &utc.tm_year,
                              &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &used);
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto at = months.find(month);
  if (got != 6 || used == 0 || std::string_view(month).size() != 3 || at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  utc.tm_mon = static_cast<int>(at / 3);
  utc.tm_year -= 1900;
  return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_after(const std::vector<std::string>& headers, std::chrono::system_clock::time_point now) {
  for (const auto& header : headers) {
    const auto colon = header.find(':');
    if (colon == std::string::npos || !is_retry_after(std::string_view(header).substr(0, colon))) continue;
    const auto start = header.find_first_not_of(" \t", colon + 1);
    if (start == std::string::npos) return std::nullopt;
    const std::string value = header.substr(start);
    std::uint32_t seconds = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), seconds).ptr == value.data() + value.size())
      return std::chrono::seconds(seconds);
    const auto date = http_date(value);
    if (!date) return std::nullopt;
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(*date - now), std::chrono::milliseconds(0));
  }
  return std::nullopt;
}

}  // namespace tidegate::notify_webhook
