// SPDX-License-Identifier: Apache-2.0
#include "run/identity.hpp"

#include "run/journal/rows.hpp"

namespace tidegate::run {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::db::Session;

Result<std::optional<Identity>> read_identity(Session& session, Deadline deadline) {
  auto there = rows_of(session,
                       "SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') "
                       "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                       "WHERE n.nspname = 'tidegate' AND c.relname = 'identity' AND c.relkind = 'r'",
                       {}, deadline);
  if (!there) return std::move(there).error();
  if (there->empty()) return std::optional<Identity>();
  if (there->front()[0] != "t")
    return Error{Status::denied, "the role may not read the database's mark in tidegate.identity", "GRANT USAGE ON SCHEMA tidegate and SELECT ON tidegate.identity to it"};
  auto rows = rows_of(session,
                      "SELECT environment, type, project, host, port, database, database_oid, system_identifier, " + rfc3339_sql("set_at") +
                          ", set_by FROM tidegate.identity",
                      {}, deadline);
  if (!rows) return std::move(rows).error();
  if (rows->empty()) return std::optional<Identity>();
  const Row& row = rows->front();
  return std::optional(Identity{row[0], row[1], row[2], {row[3], std::stoll(row[4]), row[5], std::stoll(row[6]), row[7]}, row[8], row[9]});
}

Result<void> write_identity(Session& session, const Identity& identity, Deadline deadline) {
  auto made = rows_of(session,
                      "CREATE TABLE IF NOT EXISTS tidegate.identity (single boolean PRIMARY KEY DEFAULT true CHECK (single), environment text NOT NULL, "
                      "type text NOT NULL, project text NOT NULL, host text NOT NULL, port bigint NOT NULL, database text NOT NULL, database_oid bigint NOT NULL, "
                      "system_identifier text NOT NULL, set_at timestamptz NOT NULL DEFAULT clock_timestamp(), set_by text NOT NULL)",
                      {}, deadline);
  if (!made) return std::move(made).error();
  const auto& at = identity.address;
  auto written = rows_of(session,
                         "INSERT INTO tidegate.identity (environment, type, project, host, port, database, database_oid, system_identifier, set_by) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (single) DO UPDATE SET environment = excluded.environment, "
                         "type = excluded.type, project = excluded.project, host = excluded.host, port = excluded.port, database = excluded.database, "
                         "database_oid = excluded.database_oid, system_identifier = excluded.system_identifier, set_at = clock_timestamp(), set_by = excluded.set_by",
                         {identity.environment, identity.type, identity.project, at.host, std::to_string(at.port), at.database, std::to_string(at.database_oid),
                          at.system_identifier, identity.set_by},
                         deadline);
  if (!written) return std::move(written).error();
  return {};
}

Mark mark_of(const std::optional<Identity>& found, const TargetIdentity& here) {
  if (!found) return Mark::none;
  const auto& at = found->address;
  const bool same_system = at.system_identifier.empty() || here.system_identifier.empty() || at.system_identifier == here.system_identifier;
  const bool same = same_system && at.host == here.host && at.port == here.port && at.database == here.database && at.database_oid == here.database_oid;
  return same ? Mark::ours : Mark::copied;
}

std::string described(const Identity& identity) {
  const auto& at = identity.address;
  return identity.environment + (identity.project.empty() ? "" : " of " + identity.project) + ", " + at.host + (at.port > 0 ? ":" + std::to_string(at.port) : "") + "/" +
         at.database;
}

}  // namespace tidegate::run
