// SPDX-License-Identifier: Apache-2.0
#include "run/journal/lease_sql.hpp"

namespace tidegate::run {

std::string lease_lock_sql(const std::string& alias) {
  // A bigint key is split over classid and objid with objsubid 1 (PostgreSQL manual, pg_locks).
  return "(" + alias + ".locktype = 'advisory' AND " + alias + ".granted AND " + alias + ".objsubid = 1 AND " + alias +
         ".classid = " + std::to_string(kLeaseKey >> 32) + " AND " + alias + ".objid = " + std::to_string(kLeaseKey & 0xFFFFFFFF) +
         " AND " + alias + ".database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))";
}

std::string lease_of_backend_sql(const std::string& alias) {
  return "coalesce((SELECT a.backend_start = " + alias + ".backend_start FROM pg_catalog.pg_stat_activity a WHERE a.pid = " + alias +
         ".pid), true)";
}

}  // namespace tidegate::run
