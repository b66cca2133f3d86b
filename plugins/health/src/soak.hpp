// SPDX-License-Identifier: Apache-2.0
//
// A soak: everything that passed is asked again and again for a while, since some things break only when traffic comes.
// A round that fails once is forgiven; that many in a row are not. The world is behind functions; one thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "findings.hpp"

namespace tidegate::health {

struct Soak {
  std::int64_t span_ms = 0;  ///< 0: no soak
  std::int64_t every_ms = 5'000;
  std::int64_t failures = 2;  ///< in a row
};

struct SoakWorld {
  std::function<bool(std::int64_t ms)> wait;  ///< true: cancelled or out of time
  std::function<bool()> out_of_time;
  std::function<std::int64_t()> now_ms;
  std::function<void(std::int64_t elapsed_ms, std::int64_t span_ms)> progress;
  std::function<void(const std::string&)> warn;
};

struct Soaked {
  std::optional<sdk::Error> error;  ///< a round could not be asked: the soak has not passed
  Findings found;                   ///< of the last round when it blocks; of a soak that passed, its warnings
  std::size_t rounds = 0, failed = 0;
};

/// `round` asks everything once. It is asked every `every_ms`, or at once when a round took longer. A soak does not end
/// on a failure: it goes on until a round passes or there are enough of them.
Soaked soak(const Soak& settings, const SoakWorld& world, const std::function<sdk::Result<void>(Findings&)>& round);

}  // namespace tidegate::health
