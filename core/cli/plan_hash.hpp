// SPDX-License-Identifier: Apache-2.0
//
// The hash of a plan: over all that decides what a run would do (target, environment, what is pending, the newest history row,
// the resolved pipeline without secrets, the plugins), and not over sizes, times or live checks, which change by themselves.
// The thread of the job.
#pragma once
#include <string>

#include "base/error.hpp"
#include "cli/compose.hpp"

namespace tidegate::cli {

/// Of what the job's runner has read last; 64 lower-case hex digits.
std::string plan_hash(Job& job, const std::vector<run::PlannedMigration>& planned);

/// For `run --plan HASH`: an error of class denied when what would be done now has another hash. Reads history and plan anew.
base::Result<void> same_plan(Job& job, const std::string& hash);

}  // namespace tidegate::cli
