// SPDX-License-Identifier: Apache-2.0
//
// Read-only enforcement: a READ ONLY session alone is not read-only (set_config turns it off; LOCK, REINDEX, CLUSTER and
// COPY … TO PROGRAM run in it), so a query here must begin as one that reads, is alone in its message, and runs inside
// a transaction of the host's that is rolled back. On the session's thread.
#pragma once
#include "services/db/session.hpp"

namespace tidegate::services::db {

/// The first keyword after blanks, comments and opening parentheses, in upper case; "" when there is none.
std::string first_keyword(std::string_view sql);

/// SELECT, WITH, VALUES, TABLE, SHOW, EXPLAIN.
bool may_read(std::string_view keyword);

/// Each call has a snapshot of its own, and its transaction ends in front of the next message. Left the transaction: the
/// session is closed.
std::optional<Failure> query_read_only(Session& session, std::string_view sql, const std::vector<std::optional<std::string_view>>& params,
                                       const OnResult& on_result, base::Deadline deadline);

}  // namespace tidegate::services::db
