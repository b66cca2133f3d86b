// SPDX-License-Identifier: Apache-2.0
//
// How long to let traffic drain before a lock is tried for again. Pure, but for the random number: any thread.
#pragma once
#include <cstdint>
#include <optional>

namespace tidegate::migrations {

/// Before try n + 1 (n from 1): full jitter under 0.5 s × 2^n and 60 s, never below four times the lock timeout just
/// spent. `random` in [0, 1). nullopt: not enough of `remaining` is left for another try.
std::optional<std::int64_t> retry_pause_ms(int n, std::int64_t lock_timeout_ms, std::int64_t remaining_ms, double random);

/// In [0, 1).
double random_fraction();

}  // namespace tidegate::migrations
