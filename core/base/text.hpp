// SPDX-License-Identifier: Apache-2.0
//
// Small text functions shared by the layers: nearest names, durations and sizes as pipeline files write them, UTF-8.
// Pure functions: any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::base {

/// The candidate that a misspelt name most likely meant (edit distance, at most a third of its length and at least
/// one); nullopt when none is near.
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates);

/// "; did you mean 'x'?" or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

/// "250ms", "10s", "1.5m", "2h", "1h30m", "0"; nullopt when it is not one.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "412 ms", "3.2 s", "2 min 5 s".
std::string format_duration(std::chrono::milliseconds duration);
/// "64kB", "10MB", "1.5GB", "512" (bytes); binary multiples, as PostgreSQL's settings have them.
std::optional<std::int64_t> parse_size(std::string_view text);

/// The byte offset of the first invalid UTF-8 sequence (overlong forms and surrogates included); nullopt when valid.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// "a, b and c".
std::string join_words(const std::vector<std::string>& words);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);

/// RFC 3339 in UTC with milliseconds: "2026-11-22T17:27:19.123Z".
std::string format_time(std::chrono::system_clock::time_point time);

}  // namespace tidegate::base
