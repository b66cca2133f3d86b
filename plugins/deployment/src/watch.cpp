// SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <chrono>

namespace tidegate::deployment {

using sdk::Error;
using sdk::Result;
using sdk::Status;

Watch watch_in_settings(const sdk::Host& host, std::string platform, std::string to, std::string hint) {
  Watch out{std::move(platform), std::move(to), std::move(hint)};
  out.wait_ms = host.integer("wait", out.wait_ms);
  out.every_ms = host.integer("every", out.every_ms);
  return out;
}

Result<void> watch(const sdk::Host& host, const Watch& on, const std::function<Result<Seen>()>& look) {
  std::int64_t waited = 0;
  std::string words = "not seen yet";
  const auto undecided = [&](Status status, const std::string& why) {
    return Error{status, on.platform + " was asked to go back to " + on.to + " (" + words + "), and whether it does is not known: " + why,
                 on.hint};
  };
  for (;;) {
    const auto began = std::chrono::steady_clock::now();
    const auto now = look();
    if (!now && now.error().code != Status::unavailable) return now.error();
    if (now && now->done) return {};
    if (now) words = now->words;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
    waited += took + on.every_ms;
    if (waited > on.wait_ms || host.remaining_ms() <= on.every_ms)
      return undecided(Status::deadline, now ? "its outcome did not come in time" : now.error().message);
    host.progress(0, 0, "waiting for " + on.platform + " to serve " + on.to + ": " + words);
    if (host.wait_ms(on.every_ms)) return undecided(Status::cancelled, "interrupted");
  }
}

}  // namespace tidegate::deployment
