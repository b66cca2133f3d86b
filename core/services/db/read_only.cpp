// SPDX-License-Identifier: Apache-2.0
#include "services/db/read_only.hpp"

#include <algorithm>
#include <array>

namespace tidegate::services::db {
namespace {

using base::Status;

constexpr const char* kHint =
    "detect, precheck and verify stages, and questions to other stages, can only read: one SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN a "
    "call";

/// Past a comment that begins at `at`; as PostgreSQL reads them: block comments nest, a line ends with CR or LF.
std::size_t past_comment(std::string_view sql, std::size_t at) {
  if (sql.compare(at, 2, "--") == 0) {
    const auto end = sql.find_first_of("\r\n", at);
    return end == std::string_view::npos ? sql.size() : end + 1;
  }
  std::size_t depth = 0;
  while (at < sql.size()) {
    const auto two = sql.substr(at, 2);
    if (two == "/*")
      ++depth, at += 2;
    else if (two == "*/")
      --depth, at += 2;
    else
      ++at;
    if (depth == 0) return at;
  }
  return at;
}

Failure denied(const std::string& message) {
  Failure out;
  out.error = {Status::denied, message, kHint};
  return out;
}

}  // namespace

std::string first_keyword(std::string_view sql) {
  std::size_t at = 0;
  while (at < sql.size()) {
    const auto two = sql.substr(at, 2);
    if (two == "--" || two == "/*")
      at = past_comment(sql, at);
    else if (std::string_view(" \t\n\r\f\v(").find(sql[at]) != std::string_view::npos)
      ++at;
    else
      break;
  }
  std::string word;
  for (; at < sql.size(); ++at) {
    const char c = sql[at];
    const bool small = c >= 'a' && c <= 'z';
    const bool part =
        small || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
    if (!part) break;
    word += small ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return word;
}

bool may_read(std::string_view keyword) {
  static constexpr std::array<std::string_view, 6> kReading = {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"};
  return std::find(kReading.begin(), kReading.end(), keyword) != kReading.end();
}

std::optional<Failure> query_read_only(Session& session, std::string_view sql, const std::vector<std::optional<std::string_view>>& params,
                                       const OnResult& on_result, base::Deadline deadline) {
  const auto keyword = first_keyword(sql);
  if (!may_read(keyword)) return denied((keyword.empty() ? "this SQL" : keyword) + " is not allowed in a read-only session");
  if (session.in_foreign_transaction()) return denied("a read-only query was asked for while a transaction that writes is open");
  static const std::string kSetTimeout = "SELECT pg_catalog.set_config('lock_timeout', '";
  // The first SELECT takes the snapshot: from then on the server refuses to make the transaction writable. Compiling a
  // long question about the catalog takes seconds, answering it does not.
  const std::vector<std::string> before = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                                           kSetTimeout + std::to_string(session.lock_timeout().count()) +
                                               "', true), pg_catalog.set_config('jit', 'off', true)"};
  auto failure = session.query_behind(before, sql, params, on_result, deadline);
  if (!session.alive()) return failure;
  const auto state = session.transaction();
  if (state != TG_TXN_OPEN && state != TG_TXN_FAILED) {
    session.close();
    return denied(keyword + " ended the read-only transaction that the host had begun; the session was closed");
  }
  if (failure && failure->error.sqlstate == "25006") {  // read_only_sql_transaction
    failure->error.code = Status::denied;
    if (failure->error.hint.empty()) failure->error.hint = kHint;
  }
  return failure;
}

}  // namespace tidegate::services::db
