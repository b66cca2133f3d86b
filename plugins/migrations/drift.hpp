// SPDX-License-Identifier: Apache-2.0
//
// Drift: the schema is no longer what the last change left. The description of the schema is kept in the target (table
// tidegate.schema) after each change, with what the history was then; a history that somebody else has gone on with makes it
// out of date, and says nothing. Stage thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/history.hpp"

namespace tidegate::migrations {

/// Keeps what the schema is now; false where the journal's schema is not there, or not the role's to write to. Write session,
/// no transaction open.
sdk::Result<bool> keep_schema(sdk::Db& db, const HistoryPlace& place);

struct Drift {
  bool known = false;
  std::string why;    ///< it is not known
  std::string since;  ///< when the schema was kept, RFC 3339
  struct Change {
    std::string object;  ///< "public.orders": the relation, or what stands for itself
    std::string text;    ///< "table public.orders: column total: not null removed"
  };
  std::vector<Change> changes;
};
/// Compares; one query when nothing is kept, three otherwise. Any session.
sdk::Result<Drift> drift_of(sdk::Db& db, const HistoryPlace& place);

}  // namespace tidegate::migrations
