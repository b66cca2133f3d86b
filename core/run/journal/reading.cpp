// SPDX-License-Identifier: Apache-2.0
#include "run/journal/reading.hpp"

#include "run/journal/lease_sql.hpp"
#include "run/journal/rows.hpp"
#include "run/journal/schema.hpp"
#include "run/json.hpp"

namespace tidegate::run {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using base::Value;
using services::db::Session;

/// False: there is no journal to read.
Result<bool> readable(Session& session, Deadline deadline) {
  auto state = look_at_schema(session, SchemaUse::read, deadline);
  if (!state) return std::move(state).error();
  if (*state == SchemaState::denied)
    return Error{Status::denied, "the role may not read the journal in schema tidegate",
                 "GRANT USAGE on the schema and SELECT on its tables"};
  return *state == SchemaState::usable;
}

/// Of the row r.
const std::string& run_columns() {
  static const std::string columns = "r.id, r.pipeline, r.environment, r.outcome, " + rfc3339_sql("r.started_at") + ", " +
                                     rfc3339_sql("r.finished_at") +
                                     ", r.ms, r.holder, r.fence, r.applied, r.pending, r.kept, r.undone, r.error, r.reason, "
                                     "(SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('stage', e.stage, 'handle', e.fields->>'handle') "
                                     "ORDER BY e.seq) FROM tidegate.events e WHERE e.run = r.id AND e.type = 'backup.made')";
  return columns;
}

std::vector<Backup> backups_of(const Value& list) {
  std::vector<Backup> out;
  if (const auto* elements = list.as<base::Array>())
    for (const auto& one : *elements) out.push_back({one.find("stage")->text(), one.find("handle")->text()});
  return out;
}

RunRecord run_of(const Row& row) {
  const auto json = [&](std::size_t i) {
    auto value = row[i].empty() ? Result<Value>(Value()) : from_json(row[i]);
    return value ? std::move(*value) : Value();
  };
  const auto number = [&](std::size_t i) { return row[i].empty() ? 0 : std::stoll(row[i]); };
  return {row[0],
          row[1],
          row[2],
          row[3],
          row[4],
          row[5],
          number(6),
          row[7],
          number(8),
          texts_of(json(9)),
          texts_of(json(10)),
          texts_of(json(11)),
          texts_of(json(12)),
          json(13),
          json(14),
          backups_of(json(15))};
}

/// The run's rows, its outcome as people are told it: one without an end is running when its backend has the lease.
std::string runs_sql(const TargetIdentity& target, const std::string& rest) {
  return "SELECT " + run_columns() + ", EXISTS (SELECT FROM tidegate.lease l JOIN pg_catalog.pg_locks k ON k.pid = l.pid AND " +
         lease_lock_sql("k") + " WHERE l.run = r.id AND " + lease_of_backend_sql("l") + ") FROM tidegate.runs r WHERE " +
         same_target_sql(target, "r") + rest;
}

/// What a run that did not finish had applied, as its stages told.
Result<std::vector<std::string>> applied_by_events(Session& session, const std::string& run, Deadline deadline) {
  auto rows = rows_of(session,
                      "SELECT fields->>'name' FROM tidegate.events WHERE run = $1 AND type = 'migration.finished' "
                      "AND fields->>'name' IS NOT NULL ORDER BY seq",
                      {run}, deadline);
  if (!rows) return std::move(rows).error();
  std::vector<std::string> out;
  for (auto& row : *rows) out.push_back(std::move(row[0]));
  return out;
}

Result<std::vector<RunRecord>> read_runs(Session& session, const std::string& rest, const Parameters& parameters, Deadline deadline) {
  auto can = readable(session, deadline);
  if (!can) return std::move(can).error();
  std::vector<RunRecord> out;
  if (!*can) return out;
  auto target = identify_target(session, deadline);
  if (!target) return std::move(target).error();
  auto rows = rows_of(session, runs_sql(*target, rest), parameters, deadline);
  if (!rows) return std::move(rows).error();
  for (const auto& row : *rows) {
    auto record = run_of(row);
    if (record.outcome.empty()) record.outcome = row.back() == "t" ? "running" : "interrupted";
    if (record.finished_at.empty()) {
      auto applied = applied_by_events(session, record.id, deadline);
      if (!applied) return std::move(applied).error();
      record.applied = std::move(*applied);
    }
    out.push_back(std::move(record));
  }
  return out;
}

}  // namespace

Result<std::vector<RunRecord>> recent_runs(Session& session, std::size_t most, Deadline deadline) {
  return read_runs(session, " ORDER BY r.started_at DESC, r.id DESC LIMIT $1", {std::to_string(most)}, deadline);
}

Result<std::optional<RunRecord>> find_run(Session& session, const std::string& id, Deadline deadline) {
  auto runs = read_runs(session, " AND r.id = $1", {id}, deadline);
  if (!runs) return std::move(runs).error();
  if (runs->empty()) return std::optional<RunRecord>();
  return std::optional(std::move(runs->front()));
}

Result<std::vector<Value>> events_of(Session& session, const std::string& id, Deadline deadline) {
  auto can = readable(session, deadline);
  if (!can) return std::move(can).error();
  std::vector<Value> out;
  if (!*can) return out;
  auto rows =
      rows_of(session, "SELECT seq, " + rfc3339_sql("\"time\"") + ", type, stage, fields FROM tidegate.events WHERE run = $1 ORDER BY seq",
              {id}, deadline);
  if (!rows) return std::move(rows).error();
  for (const auto& row : *rows) {
    base::Table event{{"v", 1}, {"seq", static_cast<std::int64_t>(std::stoll(row[0]))}, {"time", row[1]}, {"run", id}, {"type", row[2]}};
    if (!row[3].empty()) event.emplace_back("stage", row[3]);
    auto fields = from_json(row[4]);
    if (!fields) return std::move(fields).error();
    if (const auto* members = fields->as<base::Table>()) event.insert(event.end(), members->begin(), members->end());
    out.emplace_back(std::move(event));
  }
  return out;
}

Result<std::optional<LeaseRecord>> current_lease(Session& session, Deadline deadline) {
  auto holders = rows_of(session,
                         "SELECT k.pid, coalesce(nullif(a.application_name, ''), 'no application name'), coalesce(a.usename::text, '?'), "
                         "coalesce(pg_catalog.host(a.client_addr), 'local'), " +
                             rfc3339_sql("a.backend_start") +
                             " FROM pg_catalog.pg_locks k LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid WHERE " +
                             lease_lock_sql("k") + " LIMIT 1",
                         {}, deadline);
  if (!holders) return std::move(holders).error();
  if (holders->empty()) return std::optional<LeaseRecord>();
  const Row& seen = holders->front();
  LeaseRecord out;
  out.pid = std::stoll(seen[0]);
  out.holder = "pid " + seen[0] + " (" + seen[1] + ", " + seen[2] + ", " + seen[3] + ")";
  out.since = seen[4];
  auto state = look_at_schema(session, SchemaUse::read, deadline);
  if (!state && state.error().code != Status::unsupported && state.error().code != Status::config) return std::move(state).error();
  if (!state || *state != SchemaState::usable) return std::optional(std::move(out));
  auto rows = rows_of(session,
                      "SELECT run, holder, " + rfc3339_sql("since") +
                          ", fence FROM tidegate.lease l WHERE pid = $1 AND run IS NOT NULL AND " + lease_of_backend_sql("l"),
                      {seen[0]}, deadline);
  if (!rows) return std::move(rows).error();
  if (!rows->empty()) {
    const Row& row = rows->front();
    out.run = row[0];
    out.holder = "run " + row[0] + (row[1].empty() ? "" : ", " + row[1]);
    out.since = row[2];
    out.fence = std::stoll(row[3]);
  }
  return std::optional(std::move(out));
}

}  // namespace tidegate::run
