// SPDX-License-Identifier: Apache-2.0
//
// Which migrations `tidegate rollback` undoes: those after --to, or what a run of the journal applied and still stands.
// Reads only. Main thread.
#pragma once
#include <string>
#include <vector>

#include "cli/compose.hpp"
#include "cli/options.hpp"

namespace tidegate::cli {

struct RollbackChoice {
  std::vector<std::string> names;  ///< newest first; empty: nothing is to be undone
  std::string run;                 ///< whose they are; "" with --to
};

/// Refuses when newer migrations of somebody else stand on top of the run's.
base::Result<RollbackChoice> choose_what_to_undo(Job& job, const run::History& history, const Options& options);

}  // namespace tidegate::cli
