// SPDX-License-Identifier: Apache-2.0
#include "services/db/watch.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"

namespace tidegate::services::db {
namespace {

// One row a blocker, and before them one of the index that is being built. A transaction that is idle has been so since
// state_change, but what holds the lock is as old as the transaction. Names come from the catalog as everybody sees it, so
// a relation of the watched transaction's own has none. Which counter tells how far it is depends on the phase.
constexpr const char* kLook =
    "SELECT -1 AS place, p.command, p.phase, "
    "coalesce((SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = p.relid), ''), "
    "coalesce((SELECT pg_catalog.quote_ident(c.relname) FROM pg_catalog.pg_class c WHERE c.oid = p.index_relid), ''), "
    "coalesce(CASE WHEN p.phase LIKE 'waiting %' AND p.lockers_total > 0 THEN 100 * p.lockers_done / p.lockers_total "
    "WHEN p.phase LIKE '%scanning%' AND p.blocks_total > 0 THEN 100 * p.blocks_done / p.blocks_total "
    "WHEN p.phase LIKE '%loading%' AND p.tuples_total > 0 THEN 100 * p.tuples_done / p.tuples_total END, -1)::text "
    "FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = $1::int "
    "UNION SELECT b.pid, coalesce(nullif(a.application_name, ''), 'no application name'), coalesce(a.usename::text, '?'), "
    "coalesce(a.state, '?'), coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.query_start)) * 1000)::bigint, 0)::text, "
    "pg_catalog.regexp_replace(pg_catalog.left(coalesce(a.query, ''), 400), '\\s+', ' ', 'g') "
    "FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids($1::int)) AS b(pid) LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid ORDER BY 1";

/// Not more than `most` bytes, and no piece of a character.
std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most) + "…";
}

}  // namespace

Seen look_at(Session& watch, int pid, const base::Redactor& redactor, base::Deadline deadline) {
  Seen out;
  const std::string number = std::to_string(pid);
  const auto failure = watch.query(
      kLook, {number},
      [&](const tg_result& row) {
        if (row.text == nullptr) return;
        const auto text = [&](std::size_t i) { return std::string(row.text[i].data, row.text[i].size); };
        if (text(0) == "-1") {
          out.command = text(1);
          out.phase = text(2);
          out.relation = text(3);
          out.index = text(4);
          out.percent = std::min(std::atoi(text(5).c_str()), 100);
          return;
        }
        if (!out.blockers.empty()) out.blockers += '\n';
        if (text(0) == "0") {
          out.blockers += "a prepared transaction (see pg_prepared_xacts)";
          return;
        }
        const auto age = std::chrono::milliseconds(std::stoll(text(4)));
        out.blockers += "pid " + text(0) + " (" + text(1) + ", " + text(2) + ", " + text(3) + " for " + base::format_duration(age) + ")";
        if (const auto query = shortened(redactor.apply(text(5)), 80); !query.empty()) out.blockers += ": " + query;
      },
      deadline);
  return failure ? Seen{} : out;
}

}  // namespace tidegate::services::db
