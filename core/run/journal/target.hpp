// SPDX-License-Identifier: Apache-2.0
//
// Which database a row of the journal speaks of. A restored copy or a branch carries the journal along, so each row
// names its target and counts only where that is this database. Plain values: any thread.
#pragma once
#include <cstdint>
#include <string>

#include "services/db/session.hpp"

namespace tidegate::run {

struct TargetIdentity {
  std::string host;  ///< as in the URL, without a pooler's prefix or suffix; "localhost" for loopback addresses
  std::int64_t port = 0;
  std::string database;
  std::int64_t database_oid = 0;
  std::string system_identifier;  ///< "" where the role may not read it
  friend bool operator==(const TargetIdentity&, const TargetIdentity&) = default;
};

base::Result<TargetIdentity> identify_target(services::db::Session& session, base::Deadline deadline);
/// Of the direct host, whichever of the two the connection names: Neon's "-pooler", Prisma Postgres' "pooled.".
std::string without_pooler(const std::string& host);
/// "; its direct host is …" where the name of the host in a connection's display says so, else empty.
std::string direct_host_hint(const std::string& display);
/// SQL: whether the row `alias` has this identity. A system identifier that one of the two could not read does not count.
std::string same_target_sql(const TargetIdentity& target, const std::string& alias);

}  // namespace tidegate::run
