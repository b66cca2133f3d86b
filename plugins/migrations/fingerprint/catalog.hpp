// SPDX-License-Identifier: Apache-2.0
//
// Reads the description of a database's schema from its catalog: one statement, one round trip. Stage thread.
#pragma once
#include <tidegate/services.hpp>

#include "migrations/fingerprint/description.hpp"

namespace tidegate::migrations::fingerprint {

struct Without {
  std::string history_schema, history_table;  ///< the migration format's own table, unquoted; empty: none
};

/// In any session: a read-only one; one that writes, in or outside of a transaction, whose settings stay as they are.
/// What the role may not read is an error that names it, or one of the remarks.
sdk::Result<Description> describe(sdk::Db& db, const Without& without = {});

}  // namespace tidegate::migrations::fingerprint
