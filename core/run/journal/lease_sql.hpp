// SPDX-License-Identifier: Apache-2.0
//
// The lease's advisory lock in SQL, for taking it and for telling who has it. Pure functions: any thread.
#pragma once
#include <cstdint>
#include <string>

namespace tidegate::run {

/// Key of the advisory lock: "tidegate" in ASCII. Advisory locks are a database's own.
inline constexpr std::int64_t kLeaseKey = 0x7469646567617465;

/// Whether the row `alias` of pg_locks is the lease's lock, held.
std::string lease_lock_sql(const std::string& alias);
/// Whether the row `alias` of tidegate.lease speaks of the backend that has its pid now, as far as the role may see.
std::string lease_of_backend_sql(const std::string& alias);

}  // namespace tidegate::run
