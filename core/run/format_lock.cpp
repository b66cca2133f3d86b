// SPDX-License-Identifier: Apache-2.0
#include "run/format_lock.hpp"

#include <tidegate/services.hpp>

#include <algorithm>

#include "base/text.hpp"

namespace tidegate::run {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::db::Session;

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{1'000};

// A bigint key is split over classid and objid with objsubid 1 (PostgreSQL manual, pg_locks).
constexpr const char* kHolder =
    "SELECT a.pid, coalesce(nullif(a.application_name, ''), 'no application name'), coalesce(a.usename::text, '?'), "
    "coalesce(host(a.client_addr), 'local'), to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') "
    "FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND l.classid::bigint = ($1::bigint >> 32) AND l.objid::bigint = ($1::bigint & 4294967295) AND l.objsubid = 1 LIMIT 1";

}  // namespace

Result<LockHolder> format_lock_holder(Session& main, std::int64_t key, Deadline deadline) {
  LockHolder out;
  const std::string text = std::to_string(key);
  const auto failure = main.query(kHolder, {text}, [&](const tg_result& row) {
    if (row.text == nullptr) return;
    const sdk::Row r(row);
    out.description = "pid " + std::string(r[0]) + " (" + std::string(r[1]) + ", " + std::string(r[2]) + ", " + std::string(r[3]) + ")";
    out.since = r[4];
  }, deadline);
  if (failure) return failure->error;
  return out;
}

Result<void> take_format_lock(Session& main, std::int64_t key, const LockWait& wait) {
  const auto begin = base::Clock::now();
  const Deadline limit = Deadline(begin + wait.limit);
  auto pause = kFirstPause;
  std::string holder = "another session";
  const std::string text = std::to_string(key);
  for (bool first = true;; first = false) {
    bool taken = false;
    const auto failure = main.query("SELECT pg_try_advisory_lock($1)", {text}, [&](const tg_result& row) {
      if (row.text != nullptr) taken = sdk::view(row.text[0]) == "t";
    }, limit.over() ? Deadline::in(std::chrono::seconds(5)) : limit);
    if (failure) return failure->error;
    if (taken) return {};

    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(base::Clock::now() - begin);
    auto seen = format_lock_holder(main, key, Deadline::in(std::chrono::seconds(5)));
    if (!seen) return seen.error();
    const bool changed = !seen->description.empty() && seen->description != holder;
    if (changed) holder = seen->description;
    if ((first || changed) && wait.on_wait) wait.on_wait(holder, waited);
    if (limit.over())
      return Error{Status::locked, "another migration run holds the lock: " + holder,
                   "waited " + base::format_duration(waited) + " (run.lock_wait); run again when it has finished"};
    const auto span = std::min<std::int64_t>(pause.count(), limit.remaining_ms());
    if (wait.interruption != nullptr && wait.interruption->wait_for(std::chrono::milliseconds(span)))
      return Error{Status::cancelled, "interrupted while waiting for the lock held by " + holder};
    pause = std::min(pause * 2, kLongestPause);
  }
}

void give_format_lock(Session& main, std::int64_t key) {
  const std::string text = std::to_string(key);
  (void)main.query("SELECT pg_advisory_unlock($1)", {text}, {}, Deadline::in(std::chrono::seconds(5)));
}

}  // namespace tidegate::run
