// SPDX-License-Identifier: Apache-2.0
//
// The one statement behind all live checks: a part for each thing that is asked, each row of it a JSON object. Parts can
// be left out, and asked one by one where the server refuses the whole. Pure: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "live/targets.hpp"

namespace tidegate::safety {

struct Part {
  std::string_view name;
  std::string_view about;   ///< what cannot be judged without it, for messages
  std::string_view rules;   ///< of those checks, separated by blanks
  std::string_view select;  ///< columns and FROM; `target` is at hand
  int since = 0;            ///< the server version that has all it names
};

/// Those that a server of this version has.
const std::vector<Part>& all_parts();

/// Rows (part, JSON object as text). Parameters: the targets as JSON, the format's lock key (may be null).
std::string statement_of(const std::vector<const Part*>& parts);

/// The first parameter.
std::string targets_json(const Targets& targets);

}  // namespace tidegate::safety
