// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "live/judge.hpp"
#include "live/words.hpp"

namespace tidegate::safety {
namespace {

bool strong_lock(const Targets& targets) {
  return std::any_of(targets.relations.begin(), targets.relations.end(),
                     [](const Target& t) { return t.lock == migrations::Lock::access_exclusive; });
}

/// Lag matters where much is about to be written.
void lag(const Case& at) {
  if (!at.on("replication_lag")) return;
  const auto limit = [&](std::string_view name) { return at.settings.number("replication_lag", name); };
  const bool heavy = at.targets.rewrites();
  for (const auto& row : at.facts.of("standbys")) {
    if (is_null(row, "state")) continue;  // judge_unseen says it
    const auto ms = number(row, "lag_ms"), bytes = number(row, "lag_bytes");
    const bool far = ms > limit("after") || bytes > limit("bytes");
    if (!far && ms <= limit("warn_after") && bytes <= limit("warn_bytes")) continue;
    const auto who = "standby " + text(row, "name") + ", pid " + std::to_string(number(row, "pid")) + ", " + size(bytes) +
                     (is_null(row, "lag_ms") ? "" : " and " + span(ms)) + " behind";
    at.add({far && heavy ? at.settings.action("replication_lag") : Level::warn,
            "replication-lag",
            who + (heavy ? "; the pending SQL writes tables anew, which it has to follow" : ""),
            "let it catch up",
            {},
            {who}});
  }
}

/// From here only that there is a standby is seen, not who reads there and for how long that may wait.
void conflicts(const Case& at) {
  if (!at.on("standby_conflicts") || at.facts.of("standbys").empty() || !strong_lock(at.targets)) return;
  std::vector<std::string> names;
  for (const auto& row : at.facts.of("standbys"))
    names.push_back(text(row, "name") + (flag(row, "feedback") ? " (with hot_standby_feedback)" : ""));
  at.add({at.settings.action("standby_conflicts"), "check-could-not-run",
          "standby-conflicts: AccessExclusiveLock is replayed on the standbys as well, and cancels queries there or waits for them "
          "(max_standby_streaming_delay); which queries run there cannot be seen from the primary: " +
              some_of(names),
          "look at pg_stat_activity and pg_stat_database_conflicts of the standby"});
}

void slots(const Case& at) {
  for (const auto& row : at.facts.of("slots")) {
    const auto name = text(row, "name"), status = text(row, "wal_status");
    const auto retained = number(row, "retained"), most = number(row, "most");
    const bool lost = status == "unreserved" || status == "lost";
    const bool much = most > 0 && 100 * retained / most > at.settings.number("replication_slot", "above");
    const auto who = text(row, "type") + " replication slot " + name;
    if (at.on("replication_slot") && (lost || much || !flag(row, "active")))
      at.add({lost || much ? at.settings.action("replication_slot") : Level::warn,
              "replication-slot",
              who + (flag(row, "active") ? "" : " is not active: nobody reads from it") + (lost ? ", wal_status " + status : "") +
                  ", and keeps " + size(retained) + " of WAL" + (most > 0 ? " of at most " + size(most) : " without a limit"),
              "let its reader come back, or SELECT pg_drop_replication_slot('" + name + "')",
              {},
              {who}});
    if (at.on("xmin_horizon") && number(row, "xmin_age") > at.settings.number("xmin_horizon", "more_than"))
      at.add({at.settings.action("xmin_horizon"),
              "xmin-horizon",
              who + " keeps rows that were removed up to " + std::to_string(number(row, "xmin_age")) + " transactions ago",
              "let its reader go on, or drop it",
              {},
              {who}});
  }
}

/// Sessions and prepared transactions that keep old rows.
void horizon(const Case& at) {
  if (!at.on("xmin_horizon")) return;
  const auto check = [&](std::string_view part, const auto& called) {
    for (const auto& row : at.facts.of(part)) {
      if (number(row, "xmin_age") <= at.settings.number("xmin_horizon", "more_than")) continue;
      const std::string who = called(row);
      at.add({at.settings.action("xmin_horizon"),
              "xmin-horizon",
              "rows that were removed up to " + std::to_string(number(row, "xmin_age")) + " transactions ago are kept for " + who,
              "end what is that old; until then vacuum cannot clean up",
              {},
              {who}});
    }
  };
  check("sessions", [](const Row& row) { return session(row); });
  check("prepared", [](const Row& row) { return "prepared transaction '" + text(row, "gid") + "'"; });
}

void published(const Case& at) {
  if (!at.on("logical_replication")) return;
  for (const auto& row : at.facts.of("published")) {
    const auto* target = at.target(row);
    if (target == nullptr || target->lock < migrations::Lock::share_update_exclusive) continue;  // rows alone are carried
    const bool hard = target->rewrites || target->renames;
    const bool sends = text(row, "what") == "publication";
    Notice out{hard ? at.settings.action("logical_replication") : Level::warn, "logical-replication",
               text(row, "relation") + (sends ? " is published (" + text(row, "name") + ")" : " is filled by a subscription") +
                   ": logical replication does not carry DDL" + (hard ? ", and the pending SQL rewrites or renames" : ""),
               "make the same change on the other side: new columns first where rows arrive, removed ones first where they come from",
               target->place};
    out.relation = text(row, "relation");
    out.lock = target->lock;
    at.add(std::move(out));
  }
}

void archiving(const Case& at) {
  const auto& row = at.facts.one("archiver");
  if (!at.on("wal_archiving") || is_null(row, "failed_ms")) return;
  // The last that failed is newer than the last that went well.
  if (!is_null(row, "archived_ms") && number(row, "archived_ms") <= number(row, "failed_ms")) return;
  const bool heavy = at.targets.rewrites();
  at.add({heavy ? at.settings.action("wal_archiving") : Level::warn, "wal-archiving",
          "WAL archiving fails: " + text(row, "wal") + " could not be archived " + span(number(row, "failed_ms")) + " ago, " +
              std::to_string(number(row, "failed")) + " failures so far" +
              (heavy ? "; the pending SQL writes tables anew, and that WAL piles up on the server" : ""),
          "look into the server's log, and mend archive_command"});
}

}  // namespace

void judge_replication(const Case& at) {
  lag(at);
  conflicts(at);
  slots(at);
  horizon(at);
  published(at);
  archiving(at);
}

}  // namespace tidegate::safety
