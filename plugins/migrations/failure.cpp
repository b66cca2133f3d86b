// SPDX-License-Identifier: Apache-2.0
#include "migrations/failure.hpp"

#include "migrations/locate.hpp"

namespace tidegate::migrations {

using sdk::DbError;
using sdk::Error;
using sdk::Status;

Failure kind_of(const DbError& e) {
  if (e.error.code == Status::cancelled || e.error.code == Status::deadline) return Failure::stopped;
  if (e.error.sqlstate == "55P03" || e.error.sqlstate == "40P01") return Failure::retry;
  if (e.error.code == Status::unavailable) return Failure::lost;
  return Failure::failed;
}

void add_hint(Error& error, const std::string& sentence) {
  error.hint += (error.hint.empty() ? "" : "; ") + sentence;
}

Error explain(const DbError& db, const Account& account, const std::string& file, std::string_view text, const Message& message,
              std::uint32_t completed) {
  Error out = db.error;
  const auto kind = kind_of(db);
  if (kind == Failure::stopped) {
    out.message = account.subject() + " was stopped: " + db.error.message;
  } else {
    out.message = account.subject() + " failed" + account.code() + ": " + db.error.message;
    if (kind == Failure::failed) out.code = Status::failed;
  }
  out.file = file;
  auto place = message.at_position(db.position);
  if (!place) place = message.after_statements(completed);
  if (place) {
    const auto at = locate(text, *place);
    out.line = at.line;
    out.column = at.column;
  }
  if (db.error.sqlstate == "55P04")
    add_hint(out, "move what uses the new value into a migration of its own: it can be used only after the transaction that adds it");
  return out;
}

}  // namespace tidegate::migrations
