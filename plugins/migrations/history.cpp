// SPDX-License-Identifier: Apache-2.0
#include "migrations/history.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <unordered_map>

#include "migrations/checksum.hpp"
#include "migrations/resume.hpp"

namespace tidegate::migrations {
namespace {

using sdk::Db;
using sdk::Error;
using sdk::Result;
using sdk::Row;

constexpr std::uint32_t kRowColumns = 7;
constexpr std::uint32_t kNameColumns = 4;

std::optional<double> seconds(const Row& row, std::uint32_t i) {
  if (row.is_null(i)) return std::nullopt;
  double out = 0;
  const auto text = row[i];
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string rows_sql(const HistoryPlace& place) {
  // Seconds instead of text: a thousand to_char() are felt.
  return "SELECT id, migration_name, checksum, pg_catalog.date_part('epoch', started_at), pg_catalog.date_part('epoch', finished_at), "
         "rolled_back_at IS NOT NULL, CASE WHEN finished_at IS NULL THEN logs END FROM " +
         place.table + " ORDER BY started_at, id";
}

std::string names_sql(const HistoryPlace& place) {
  return "SELECT migration_name, checksum, finished_at IS NOT NULL, rolled_back_at IS NOT NULL FROM " + place.table + " ORDER BY started_at, id";
}

// The kinds of objects that Prisma counts: ordinary tables, and not those of PostGIS.
constexpr const char* kEmptinessSql =
    "SELECT n.oid IS NOT NULL, c.relname FROM (VALUES (1)) AS one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1 "
    "LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r' AND c.relname NOT IN ('spatial_ref_sys', "
    "'_prisma_migrations') "
    "ORDER BY 2 LIMIT 6";

/// What the host has SET, and which server process this is.
std::string session_sql() {
  return "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session';SELECT " + std::string(kBackendStart) +
         " FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())";
}

}  // namespace

Result<HistoryPlace> place_of(Db& db) {
  auto schema = db.schema();
  if (!schema) return schema.error();
  HistoryPlace out;
  out.schema = std::move(*schema);
  out.table = db.identifier(out.schema) + "." + db.identifier(kHistoryTable);
  return out;
}

Result<History> read_history(Db& db, const HistoryPlace& place, Detail detail) {
  History out;
  const auto take = [&](const Row& r) {
    if (r.columns() == 1) {
      out.backend_start = r[0];
    } else if (r.columns() == 2) {
      out.session_settings.emplace_back(r[0], r[1]);
    } else if (r.columns() == kNameColumns) {
      HistoryRow& row = out.rows.emplace_back();
      row.name = r[0];
      row.checksum = r[1];
      if (r[2] == "t") row.finished = 0;
      row.rolled_back = r[3] == "t";
    } else if (r.columns() == kRowColumns) {
      out.rows.push_back({std::string(r[0]), std::string(r[1]), std::string(r[2]), std::string(r[6]), seconds(r, 3).value_or(0),
                          seconds(r, 4), r[5] == "t"});
    }
  };
  auto read = detail == Detail::session ? db.script(session_sql() + ";" + rows_sql(place), take)
                                        : db.query(detail == Detail::names ? names_sql(place) : rows_sql(place), {}, take);
  if (read) {
    const bool failed = std::any_of(out.rows.begin(), out.rows.end(), [](const HistoryRow& row) { return row.failed(); });
    if (failed && detail == Detail::names) return read_history(db, place, Detail::rows);
    out.table = true;
    return out;
  }
  if (read.error().sqlstate != "42P01") {
    Error error = read.error();
    error.message = "the migration history " + place.table + " cannot be read: " + error.message;
    return error;
  }
  out.rows.clear();
  out.session_settings.clear();
  if (detail == Detail::session) {
    if (auto settings = db.script(session_sql(), take); !settings) return settings.error();
  }
  auto asked = db.query(kEmptinessSql, {place.schema}, [&](const Row& r) {
    out.schema_exists = r[0] == "t";
    if (!r.is_null(1)) out.other_tables.emplace_back(r[1]);
  });
  if (!asked) return asked.error();
  return out;
}

std::string create_sql(Db& db, const HistoryPlace& place, bool schema_exists) {
  std::string sql = "BEGIN;";
  if (!schema_exists) sql += "CREATE SCHEMA " + db.identifier(place.schema) + ";";
  sql += "CREATE TABLE " + place.table +
         " (id character varying(36) PRIMARY KEY NOT NULL, checksum character varying(64) NOT NULL, finished_at timestamp with time zone, "
         "migration_name character varying(255) NOT NULL, logs text, rolled_back_at timestamp with time zone, "
         "started_at timestamp with time zone NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);COMMIT";
  return sql;
}

namespace {

constexpr std::size_t kTag = 8;  // digits in front of the first dash

std::string tag_of(std::string_view run) {
  return checksum(run).substr(0, kTag);
}

}  // namespace

std::string new_id_of(std::string_view run) {
  return tag_of(run) + new_id().substr(kTag);
}

bool is_id_of(std::string_view id, std::string_view run) {
  return id.starts_with(tag_of(run));
}

std::string rfc3339(double when) {
  if (!std::isfinite(when)) return {};
  const auto ms = static_cast<long long>(std::floor(when * 1000.0 + 0.5));
  const auto whole = static_cast<std::time_t>(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
  std::tm parts{};
  if (::gmtime_r(&whole, &parts) == nullptr) return {};
  char date[40];
  char out[64];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(out, sizeof out, "%s.%03dZ", date, static_cast<int>(ms - static_cast<long long>(whole) * 1000));
  return out;
}

namespace {

/// Whether one can go on with it, as far as the row tells: `alone` of its name that was not rolled back.
bool begun(const HistoryRow& row, const Folder& folder, bool alone) {
  const auto* migration = folder.find(row.name);
  return alone && migration != nullptr && migration->has_file && checksum_equals(row.checksum, migration->checksum) && progress_of(row.logs);
}

}  // namespace

Comparison compare(const History& history, const Folder& folder) {
  Comparison out;
  std::unordered_map<std::string_view, const HistoryRow*> latest;
  std::unordered_map<std::string_view, int> standing;  // rows that are not rolled back
  latest.reserve(history.rows.size());
  standing.reserve(history.rows.size());
  for (const auto& row : history.rows)
    if (!row.rolled_back) ++standing[row.name];
  for (const auto& row : history.rows) {
    if (row.failed()) (begun(row, folder, standing[row.name] == 1) ? out.begun : out.failed).push_back(&row);
    if (!row.applied()) continue;
    auto& entry = latest[row.name];
    if (entry == nullptr) out.applied.push_back(&row);
    entry = &row;
  }
  for (auto& row : out.applied) row = latest[row->name];
  for (const auto* row : out.applied) {
    const auto* migration = folder.find(row->name);
    if (migration == nullptr) {
      out.missing.push_back(row->name);
    } else if (!migration->has_file) {
      out.edited.push_back(row->name);
    } else if (!checksum_equals(row->checksum, migration->checksum)) {
      const auto text = folder.text(*migration);
      if (!text || !checksum_matches(row->checksum, migration->checksum, *text)) out.edited.push_back(row->name);
    }
  }
  for (const auto* row : out.begun) standing.erase(row->name);
  for (const auto& migration : folder.migrations()) {
    if (!standing.contains(migration.name)) out.pending.push_back(migration.name);
  }
  return out;
}

}  // namespace tidegate::migrations
