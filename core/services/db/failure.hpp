// SPDX-License-Identifier: Apache-2.0
//
// What the server and libpq say about a failure, made into a Failure with a status: the retry classes of services.h.
// Pure functions but for the redactor: any thread.
#pragma once
#include "services/db/libpq.hpp"
#include "services/db/session.hpp"

namespace tidegate::services::db {

base::Status status_of(std::string_view sqlstate);

/// Every field of an error result, secrets taken out. `prefix` characters of the SQL were the host's own.
Failure failure_of(const PGresult* result, std::size_t prefix, const base::Redactor& redactor);

/// Why connecting did not work: class unavailable, with a hint that tells a wrong password from a missing server.
base::Error connect_error(const PGconn* connection, const ConnectionTarget& target, const base::Redactor& redactor);

}  // namespace tidegate::services::db
