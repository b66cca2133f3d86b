// SPDX-License-Identifier: Apache-2.0
//
// The SDK's Db over libpq, for tests of code that works on a session and needs no stage. Read-only as the host does it:
// script() is refused, query() runs in a READ ONLY transaction of its own. One thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>

struct pg_conn;

namespace tidegate::migrations::test {

enum class Access { read, write };

/// Throws when it cannot connect.
sdk::Db libpq_session(const std::string& url, Access access);

/// Hands on what the server answers, statement by statement; `blockers` as the host would tell them of a lock.
tg_status drain(pg_conn* connection, std::string_view blockers, void* user, tg_on_result on_result, tg_on_db_error on_error);
tg_status refuse(void* user, tg_on_db_error on_error, tg_status status, const char* message);
std::int32_t transaction_of(pg_conn* connection);
void quote(pg_conn* connection, bool as_identifier, tg_str text, void* user, tg_take take);

}  // namespace tidegate::migrations::test
