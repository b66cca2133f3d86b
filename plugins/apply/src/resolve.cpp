// SPDX-License-Identifier: Apache-2.0
#include "resolve.hpp"

#include <algorithm>

namespace tidegate::apply {
namespace {

using sdk::Db;
using sdk::Error;
using sdk::Result;
using sdk::Status;

std::vector<const HistoryRow*> rows_of(const History& history, const std::string& name) {
  std::vector<const HistoryRow*> out;
  for (const auto& row : history.rows) {
    if (row.name == name) out.push_back(&row);
  }
  return out;
}

std::string roll_back_sql(Db& db, const HistoryPlace& place, const std::string& name) {
  return "UPDATE " + place.table + " SET rolled_back_at = pg_catalog.clock_timestamp() WHERE migration_name = " + db.literal(name) +
         " AND finished_at IS NULL AND rolled_back_at IS NULL;";
}

}  // namespace

Result<std::string> mark_applied(Db& db, const HistoryPlace& place, migrations::Folder& folder, const std::string& name) {
  if (auto read = folder.refresh(); !read) return read.error();
  const auto* migration = folder.find(name);
  if (migration == nullptr || !migration->has_file) {
    return Error{Status::config, "there is no migration " + name + " with a migration.sql in " + folder.path() + " (P3017)",
                 "use the name of its folder", folder.file(name)};
  }
  auto history = migrations::read_history(db, place, migrations::Detail::session);
  if (!history) return history.error();
  const auto rows = rows_of(*history, name);
  if (std::any_of(rows.begin(), rows.end(), [](const HistoryRow* r) { return r->finished.has_value(); })) {
    return Error{Status::config, "migration " + name + " is already recorded as applied (P3008)", "nothing needs to be done"};
  }
  if (!history->table) {
    if (auto created = db.script(migrations::create_sql(db, place, history->schema_exists)); !created) return created.error();
  }
  const std::string sql = "BEGIN;" + roll_back_sql(db, place, name) + "INSERT INTO " + place.table +
                          " (id, checksum, started_at, finished_at, migration_name, logs, applied_steps_count) SELECT '" + migrations::new_id() +
                          "','" + migration->checksum + "',t,t," + db.literal(name) + ",'',0 FROM pg_catalog.clock_timestamp() AS t;COMMIT";
  if (auto done = db.script(sql); !done) return done.error();
  return "Migration " + name + " marked as applied.";
}

Result<std::string> mark_rolled_back(Db& db, const HistoryPlace& place, const std::string& name) {
  auto history = migrations::read_history(db, place, migrations::Detail::session);
  if (!history) return history.error();
  if (!history->table) {
    return Error{Status::config, "the database has no migration history, so migration " + name + " cannot be marked as rolled back",
                 "run the migrations first, or check the connection's schema"};
  }
  const auto rows = rows_of(*history, name);
  if (rows.empty())
    return Error{Status::config, "migration " + name + " was never applied to this database (P3011)",
                 "see `tidegate status` for the names"};
  if (std::all_of(rows.begin(), rows.end(), [](const HistoryRow* r) { return r->finished.has_value(); })) {
    return Error{Status::config, "migration " + name + " is not in a failed state, so it cannot be marked as rolled back (P3012)",
                 "only failed migrations can be"};
  }
  if (std::none_of(rows.begin(), rows.end(), [](const HistoryRow* r) { return r->failed(); }))
    return "Migration " + name + " was marked as rolled back already.";
  if (auto done = db.script(roll_back_sql(db, place, name)); !done) return done.error();
  return "Migration " + name + " marked as rolled back.";
}

}  // namespace tidegate::apply
