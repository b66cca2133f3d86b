// SPDX-License-Identifier: Apache-2.0
//
// Correcting the history by hand, as `prisma migrate resolve` does. Runs in a write session under the format's lock,
// which the host holds. Stage thread.
#pragma once
#include <string>

#include "project.hpp"

namespace tidegate::apply {

/// Both give what to tell the person. The SQL of the migration is never run.
sdk::Result<std::string> mark_applied(sdk::Db& db, const HistoryPlace& place, migrations::Folder& folder, const std::string& name);
sdk::Result<std::string> mark_rolled_back(sdk::Db& db, const HistoryPlace& place, const std::string& name);

}  // namespace tidegate::apply
