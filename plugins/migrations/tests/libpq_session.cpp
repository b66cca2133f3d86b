// SPDX-License-Identifier: Apache-2.0
#include "migrations/tests/libpq_session.hpp"

#include <libpq-fe.h>

#include <cstring>
#include <stdexcept>
#include <vector>

namespace tidegate::migrations::test {
namespace {

tg_str abi(const char* text) {
  return text == nullptr ? tg_str{} : tg_str{text, std::strlen(text)};
}
const char* field(const PGresult* r, int code) {
  return PQresultErrorField(r, code);
}

tg_status status_of(const std::string& state) {
  if (state == "55P03") return TG_E_LOCKED;
  if (state == "40P01" || state == "40001") return TG_E_CONFLICT;
  if (state == "42501" || state.starts_with("28")) return TG_E_DENIED;
  if (state.starts_with("08") || state.starts_with("57P0") || state.empty()) return TG_E_UNAVAILABLE;
  return TG_E_FAILED;
}

struct Session {
  PGconn* connection;
  Access access;
};
Session& of(tg_db* db) {
  return *reinterpret_cast<Session*>(db);
}

tg_status script(tg_db* db, tg_str sql, void* user, tg_on_result on_result, tg_on_db_error on_error) {
  auto& s = of(db);
  if (s.access == Access::read) return refuse(user, on_error, TG_E_DENIED, "script() is not allowed in a read-only session");
  if (PQsendQuery(s.connection, std::string(sdk::view(sql)).c_str()) == 0)
    return refuse(user, on_error, TG_E_UNAVAILABLE, PQerrorMessage(s.connection));
  return drain(s.connection, {}, user, on_result, on_error);
}

tg_status query(tg_db* db, tg_str sql, const tg_str* params, const std::uint8_t* nulls, std::uint32_t count, void* user,
                tg_on_result on_result, tg_on_db_error on_error) {
  auto& s = of(db);
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < count; ++i) texts.emplace_back(sdk::view(params[i]));
  std::vector<const char*> values;
  for (std::uint32_t i = 0; i < count; ++i) values.push_back(nulls != nullptr && nulls[i] != 0 ? nullptr : texts[i].c_str());
  if (s.access == Access::read) PQclear(PQexec(s.connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;SET LOCAL jit = off"));
  tg_status status = TG_E_UNAVAILABLE;
  if (PQsendQueryParams(s.connection, std::string(sdk::view(sql)).c_str(), static_cast<int>(count), nullptr, values.data(), nullptr,
                        nullptr, 0) != 0)
    status = drain(s.connection, {}, user, on_result, on_error);
  else
    refuse(user, on_error, status, PQerrorMessage(s.connection));
  if (s.access == Access::read) PQclear(PQexec(s.connection, "ROLLBACK"));
  return status;
}

}  // namespace

tg_status drain(pg_conn* connection, std::string_view blockers, void* user, tg_on_result on_result, tg_on_db_error on_error) {
  tg_status status = TG_OK;
  std::uint32_t statement = 0;
  while (PGresult* r = PQgetResult(connection)) {
    const auto kind = PQresultStatus(r);
    if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK) {
      const auto columns = static_cast<std::uint32_t>(PQnfields(r));
      std::vector<tg_str> text(columns + 1), names(columns + 1);
      std::vector<std::uint8_t> nulls(columns + 1);
      for (std::uint32_t c = 0; c < columns; ++c) names[c] = abi(PQfname(r, static_cast<int>(c)));
      for (int row = 0; row < PQntuples(r); ++row) {
        for (std::uint32_t c = 0; c < columns; ++c) {
          const int column = static_cast<int>(c);
          nulls[c] = PQgetisnull(r, row, column) != 0 ? 1 : 0;
          text[c] = {PQgetvalue(r, row, column), static_cast<std::size_t>(PQgetlength(r, row, column))};
        }
        const tg_result out{sizeof(tg_result), statement, columns, 0, 0, text.data(), nulls.data(), names.data(), {}};
        on_result(user, &out);
      }
      const tg_result end{sizeof(tg_result), statement++, 0, 0, -1, nullptr, nullptr, nullptr, abi(PQcmdStatus(r))};
      on_result(user, &end);
    } else if (kind != PGRES_EMPTY_QUERY) {
      const char* state = field(r, PG_DIAG_SQLSTATE);
      status = status_of(state == nullptr ? "" : state);
      const char* position = field(r, PG_DIAG_STATEMENT_POSITION);
      const char* message = field(r, PG_DIAG_MESSAGE_PRIMARY);
      const tg_db_error e{sizeof(tg_db_error),
                          status,
                          position == nullptr ? 0 : std::stoull(position),
                          abi(state),
                          abi(message == nullptr ? PQresultErrorMessage(r) : message),
                          abi(field(r, PG_DIAG_MESSAGE_DETAIL)),
                          abi(field(r, PG_DIAG_MESSAGE_HINT)),
                          abi(field(r, PG_DIAG_CONTEXT)),
                          abi(field(r, PG_DIAG_SCHEMA_NAME)),
                          abi(field(r, PG_DIAG_TABLE_NAME)),
                          abi(field(r, PG_DIAG_COLUMN_NAME)),
                          abi(field(r, PG_DIAG_CONSTRAINT_NAME)),
                          status == TG_E_LOCKED ? sdk::to_abi(blockers) : tg_str{}};
      on_error(user, &e);
    }
    PQclear(r);
  }
  return status;
}

tg_status refuse(void* user, tg_on_db_error on_error, tg_status status, const char* message) {
  tg_db_error e{};
  e.struct_size = sizeof e;
  e.status = status;
  e.message = abi(message);
  on_error(user, &e);
  return status;
}

std::int32_t transaction_of(pg_conn* connection) {
  switch (PQtransactionStatus(connection)) {
    case PQTRANS_IDLE:
      return TG_TXN_IDLE;
    case PQTRANS_ACTIVE:
      return TG_TXN_ACTIVE;
    case PQTRANS_INTRANS:
      return TG_TXN_OPEN;
    case PQTRANS_INERROR:
      return TG_TXN_FAILED;
    default:
      return TG_TXN_UNKNOWN;
  }
}

void quote(pg_conn* connection, bool as_identifier, tg_str text, void* user, tg_take take) {
  char* quoted = as_identifier ? PQescapeIdentifier(connection, text.data, text.size) : PQescapeLiteral(connection, text.data, text.size);
  take(user, abi(quoted));
  PQfreemem(quoted);
}

sdk::Db libpq_session(const std::string& url, Access access) {
  static const tg_db_v1 table{sizeof(tg_db_v1),
                              0,
                              nullptr,
                              &script,
                              &query,
                              [](tg_db* db, std::int32_t as_identifier, tg_str text, void* user, tg_take take) -> tg_status {
                                quote(of(db).connection, as_identifier != 0, text, user, take);
                                return TG_OK;
                              },
                              [](tg_db* db) -> std::int32_t { return transaction_of(of(db).connection); },
                              [](tg_db* db) -> std::int32_t { return PQbackendPID(of(db).connection); },
                              [](tg_db* db) -> std::int32_t { return PQserverVersion(of(db).connection); },
                              [](tg_db*, void* user, tg_take take) -> tg_status {
                                take(user, sdk::to_abi("public"));
                                return TG_OK;
                              },
                              [](tg_db* db) {
                                PQfinish(of(db).connection);
                                delete &of(db);
                              }};
  PGconn* connection = PQconnectdb(url.c_str());
  if (PQstatus(connection) != CONNECTION_OK) {
    const std::string why = PQerrorMessage(connection);
    PQfinish(connection);
    throw std::runtime_error(why);
  }
  PQsetNoticeProcessor(
      connection, [](void*, const char*) {}, nullptr);
  return {&table, reinterpret_cast<tg_db*>(new Session{connection, access})};
}

}  // namespace tidegate::migrations::test
