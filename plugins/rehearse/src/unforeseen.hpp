// SPDX-License-Identifier: Apache-2.0
//
// Rewrites that were seen on the copy and that nobody foretold from the SQL (tidegate.effects/1): of statements that the
// grammar does not know, of functions, of rules that are wrong. Pure: any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rehearsal.hpp"

namespace tidegate::rehearse {

struct Unforeseen {
  std::string relation;  ///< "public.orders"
  std::string file, headline;
  std::uint32_t line = 0;
};

/// `effects_json`: the answer of tidegate.effects/1. Indexes are not listed: they go with their table, or are their own matter.
std::vector<Unforeseen> unforeseen_rewrites(std::string_view effects_json, const std::vector<Rehearsed>& rehearsed);

}  // namespace tidegate::rehearse
