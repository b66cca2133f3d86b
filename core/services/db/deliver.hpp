// SPDX-License-Identifier: Apache-2.0
//
// Hands one statement's result to the caller of a session, row by row. Pure: the session's thread.
#pragma once
#include "services/db/libpq.hpp"
#include "services/db/session.hpp"

namespace tidegate::services::db {

/// Its rows, then its end. `statement` counts those of the call.
void deliver(const PGresult* result, std::uint32_t statement, const OnResult& on_result);

}  // namespace tidegate::services::db
