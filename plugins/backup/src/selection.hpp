// SPDX-License-Identifier: Apache-2.0
//
// Which tables a backup before the pending migrations has to hold. Asks the database; stage thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/touched.hpp"

namespace tidegate::backup {

/// What the pending migrations say.
struct Pending {
  std::size_t migrations = 0;
  migrations::Touched touched;  ///< of all statements together
};

/// From the answer of tidegate.plan/1.
sdk::Result<Pending> read_plan(std::string_view json);

struct Selection {
  bool all = false;
  std::string why;                 ///< it is all
  std::vector<std::string> names;  ///< quoted, with their schema; partitions and heirs included
  std::size_t with_rows = 0;       ///< tables that must be in the dump with their rows
};

/// All tables of the database.
sdk::Result<Selection> select_all(sdk::Db& db, std::string why);
/// Those of `pending` that exist; all when more may be touched than is named.
sdk::Result<Selection> select_pending(sdk::Db& db, const Pending& pending);

}  // namespace tidegate::backup
