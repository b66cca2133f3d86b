// SPDX-License-Identifier: Apache-2.0
#include "recorder.hpp"

#include <cstdlib>

namespace tidegate::rehearse {
namespace {

using sdk::Result;
using sdk::Row;

constexpr std::string_view kColumns =
    "SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind IN ('i', 'I'), "
    "pg_catalog.pg_relation_filenode(c.oid), coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0)";
constexpr std::string_view kOf =
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'i', 'I', 'm', 'v', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
constexpr std::string_view kHeld =
    "SELECT l.relation, l.mode FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation'"
    " AND l.granted AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') ORDER BY l.relation, l.mode";

}  // namespace

Result<void> Recorder::begin() {
  known_.clear();
  return db_.query(std::string(kColumns) + std::string(kOf), {}, [&](const Row& row) {
    known_[std::string(row[0])] = {std::string(row[1]), row[2] == "t", std::string(row[3]), std::atoll(std::string(row[4]).c_str()), {}};
  });
}

Result<void> Recorder::take(Recorded& out) {
  out.measured = true;
  const auto held = db_.query(kHeld, {}, [&](const Row& row) {
    const auto found = known_.find(std::string(row[0]));
    if (found == known_.end() || !found->second.modes.insert(std::string(row[1])).second) return;
    out.locks.push_back({found->second.name, std::string(row[1]), found->second.index});
  });
  if (!held) return held;
  // Whatever was written anew or read was locked for it; what is dropped has no row any more.
  const auto sql =
      std::string(kColumns) + std::string(kOf) +
      " AND c.oid IN (SELECT l.relation FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation')";
  return db_.query(sql, {}, [&](const Row& row) {
    const auto found = known_.find(std::string(row[0]));
    if (found == known_.end()) return;  // new in this transaction
    auto& was = found->second;
    const auto scans = std::atoll(std::string(row[4]).c_str());
    if (was.file != row[3]) out.rewritten.push_back(was.name);
    if (scans > was.scans && !was.index) out.scanned.push_back(was.name);
    was.file = std::string(row[3]);
    was.scans = scans;
  });
}

}  // namespace tidegate::rehearse
