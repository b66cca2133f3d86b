// SPDX-License-Identifier: Apache-2.0
#include "migrations/lost.hpp"

#include <chrono>
#include <optional>

#include "migrations/history.hpp"

namespace tidegate::migrations {

using sdk::Db;
using sdk::Result;
using sdk::Row;

namespace {

constexpr int kLooks = 25;
constexpr std::int64_t kPause = 200;

struct Seen {
  bool there = false, certain = false;
};

/// Is it still there? Certain: by more than its pid, which may be another's by now.
Result<Seen> look(Db& db, const Backend& backend) {
  Seen out;
  auto asked = db.query("SELECT " + std::string(kBackendStart) + " FROM pg_catalog.pg_stat_activity WHERE pid = $1::int",
                        {std::to_string(backend.pid)}, [&](const Row& r) {
                          const bool compared = !r.is_null(0) && !backend.started.empty();
                          out.certain = compared && r[0] == backend.started;
                          out.there = out.certain || !compared;
                        });
  if (!asked) return asked.error();
  return out;
}

}  // namespace

Lost find_out(const sdk::Host& host, const Backend& backend, const Account& account, const std::string& logs) {
  Lost out;
  auto db = host.db("main", TG_DB_FRESH);
  const auto until = std::chrono::steady_clock::now() + kLooks * std::chrono::milliseconds(kPause);
  while (!db && db.error().code == sdk::Status::unavailable) {  // a server that recovers is soon back
    if (std::chrono::steady_clock::now() >= until || host.wait_ms(kPause)) break;
    db = host.db("main", TG_DB_FRESH);
  }
  if (!db) {
    out.problem = db.error().message;
    return out;
  }
  bool gone = false;
  for (int i = 0; !gone && i < kLooks; ++i) {
    if (i > 0 && host.wait_ms(kPause)) break;
    auto seen = look(*db, backend);
    if (!seen) {
      out.problem = seen.error().message;
      return out;
    }
    gone = !seen->there;
    if (i > 0 || !seen->certain) continue;
    // May be refused; then it ends by itself, or not.
    auto ended = db->query("SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = $1::int AND " +
                               std::string(kBackendStart) + " = $2::bigint",
                           {std::to_string(backend.pid), backend.started});
    if (!ended) out.problem = ended.error().message;
  }
  // Only now, and by a query of its own: a snapshot from before its end would not see what it committed last.
  std::string says;
  auto read = db->query(account.ending(), {}, [&](const Row& r) { says = r[0]; });
  if (!read) {
    out.problem = read.error().message;
    return out;
  }
  if (says == "done") {
    out.ending = Ending::committed;
  } else if (!gone) {
    out.problem += (out.problem.empty() ? "" : "; ") + ("its server process " + std::to_string(backend.pid) + " may still be at work");
  } else if (says == "open") {
    out.ending = Ending::in_parts;
    if (!logs.empty()) (void)db->script(account.note(db->literal(logs)));
  } else {
    out.ending = Ending::nothing_stands;
  }
  return out;
}

}  // namespace tidegate::migrations
