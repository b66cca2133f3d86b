// SPDX-License-Identifier: Apache-2.0
#include "run/journal/pooler.hpp"

#include <vector>

#include "run/journal/control.hpp"
#include "run/journal/rows.hpp"
#include "run/journal/target.hpp"

namespace tidegate::run {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::db::Session;

constexpr int kOthers = 3;
constexpr int kRoundsOfEach = 4;

using Others = std::vector<std::unique_ptr<Session>>;

/// One try: whether the session is given another backend while transactions in the others keep theirs, or one of them the
/// session's.
bool moves_beside(const Others& others, Session& session, int pid) {
  const auto there = [&] {
    const auto now = backend_behind(session);
    return now && *now == pid;
  };
  if (!there()) return true;  // where backends take turns
  for (const auto& other : others) {
    // Statement mode refuses it, and a pool that has nothing left keeps it waiting.
    if (!rows_of(*other, "BEGIN READ ONLY", {}, Deadline::in(Control::kStatementLimit))) return true;
    const auto held = backend_behind(*other);
    if (!held || *held == pid || !there()) return true;
  }
  return false;
}

/// With one other session first, which is enough where nobody else is there: it gets the backend that was given back last.
Result<bool> moves(Session& session, int pid, const OpenAnother& another) {
  Others others;
  for (int count = 1; count <= kOthers; ++count) {
    auto other = another();
    if (!other) return std::move(other).error();
    others.push_back(std::move(*other));
    for (int round = 0; round < kRoundsOfEach; ++round) {
      if (moves_beside(others, session, pid)) return true;
      for (const auto& one : others)
        if (auto ended = rows_of(*one, "ROLLBACK", {}, Deadline::in(Control::kStatementLimit)); !ended) return std::move(ended).error();
    }
  }
  return false;
}

}  // namespace

Result<int> backend_behind(Session& session) {
  auto rows = rows_of(session, "SELECT pg_catalog.pg_backend_pid()", {}, Deadline::in(Control::kStatementLimit));
  if (!rows) return std::move(rows).error();
  return std::stoi(rows->front()[0]);
}

Error behind_a_pooler(const services::db::ConnectionTarget& target) {
  return {Status::unsupported, "the connection to " + target.display + " goes through a transaction-mode pooler",
          "locks and settings of a session do not hold there; give the direct connection (DIRECT_URL, DATABASE_URL_UNPOOLED)" +
              direct_host_hint(target.display)};
}

Result<int> backend_of_its_own(Session& session, const OpenAnother& another) {
  const auto pid = backend_behind(session);
  // PgBouncer makes the number up that it gives a client.
  if (!pid || *pid == session.backend_pid()) return pid;
  if (session.target().pooled) return behind_a_pooler(session.target());
  if (!another) return pid;
  const auto shared = moves(session, *pid, another);
  if (!shared) return shared.error();
  if (*shared) return behind_a_pooler(session.target());
  return pid;
}

}  // namespace tidegate::run
