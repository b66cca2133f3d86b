// SPDX-License-Identifier: Apache-2.0
#include "services/http/retry.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "base/text.hpp"

namespace tidegate::services::http {
namespace {

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
  char month[4] = {};
  std::tm utc{};
  int year = 0;
  int used = 0;
  const std::string copy(text);
  const int got = std::sscanf(copy.c_str(), "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &utc.tm_mday, month, &year, &utc.tm_hour,
                              &utc.tm_min, &utc.tm_sec, &used);
  if (got != 6 || used != static_cast<int>(copy.size())) return std::nullopt;
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto at = months.find(month);
  if (std::string_view(month).size() != 3 || at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  utc.tm_mon = static_cast<int>(at / 3);
  utc.tm_year = year - 1900;
  return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

}  // namespace

bool retry_code(std::int32_t code) {
  return code == 429 || code == 502 || code == 503 || code == 504;
}

bool idempotent(std::string_view method) {
  constexpr std::string_view methods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
  return std::find(std::begin(methods), std::end(methods), method) != std::end(methods);
}

std::optional<std::chrono::milliseconds> retry_after(const std::vector<std::string>& headers, std::chrono::system_clock::time_point now) {
  for (const std::string_view header : headers) {
    const auto colon = header.find(':');
    if (colon == std::string_view::npos || base::to_lower(header.substr(0, colon)) != "retry-after") continue;
    const auto value = base::trim(header.substr(colon + 1));
    std::uint32_t seconds = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (end == value.data() + value.size() && failure == std::errc{}) return std::chrono::seconds(seconds);
    if (const auto date = parse_http_date(value)) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*date - now);
      return std::max(left, std::chrono::milliseconds(0));
    }
  }
  return std::nullopt;
}

std::chrono::milliseconds backoff(std::chrono::milliseconds first, std::uint32_t attempt) {
  constexpr std::chrono::milliseconds longest{10'000};
  const auto doublings = std::min<std::uint32_t>(attempt == 0 ? 0 : attempt - 1, 16);
  return std::min(first * (1U << doublings), longest);
}

}  // namespace tidegate::services::http
