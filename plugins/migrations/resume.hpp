// SPDX-License-Identifier: Apache-2.0
//
// Going on with a file that runs in parts and did not come to its end: its run was killed, or one of its statements failed.
// How far it has come stands in its history row, in `logs`, and is written together with each part.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/plan.hpp"

namespace tidegate::migrations {

struct Progress {
  std::size_t done = 0;  ///< parts that stand
  std::size_t of = 0;    ///< parts of the file
  bool failed = false;   ///< the next one was seen to fail and to leave nothing; else it may have run, too
};

/// As `logs` has it: "tidegate: 2 of 5 parts done", then why the next one failed. Pure: any thread.
std::string progress_text(std::size_t done, std::size_t of, std::string_view why = {});
/// nullopt: not of ours.
std::optional<Progress> progress_of(std::string_view logs);

/// Why nobody can go on with this file at that place, for people; empty: it can be done. Pure: any thread.
std::string why_not_resumed(const FilePlan& plan, std::string_view text, const Progress& progress);

/// What the parts that are done have SET for those behind them. Pure: any thread.
std::vector<Statement> session_of(const FilePlan& plan, std::string_view text, std::size_t done);

/// As the catalog says it: `progress` counts the next part, too, when it had run all the same. One query at most; any
/// session. Stage thread.
sdk::Result<Progress> where_it_stopped(sdk::Host host, sdk::Db& db, const FilePlan& plan, Progress progress);

}  // namespace tidegate::migrations
