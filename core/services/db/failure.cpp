// SPDX-License-Identifier: Apache-2.0
#include "services/db/failure.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace tidegate::services::db {
namespace {

using base::Error;
using base::Status;

constexpr const char* kNoRetry = "; a retry will not help";

bool is_sqlstate(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

/// Verbose libpq text is `… FATAL:  28P01: password …` and a line with the place in the server's source.
std::string without_verbosity(std::string_view text, std::string& sqlstate) {
  std::string out;
  for (const auto& line : base::split(base::trim(text), '\n')) {
    if (line.starts_with("LOCATION:")) continue;
    std::string kept = line;
    for (std::size_t at = kept.find(":  "); at != std::string::npos; at = kept.find(":  ", at + 1)) {
      if (at + 10 > kept.size() || !is_sqlstate(std::string_view(kept).substr(at + 3, 5)) || kept.compare(at + 8, 2, ": ") != 0) continue;
      sqlstate = kept.substr(at + 3, 5);
      kept.erase(at + 1, 8);
      break;
    }
    out += (out.empty() ? "" : "\n") + kept;
  }
  return out;
}

std::string hint_for(const std::string& sqlstate, const std::string& text) {
  if (sqlstate == "28P01") return std::string("check the user name and the password") + kNoRetry;
  if (sqlstate.starts_with("28")) return std::string("check the user name, and what pg_hba.conf of the server allows it") + kNoRetry;
  if (sqlstate == "3D000") return std::string("create the database (tidegate does not), or correct its name") + kNoRetry;
  if (sqlstate == "42501") return std::string("grant the role CONNECT on the database") + kNoRetry;
  if (sqlstate == "53300") return "the server has no connection left; it may have one later";
  if (sqlstate == "57P03") return "the server is starting up, shutting down or recovering; it may answer later";
  if (text.find("no password supplied") != std::string::npos)
    return std::string("the server asks for a password and the connection has none") + kNoRetry;
  if (text.find("SSL") != std::string::npos || text.find("certificate") != std::string::npos)
    return "check sslmode and the certificates of the connection (sslrootcert, sslcert, sslkey)";
  if (text.find("could not translate host name") != std::string::npos) return "check the host's name and that this machine can resolve it";
  return "check that the server runs, its address and port, and that nothing between blocks the way";
}

}  // namespace

Status status_of(std::string_view sqlstate) {
  if (sqlstate == "55P03") return Status::locked;
  if (sqlstate == "40001" || sqlstate == "40P01") return Status::conflict;
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P0") || sqlstate == "53300") return Status::unavailable;
  if (sqlstate.starts_with("28") || sqlstate == "42501") return Status::denied;
  return Status::failed;
}

Failure failure_of(const PGresult* result, std::size_t prefix, const base::Redactor& redactor) {
  const auto field = [&](int code) {
    const char* text = libpq().PQresultErrorField(result, code);
    return text != nullptr ? redactor.apply(text) : std::string{};
  };
  Failure out;
  auto& e = out.error;
  e.sqlstate = field(PG_DIAG_SQLSTATE);
  e.code = status_of(e.sqlstate);
  e.message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (e.message.empty()) e.message = redactor.apply(base::trim(libpq().PQresultErrorMessage(result)));
  e.detail = field(PG_DIAG_MESSAGE_DETAIL);
  e.hint = field(PG_DIAG_MESSAGE_HINT);
  e.relation = field(PG_DIAG_TABLE_NAME);
  e.constraint = field(PG_DIAG_CONSTRAINT_NAME);
  out.context = field(PG_DIAG_CONTEXT);
  out.schema = field(PG_DIAG_SCHEMA_NAME);
  out.column = field(PG_DIAG_COLUMN_NAME);
  const auto position = field(PG_DIAG_STATEMENT_POSITION);
  std::size_t at = 0;
  std::from_chars(position.data(), position.data() + position.size(), at);
  out.position = at > prefix ? at - prefix : 0;
  return out;
}

Error connect_error(const PGconn* connection, const ConnectionTarget& target, const base::Redactor& redactor) {
  Error out;
  out.code = Status::unavailable;
  const auto text = without_verbosity(redactor.apply(libpq().PQerrorMessage(connection)), out.sqlstate);
  out.message = "cannot connect to " + target.display + ": " + text;
  out.hint = hint_for(out.sqlstate, text);
  return out;
}

}  // namespace tidegate::services::db
