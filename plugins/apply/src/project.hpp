// SPDX-License-Identifier: Apache-2.0
//
// The gate of the stage: may what is pending be applied at all? Everything that can be known before the first change is
// refused here, by Prisma's codes. Class config: a file is wrong. Class denied: the database says no. Stage thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "migrations/history.hpp"
#include "migrations/plan.hpp"
#include "migrations/resume.hpp"

namespace tidegate::apply {

using migrations::Comparison;
using migrations::History;
using migrations::HistoryPlace;
using migrations::HistoryRow;

/// The row of a migration that was begun, and where its run came to.
struct Begun {
  std::string id;
  migrations::Progress progress;
};

/// One migration that will be applied, as it was read when it was checked.
struct Work {
  std::string name, checksum, file;
  std::string text;  ///< empty when it was too much to keep; see text_kept
  bool text_kept = true;
  migrations::FilePlan plan;
  bool tried_before = false;  ///< a rolled-back row has its name, or it was begun
  std::optional<Begun> begun = {};
};

/// The pending ones in the order of application.
sdk::Result<std::vector<Work>> check_and_plan(const History& history, const Comparison& comparison, const migrations::Folder& folder,
                                              const HistoryPlace& place);

/// Looks where the migration that was begun has stopped, if there is one: one query at most.
sdk::Result<void> find_where_it_stopped(sdk::Host host, sdk::Db& db, std::vector<Work>& works);

/// The text of a migration, read again when it was not kept.
sdk::Result<std::string> text_of(Work& work, const migrations::Folder& folder);

}  // namespace tidegate::apply
