// SPDX-License-Identifier: Apache-2.0
//
// A journal in a file, one for each target, for where the role may not write to the target: NDJSON, the run's events
// between journal.begin and journal.end. Used by one run at a time, under the lease; reading from any thread.
#pragma once
#include <memory>

#include "pipeline/model.hpp"
#include "run/journal/place.hpp"

namespace tidegate::run {

/// Where a pipeline's run is recorded when that is in a file.
std::string journal_folder(const pipeline::Pipeline& pipeline);
/// "FOLDER/db.example.com-5432-shop.ndjson", with what a file's name may not hold replaced.
std::string journal_file_of(const std::string& folder, const TargetIdentity& target);
/// Makes the folder, for the user alone and with a .gitignore. The error says what could not be made.
base::Result<std::unique_ptr<JournalPlace>> open_journal_file(const std::string& folder, const TargetIdentity& target);
/// As recent_runs; no file: no runs. A line that a crash cut short does not count.
base::Result<std::vector<RunRecord>> recent_runs_in(const std::string& folder, const TargetIdentity& target, std::size_t most);

}  // namespace tidegate::run
