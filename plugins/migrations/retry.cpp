// SPDX-License-Identifier: Apache-2.0
#include "migrations/retry.hpp"

#include <algorithm>
#include <random>

namespace tidegate::migrations {

std::optional<std::int64_t> retry_pause_ms(int n, std::int64_t lock_timeout_ms, std::int64_t remaining_ms, double random) {
  const std::int64_t least = 4 * lock_timeout_ms;
  if (remaining_ms < least + 2 * lock_timeout_ms) return std::nullopt;
  const std::int64_t most = std::min<std::int64_t>(60'000, 500LL << std::clamp(n, 0, 7));
  const auto drawn = static_cast<std::int64_t>(random * static_cast<double>(most));
  // The last try is not slept away.
  return std::max(least, std::min(drawn, remaining_ms - 2 * lock_timeout_ms));
}

double random_fraction() {
  static thread_local std::minstd_rand source{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(source);
}

}  // namespace tidegate::migrations
