// SPDX-License-Identifier: Apache-2.0
//
// How sessions, spans and sizes are called in messages. Other people's SQL is shown without its literals, which may be
// secrets, and short. Pure: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "live/facts.hpp"

namespace tidegate::safety {

/// "850ms", "12s", "6m 2s", "3h 5m".
std::string span(std::int64_t ms);
/// "812 MB".
std::string size(std::int64_t bytes);
/// "1 session", "3 sessions".
std::string count(std::size_t n, const std::string& one);
/// "a, b, c and 2 more".
std::string some_of(const std::vector<std::string>& all, std::size_t most = 3);
/// SQL without what stands in quotes and without long numbers, in one line of at most 80 bytes.
std::string harmless(std::string_view sql);
/// `pid 123 (psql, alice, idle in transaction for 6m 2s): UPDATE "Order" SET …`
std::string session(const Row& row);

}  // namespace tidegate::safety
