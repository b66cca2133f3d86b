// SPDX-License-Identifier: Apache-2.0
#include "run/journal/schema.hpp"

#include <algorithm>
#include <array>

#include "run/journal/rows.hpp"

namespace tidegate::run {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::db::Session;

// CREATE SCHEMA asks for CREATE on the database even when the schema is there, so it is not asked for then: an
// administrator may have made it for the role.
constexpr const char* kMakeSchema = "CREATE SCHEMA tidegate; COMMENT ON SCHEMA tidegate IS 'what tidegate did to this database';";

constexpr const char* kTables = R"sql(
CREATE TABLE tidegate.meta (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  version integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE tidegate.runs (
  id text PRIMARY KEY,
  pipeline text NOT NULL,
  environment text NOT NULL,
  outcome text,
  exit integer,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  ms bigint,
  holder text NOT NULL,
  version text NOT NULL,
  fence bigint NOT NULL,
  host text NOT NULL,
  port bigint NOT NULL,
  database text NOT NULL,
  database_oid bigint NOT NULL,
  system_identifier text NOT NULL,
  applied jsonb,
  pending jsonb,
  kept jsonb,
  undone jsonb,
  error jsonb,
  reason jsonb);
CREATE INDEX runs_newest ON tidegate.runs (started_at DESC);
CREATE TABLE tidegate.events (
  run text NOT NULL REFERENCES tidegate.runs ON DELETE CASCADE,
  seq bigint NOT NULL,
  "time" timestamptz NOT NULL,
  type text NOT NULL,
  stage text,
  fields jsonb NOT NULL,
  PRIMARY KEY (run, seq));
CREATE TABLE tidegate.lease (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  fence bigint NOT NULL,
  run text,
  holder text,
  pid integer,
  backend_start timestamptz,
  main_pid integer,
  main_backend_start timestamptz,
  role text,
  since timestamptz);
)sql";

constexpr std::size_t kTableCount = 4;

/// "absent" or "denied" where there is nothing to ask the version of.
struct Look {
  bool schema = false;
  std::size_t tables = 0;
  bool allowed = true;
};

Result<Look> look(Session& session, SchemaUse use, Deadline deadline) {
  const std::string rights = use == SchemaUse::write ? "SELECT,INSERT,UPDATE" : "SELECT";
  // "SELECT,INSERT" would ask whether one of them is held.
  std::string allowed = "pg_catalog.has_schema_privilege(n.oid, 'USAGE')";
  for (std::size_t begin = 0; begin < rights.size();) {
    const auto end = std::min(rights.find(',', begin), rights.size());
    allowed += " AND pg_catalog.has_table_privilege(c.oid, '" + rights.substr(begin, end - begin) + "')";
    begin = end + 1;
  }
  auto rows = rows_of(session,
                      "SELECT count(c.oid), coalesce(pg_catalog.bool_and(c.oid IS NULL OR (" + allowed +
                          ")), false) FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid "
                          "AND c.relkind = 'r' AND c.relname IN ('meta', 'runs', 'events', 'lease') "
                          "WHERE n.nspname = 'tidegate' GROUP BY n.oid",
                      {}, deadline);
  if (!rows) return std::move(rows).error();
  if (rows->empty()) return Look{};
  return Look{true, static_cast<std::size_t>(std::stoul(rows->front()[0])), rows->front()[1] == "t"};
}

Result<SchemaState> judge(Session& session, const Look& seen, Deadline deadline) {
  if (seen.tables == 0) return SchemaState::absent;
  if (seen.tables != kTableCount)
    return Error{
        Status::config,
        "schema tidegate of the target has " + std::to_string(seen.tables) + " of tidegate's " + std::to_string(kTableCount) + " tables",
        "it is not whole, or not tidegate's: restore it, or drop it when nothing in it is needed; or set run.journal = \"file\""};
  if (!seen.allowed) return SchemaState::denied;
  auto rows = rows_of(session, "SELECT version FROM tidegate.meta", {}, deadline);
  if (!rows) return std::move(rows).error();
  const int version = rows->empty() ? 0 : std::stoi(rows->front()[0]);
  if (version > kSchemaVersion)
    return Error{Status::unsupported,
                 "the journal in schema tidegate has version " + std::to_string(version) + "; this tidegate knows versions up to " +
                     std::to_string(kSchemaVersion),
                 "a newer tidegate wrote it: run that version, or a newer one"};
  if (version < 1) return Error{Status::config, "schema tidegate has no version in tidegate.meta", "it is not whole: restore it"};
  return SchemaState::usable;
}

bool is_refusal(const Error& error) {
  return error.sqlstate == "42501" || error.sqlstate == "25006";  // insufficient privilege, read-only transaction
}

bool somebody_was_faster(const Error& error) {
  constexpr std::array<std::string_view, 4> kDuplicates = {"23505", "42P06", "42P07", "42710"};
  return std::find(kDuplicates.begin(), kDuplicates.end(), error.sqlstate) != kDuplicates.end();
}

}  // namespace

Result<SchemaState> look_at_schema(Session& session, SchemaUse use, Deadline deadline) {
  auto seen = look(session, use, deadline);
  if (!seen) return std::move(seen).error();
  return judge(session, *seen, deadline);
}

Result<SchemaMade> make_schema(Session& session, Deadline deadline) {
  for (int tries = 1;; ++tries) {
    auto seen = look(session, SchemaUse::write, deadline);
    if (!seen) return std::move(seen).error();
    auto state = judge(session, *seen, deadline);
    if (!state) return std::move(state).error();
    if (*state == SchemaState::usable) return SchemaMade{true, {}};
    if (*state == SchemaState::denied)
      return SchemaMade{false, "the role may not write to the tables of schema tidegate, which another role made"};
    const std::string sql = (seen->schema ? "" : kMakeSchema) + std::string(kTables) + "INSERT INTO tidegate.meta (version) VALUES (" +
                            std::to_string(kSchemaVersion) + "); INSERT INTO tidegate.lease (fence) VALUES (0)";
    auto made = rows_of_script(session, sql, deadline);
    if (made) return SchemaMade{true, {}};
    const Error& why = made.error();
    if (is_refusal(why)) return SchemaMade{false, "the role may not make schema tidegate in the target (" + why.message + ")"};
    if (!somebody_was_faster(why) || tries > 2) return why;
  }
}

}  // namespace tidegate::run
