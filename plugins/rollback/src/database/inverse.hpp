// SPDX-License-Identifier: Apache-2.0
//
// Inverse: the SQL that undoes one migration, looked at before anything is touched. Where it comes from (today: the
// down.sql beside the migration) is known here only. Plain values on a folder that was read: stage thread.
#pragma once
#include <string>

#include "migrations/folder.hpp"
#include "migrations/plan.hpp"

namespace tidegate::rollback {

struct Inverse {
  std::string name;  ///< of the migration
  std::string file;  ///< as errors name it
  std::string text;
  migrations::FilePlan plan;
};

/// An error (with its place, where there is one) says why the migration cannot be undone.
sdk::Result<Inverse> inverse_of(const migrations::Folder& folder, const std::string& name);

/// "down.sql:3:1: COMMIT without a BEGIN before it": an error in one line, for a reason.
std::string in_one_line(const sdk::Error& error);

}  // namespace tidegate::rollback
