// SPDX-License-Identifier: Apache-2.0
//
// Trying again, for a stage whose receiver says "later" in a way of its own, or wants every try made anew (a signature
// with the time in it). What HTTP's own rules are enough for sets HttpRequest::attempts instead. The stage's thread.
#pragma once
#include <algorithm>
#include <functional>
#include <optional>

#include "services.hpp"

namespace tidegate::sdk {

/// What one try came to.
struct Try {
  std::optional<Error> error = {};  ///< none: it is done
  bool again = false;               ///< another try may help
  std::int64_t wait_ms = 0;         ///< after that long at the earliest
};

struct Waiting {
  std::function<bool(std::int64_t ms)> wait;  ///< true: cancelled meanwhile
  std::function<std::int64_t()> remaining_ms;
};
inline Waiting waiting_on(const Host& host) {
  return {[&host](std::int64_t ms) { return host.wait_ms(ms); }, [&host] { return host.remaining_ms(); }};
}

/// Too many requests, or something on the receiver's own side: it may be over when asked again.
inline bool may_pass(std::int32_t http_code) { return http_code == 408 || http_code == 429 || http_code >= 500; }

/// Tries `attempts` times at most, waiting half a second before the second, twice as long before each further one, 30 s
/// at most, or as long as was asked for; gives up at once when the wait does not fit in the time that is left.
inline Result<void> keep_trying(std::uint32_t attempts, const Waiting& clock, const std::function<Try()>& once) {
  constexpr std::int64_t longest_ms = 30'000;
  std::int64_t next_ms = 500;
  for (std::uint32_t made = 1;; ++made) {
    Try last = once();
    if (!last.error) return {};
    const std::int64_t wait = std::max(next_ms, last.wait_ms);
    next_ms = std::min(next_ms * 2, longest_ms);
    const bool in_time = wait < clock.remaining_ms();
    if (!last.again || made >= attempts || !in_time) {
      if (made > 1) last.error->message += " (tried " + std::to_string(made) + " times)";
      if (last.again && made < attempts && !in_time) last.error->message += "; no time is left for another try";
      return std::move(*last.error);
    }
    if (clock.wait(wait)) return Error{Status::cancelled, "interrupted while waiting for another try"};
  }
}

}  // namespace tidegate::sdk
