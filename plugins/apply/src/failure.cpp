// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"

#include "migrations/locate.hpp"

namespace tidegate::apply {

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

Error explain(const DbError& db, const std::string& name, const std::string& file, std::string_view text, const Message& message,
              std::uint32_t completed) {
  Error out = db.error;
  const auto kind = kind_of(db);
  if (kind == Failure::stopped) {
    out.message = "migration " + name + " was stopped: " + db.error.message;
  } else {
    out.message = "migration " + name + " failed (P3018): " + db.error.message;
    if (kind == Failure::failed) out.code = Status::failed;
  }
  out.file = file;
  auto place = message.at_position(db.position);
  if (!place) place = message.after_statements(completed);
  if (place) {
    const auto at = migrations::locate(text, *place);
    out.line = at.line;
    out.column = at.column;
  }
  if (db.error.sqlstate == "55P04")
    add_hint(out, "move what uses the new value into a migration of its own: it can be used only after the transaction that adds it");
  return out;
}

}  // namespace tidegate::apply
