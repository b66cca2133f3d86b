// SPDX-License-Identifier: Apache-2.0
//
// The table _prisma_migrations: its shape, its rows and what they mean. Always written with its schema, since a
// migration may leave any search_path behind. Plain values and functions on the caller's session: stage thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/folder.hpp"

namespace tidegate::migrations {

struct HistoryRow {
  std::string id, name, checksum, logs;
  double started = 0;  ///< seconds since 1970
  std::optional<double> finished;
  bool rolled_back = false;
  [[nodiscard]] bool applied() const { return finished.has_value() && !rolled_back; }
  [[nodiscard]] bool failed() const { return !finished.has_value() && !rolled_back; }
};

struct History {
  bool table = false;                                                 ///< it exists
  std::vector<HistoryRow> rows;                                       ///< by start
  std::vector<std::string> other_tables;                              ///< asked for only when it does not: some of what P3005 is about
  bool schema_exists = true;                                          ///< likewise
  std::vector<std::pair<std::string, std::string>> session_settings;  ///< of a write session: what the host has SET
  std::string backend_start;                                          ///< of a write session: kBackendStart
};

/// Of a row of pg_stat_get_activity(): when the process began, as a whole number in every session alike.
inline constexpr const char* kBackendStart = "(pg_catalog.date_part('epoch', backend_start) * 1000000)::bigint";

inline constexpr std::string_view kHistoryTable = "_prisma_migrations";

/// Where the table is.
struct HistoryPlace {
  std::string schema;  ///< unquoted
  std::string table;   ///< quoted, with its schema
};
sdk::Result<HistoryPlace> place_of(sdk::Db& db);

/// How much of the history is read. Of a thousand rows the names alone take the server half the time of all of it.
enum class Detail {
  names,   ///< name, checksum and state of each row; the rows in full when one of them is failed
  rows,    ///< the rows in full
  session  ///< also the settings of a write session, to go back to after each migration
};

/// One query; two when there is no table.
sdk::Result<History> read_history(sdk::Db& db, const HistoryPlace& place, Detail detail);

/// CREATE SCHEMA if it is missing, CREATE TABLE as Prisma has it.
std::string create_sql(sdk::Db& db, const HistoryPlace& place, bool schema_exists);

/// "2026-11-22T17:40:00.123Z"; "" for what is no moment.
std::string rfc3339(double seconds);
/// A random UUID, version 4.
std::string new_id();
/// The same, of a row that this run makes: its first eight digits tell which one.
std::string new_id_of(std::string_view run);
bool is_id_of(std::string_view id, std::string_view run);

/// What history and folder say of each other.
struct Comparison {
  std::vector<const HistoryRow*> applied;  ///< one a name, by start
  std::vector<const HistoryRow*> failed;
  std::vector<const HistoryRow*> begun;  ///< not finished, of the file as it is, and told how far it came (resume.hpp): pending, too
  std::vector<std::string> pending;      ///< in byte order
  std::vector<std::string> edited, missing;
};
/// Reads a file only where its checksum differs.
Comparison compare(const History& history, const Folder& folder);

}  // namespace tidegate::migrations
