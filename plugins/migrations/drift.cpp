// SPDX-License-Identifier: Apache-2.0
#include "migrations/drift.hpp"

#include "migrations/fingerprint/catalog.hpp"
#include "migrations/fingerprint/difference.hpp"
#include "migrations/journal_table.hpp"

namespace tidegate::migrations {
namespace {

using sdk::Db;
using sdk::Result;
using sdk::Row;

constexpr int kVersionsOfAMajor = 10'000;

constexpr std::string_view kTable =
    "CREATE TABLE tidegate.schema (one boolean PRIMARY KEY DEFAULT true CHECK (one), description text NOT NULL, history text NOT NULL, kept_at "
    "timestamptz NOT NULL);";

/// What the history says, as one value: ids, and which of them are applied.
std::string history_sql(const HistoryPlace& place) {
  return "(SELECT pg_catalog.md5(coalesce(pg_catalog.string_agg(id || (finished_at IS NOT NULL)::text || (rolled_back_at IS NOT NULL)::text, ',' "
         "ORDER BY id), '')) FROM " +
         place.table + ")";
}

fingerprint::Without history_table(const HistoryPlace& place) {
  return {place.schema, std::string(kHistoryTable)};
}

}  // namespace

Result<bool> keep_schema(Db& db, const HistoryPlace& place) {
  const auto table = journal_table(db, "schema");
  if (!table) return table.error();
  if (!table->there && !table->may_make) return false;
  const auto now = fingerprint::describe(db, history_table(place));
  if (!now) return now.error();
  const auto kept = change_journal_table(
      db, *table, kTable,
      "INSERT INTO tidegate.schema (description, history, kept_at) VALUES (" + db.literal(now->stored()) + "," + history_sql(place) +
          ", pg_catalog.clock_timestamp()) ON CONFLICT (one) DO UPDATE SET description = excluded.description, history = excluded.history, "
          "kept_at = excluded.kept_at;");
  if (!kept) return kept.error();
  return true;
}

Result<Drift> drift_of(Db& db, const HistoryPlace& place) {
  Drift out;
  const auto table = journal_table(db, "schema");
  if (!table) return table.error();
  out.why = "what the last change left is not kept in this database";
  if (!table->may_read) return out;
  std::string description;
  bool same_history = false;
  const auto read = db.query("SELECT description, history = " + history_sql(place) +
                                 ", pg_catalog.to_char(kept_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM tidegate.schema",
                             {}, [&](const Row& row) { description = row[0], same_history = row[1] == "t", out.since = row[2]; });
  if (!read) return read.error();
  if (description.empty()) return out;
  out.why = "migrations were applied or undone since by other means, so what they left is not known";
  if (!same_history) return out;
  const auto then = fingerprint::Description::read(description);
  if (!then) {
    out.why = "what was kept cannot be read: " + then.error().message;
    return out;
  }
  out.why = "the server is of another major version now, and spells some things differently";
  if (then->server_version() / kVersionsOfAMajor != db.server_version() / kVersionsOfAMajor) return out;
  const auto now = fingerprint::describe(db, history_table(place));
  if (!now) return now.error();
  out.known = true;
  out.why.clear();
  for (const auto& change : fingerprint::difference(*then, *now).changes)
    out.changes.push_back({change.part_of.empty() ? change.name : change.part_of, fingerprint::text_of(change)});
  return out;
}

}  // namespace tidegate::migrations
