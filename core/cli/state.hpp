// SPDX-License-Identifier: Apache-2.0
//
// What `status` and `serve` both tell of a target beside its history: who works on it now, and the runs before. Read on the
// run's main session, writing nothing. Thread of the job.
#pragma once
#include <cstddef>

#include "cli/compose.hpp"
#include "run/journal/reading.hpp"

namespace tidegate::cli {

/// {"holder","since"} of the run that has the lease, else of who holds the format's lock; nil: nobody does.
base::Result<base::Value> lock_of(Job& job, base::Deadline deadline);

/// The last runs, newest first. From the target, or the file beside the pipeline where that is what the pipeline records in,
/// or the target has none.
base::Result<std::vector<run::RunRecord>> records_of(Job& job, std::size_t most, base::Deadline deadline);
/// The same as {"id","outcome","started_at","ms",…}, `ms` null when it has not ended. A journal that cannot be read is an
/// error to warn of: whoever asks wants to know the rest all the same.
base::Result<base::Array> runs_of(Job& job, std::size_t most, base::Deadline deadline);

}  // namespace tidegate::cli
