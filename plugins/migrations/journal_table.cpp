// SPDX-License-Identifier: Apache-2.0
#include "migrations/journal_table.hpp"

namespace tidegate::migrations {

sdk::Result<JournalTable> journal_table(sdk::Db& db, std::string_view name) {
  JournalTable out;
  const auto asked = db.query(
      "SELECT c.oid IS NOT NULL, pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'), "
      "pg_catalog.has_schema_privilege(n.oid, 'CREATE') FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = "
      "n.oid AND c.relname = $1 WHERE n.nspname = 'tidegate'",
      {std::string(name)}, [&](const sdk::Row& row) { out = {row[0] == "t", row[1] == "t", row[2] == "t"}; });
  if (!asked) return asked.error();
  return out;
}

sdk::Result<void> change_journal_table(sdk::Db& db, const JournalTable& table, std::string_view create, std::string_view change) {
  std::string script = "BEGIN;";
  if (!table.there) script += create;
  auto done = db.script(script.append(change).append("COMMIT"));
  if (!done && db.transaction() != TG_TXN_IDLE) (void)db.script("ROLLBACK");
  return done;
}

}  // namespace tidegate::migrations
