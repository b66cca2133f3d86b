// SPDX-License-Identifier: Apache-2.0
//
// A table of our own in the journal's schema, `tidegate`, which another stage or an earlier run may have made, or nobody.
// Stage thread.
#pragma once
#include <string_view>
#include <tidegate/services.hpp>

namespace tidegate::migrations {

struct JournalTable {
  bool there = false;
  bool may_read = false;  ///< it is there, and the role's to read
  bool may_make = false;  ///< the schema is there, and the role may create tables in it
};

/// One query, of any session.
sdk::Result<JournalTable> journal_table(sdk::Db& db, std::string_view name);

/// BEGIN; the table if it is not there (`create`), `change`; COMMIT. Write session; no transaction is left open.
sdk::Result<void> change_journal_table(sdk::Db& db, const JournalTable& table, std::string_view create, std::string_view change);

}  // namespace tidegate::migrations
