// SPDX-License-Identifier: Apache-2.0
#include "run/journal/takeover.hpp"

#include "run/journal/rows.hpp"
#include "services/db/preamble.hpp"

namespace tidegate::run {

using base::Deadline;
using base::Result;
using services::db::quote_literal;
using services::db::Session;

Result<std::vector<LeftSession>> sessions_left(Session& session, Deadline deadline) {
  // Who may not see other roles' sessions sees no backend_start: then a session of the recorded role counts as the one
  // recorded, and any other one as a pid that was given out again.
  auto rows = rows_of(session,
                      "SELECT b.what, a.pid, pg_catalog.concat_ws(', ', nullif(a.application_name, ''), a.usename) FROM tidegate.lease l "
                      "CROSS JOIN LATERAL (VALUES ('control', l.pid, l.backend_start), ('main', l.main_pid, l.main_backend_start)) "
                      "AS b(what, pid, began) JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid "
                      "AND (a.backend_start = b.began OR (a.backend_start IS NULL AND a.usename = l.role)) "
                      "WHERE l.run IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid() ORDER BY 1",
                      {}, deadline);
  if (!rows) return std::move(rows).error();
  std::vector<LeftSession> out;
  for (auto& row : *rows) out.push_back({std::move(row[0]), std::move(row[1]), std::move(row[2])});
  return out;
}

Result<void> end_session(Session& session, const LeftSession& left, Deadline deadline) {
  auto ended = rows_of(session, "SELECT pg_catalog.pg_terminate_backend($1::integer)", {left.pid}, deadline);
  if (!ended) return std::move(ended).error();
  return {};
}

Result<Taking> take_row(Session& session, const TargetIdentity& target, const std::string& run, const std::string& holder,
                        Deadline deadline) {
  const std::string sql = "UPDATE tidegate.runs r SET outcome = 'interrupted' WHERE r.outcome IS NULL AND " + same_target_sql(target, "r") +
                          " AND r.id <> " + quote_literal(run) +
                          " RETURNING r.id; INSERT INTO tidegate.lease AS l (fence, run, holder, pid, backend_start, role, since) "
                          "SELECT 1, " +
                          quote_literal(run) + ", " + quote_literal(holder) +
                          ", pid, backend_start, session_user, pg_catalog.clock_timestamp() FROM pg_catalog.pg_stat_activity "
                          "WHERE pid = pg_catalog.pg_backend_pid() ON CONFLICT (single) DO UPDATE SET fence = l.fence + 1, "
                          "run = excluded.run, holder = excluded.holder, pid = excluded.pid, backend_start = excluded.backend_start, "
                          "main_pid = NULL, main_backend_start = NULL, role = excluded.role, since = excluded.since RETURNING fence";
  auto rows = rows_of_script(session, sql, deadline);
  if (!rows) return std::move(rows).error();
  Taking out;
  out.fence = std::stoll(rows->back()[0]);
  rows->pop_back();
  for (const auto& row : *rows) {
    auto record = find_run(session, row[0], deadline);
    if (!record) return std::move(record).error();
    if (*record) out.interrupted.push_back(std::move(**record));
  }
  return out;
}

}  // namespace tidegate::run
