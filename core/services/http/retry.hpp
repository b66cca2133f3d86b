// SPDX-License-Identifier: Apache-2.0
//
// When to send a request again, and how long to wait before that. Pure functions: any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::services::http {

/// The answer says "later" or comes from a proxy whose server was not there: 429, 502, 503, 504.
bool retry_code(std::int32_t code);

/// Sending it twice does what sending it once does (RFC 9110, 9.2.2).
bool idempotent(std::string_view method);

/// How long a Retry-After header asks to wait, from seconds or an HTTP date (RFC 9110, 10.2.3; the obsolete date forms
/// are not read). nullopt without one. Headers as "Name: value".
std::optional<std::chrono::milliseconds> retry_after(const std::vector<std::string>& headers, std::chrono::system_clock::time_point now);

/// The wait before try `attempt` + 1: `first` doubled for each try already made, at most ten seconds.
std::chrono::milliseconds backoff(std::chrono::milliseconds first, std::uint32_t attempt);

/// A longer Retry-After is not waited for: the answer is handed on instead.
constexpr std::chrono::milliseconds kLongestRetryAfter{60'000};

}  // namespace tidegate::services::http
