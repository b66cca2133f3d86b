// SPDX-License-Identifier: Apache-2.0
//
// Inverse: the SQL that undoes one migration, looked at before anything is touched: the down.sql beside it, else what was
// derived from the catalog and proven on a copy. Where it comes from is known here only. Plain values on a folder that was
// read: stage thread.
#pragma once
#include <string>
#include <vector>

#include "migrations/folder.hpp"
#include "migrations/plan.hpp"
#include "migrations/way_back.hpp"

namespace tidegate::rollback {

struct Inverse {
  std::string name;  ///< of the migration
  std::string file;  ///< as errors name it
  std::string text;
  migrations::FilePlan plan;
  bool by_file = true;  ///< by the down.sql; else what was derived
  std::vector<std::string> derived;  ///< its statements; none when the schema stays as it is
};

/// `checksum`: of the file that was, or is to be, applied; empty: any. `ways`: those that are known. An error (with its
/// place, where there is one) says why the migration cannot be undone.
sdk::Result<Inverse> inverse_of(const migrations::Folder& folder, const std::string& name, const std::string& checksum,
                                const std::vector<migrations::WayBack>& ways);

/// The one of this migration and file; null without one.
const migrations::WayBack* way_of(const std::vector<migrations::WayBack>& ways, const std::string& name, const std::string& checksum);

/// "down.sql:3:1: COMMIT without a BEGIN before it": an error in one line, for a reason.
std::string in_one_line(const sdk::Error& error);

}  // namespace tidegate::rollback
