// SPDX-License-Identifier: Apache-2.0
#include "soak.hpp"

namespace tidegate::health {
namespace {

using sdk::Error;
using sdk::Status;
using sdk::Verdict;

/// What may be over in the next round; anything else ends the soak at once.
bool may_pass(Status code) {
  return code == Status::unavailable || code == Status::locked || code == Status::conflict || code == Status::failed ||
         code == Status::denied || code == Status::not_found;
}

void add_new_warnings(const Findings& from, Findings& to) {
  for (const auto& finding : from.all) {
    const bool known = std::any_of(to.all.begin(), to.all.end(),
                                   [&](const sdk::Finding& f) { return f.rule == finding.rule && f.message == finding.message; });
    if (finding.verdict == Verdict::warn && !known) to.add(finding.verdict, finding.rule, finding.message, finding.fix);
  }
}

}  // namespace

Soaked soak(const Soak& settings, const SoakWorld& world, const std::function<sdk::Result<void>(Findings&)>& round) {
  Soaked out;
  Findings warnings;
  std::string first_failure;
  std::int64_t in_a_row = 0, elapsed_ms = 0, took_ms = 0;
  while (elapsed_ms < settings.span_ms || in_a_row > 0) {
    const std::int64_t wait_ms = std::max<std::int64_t>(settings.every_ms - took_ms, 0);
    if (world.wait(wait_ms)) {
      const std::string after = " after " + span_of(elapsed_ms) + " of " + span_of(settings.span_ms);
      out.error = world.out_of_time() ? Error{Status::deadline, "no time was left for the soak" + after,
                                              "give the stage a longer timeout, or a shorter soak"}
                                      : Error{Status::cancelled, "the soak was interrupted" + after};
      return out;
    }
    const std::int64_t began = world.now_ms();
    out.found = {};
    const auto asked = round(out.found);
    took_ms = world.now_ms() - began;
    elapsed_ms += wait_ms + took_ms;
    ++out.rounds;
    if (!asked && !may_pass(asked.error().code)) {
      out.error = asked.error();
      return out;
    }
    world.progress(std::min(elapsed_ms, settings.span_ms), settings.span_ms);
    add_new_warnings(out.found, warnings);
    if (asked && out.found.worst != Verdict::block) {
      in_a_row = 0;
      continue;
    }
    const std::string why = asked ? out.found.first_block() : asked.error().message;
    if (first_failure.empty()) first_failure = why;
    ++out.failed;
    world.warn("soak, after " + span_of(elapsed_ms) + ": failure " + std::to_string(++in_a_row) + " of " +
               std::to_string(settings.failures) + " in a row: " + why);
    if (in_a_row < settings.failures) continue;
    if (!asked) out.error = asked.error();
    return out;
  }
  out.found = std::move(warnings);
  if (out.failed != 0)
    out.found.add(Verdict::warn, "soak-unsteady",
                  std::to_string(out.failed) + " of " + count_of(out.rounds, "round", "rounds") + " of the soak failed, never " +
                      std::to_string(settings.failures) + " in a row: " + first_failure,
                  "look at what goes wrong now and then");
  return out;
}

}  // namespace tidegate::health
