// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "live/judge.hpp"
#include "live/words.hpp"

namespace tidegate::safety {
namespace {

constexpr std::int64_t kOldest = 120'000;
constexpr std::int64_t kNewestTested = 180'000;
/// What a run may still open beside the connection that asks: control, watch, and health's.
constexpr std::int64_t kOwnConnections = 3;

void role(const Case& at) {
  const auto& server = at.facts.one("server");
  if (at.on("in_recovery") && flag(server, "in_recovery"))
    at.add({at.settings.action("in_recovery"), "in-recovery", "the server is a standby (in recovery): nothing can be changed there",
            "give the URL of the primary; behind a proxy, the one for writes"});
  if (at.on("read_only") && flag(server, "read_only"))
    at.add({at.settings.action("read_only"), "read-only",
            "new transactions are read-only here: default_transaction_read_only is on for the server, the database " +
                text(server, "database") + " or the role " + text(server, "role"),
            "find where with \\drds in psql and the server's configuration; often set while a failover or an upgrade is under way"});
}

void version(const Case& at) {
  const auto& server = at.facts.one("server");
  const auto version = number(server, "version");
  if (!at.on("server_version") || version == 0) return;
  const auto name = "PostgreSQL " + text(server, "version_text");
  if (version < kOldest)
    at.add({at.settings.action("server_version"), "server-version", "the server is " + name + "; the oldest that tidegate knows is 12",
            "upgrade the server"});
  else if (version / 10'000 > kNewestTested / 10'000)
    at.add({Level::warn, "server-version", "the server is " + name + ", newer than the newest that tidegate was tested with (18)",
            "update tidegate when a version for it is there"});
}

void database_age(const Case& at) {
  const auto& server = at.facts.one("server");
  const auto age = number(server, "xid_age");
  if (!at.on("wraparound") || age <= number(server, "freeze_max_age", age)) return;
  const bool beyond = age > at.settings.number("wraparound", "more_than");
  at.add({beyond ? at.settings.action("wraparound") : Level::warn, "wraparound",
          "the oldest row of the database is " + std::to_string(age) + " transactions old: beyond " +
              std::to_string(number(server, "freeze_max_age")) +
              " (autovacuum_freeze_max_age) vacuums that do not yield to a lock begin, and "
              "at two thousand million the server stops to write",
          "VACUUM (FREEZE) the oldest tables, and look for what keeps old rows: long transactions, prepared ones, replication slots"});
}

struct Room {
  std::string of;
  std::int64_t used, most;
};

void connections(const Case& at) {
  const auto& row = at.facts.one("connections");
  if (!at.on("connection_headroom") || row.empty()) return;
  std::vector<Room> rooms = {
      {"the server (max_connections less what is reserved)", number(row, "used"), number(row, "most") - number(row, "reserved")}};
  if (!flag(row, "super")) {
    if (number(row, "role_limit", -1) >= 0)
      rooms.push_back({"the role " + text(row, "role"), number(row, "of_role"), number(row, "role_limit")});
    if (number(row, "database_limit", -1) >= 0)
      rooms.push_back({"the database " + text(row, "database"), number(row, "of_database"), number(row, "database_limit")});
  }
  for (const auto& room : rooms) {
    if (room.most <= 0) continue;
    const auto percent = 100 * room.used / room.most;
    const auto left = std::max<std::int64_t>(room.most - room.used, 0);
    const bool full = percent > at.settings.number("connection_headroom", "above") || left < kOwnConnections;
    if (!full && percent <= at.settings.number("connection_headroom", "warn_above")) continue;
    at.add({full ? at.settings.action("connection_headroom") : Level::warn, "connection-headroom",
            std::to_string(room.used) + " of the " + std::to_string(room.most) + " connections of " + room.of + " are used" +
                (left < kOwnConnections ? ", and this run may need " + std::to_string(kOwnConnections) + " more" : ""),
            "end sessions that are not needed, or raise the limit"});
  }
}

void pooler(const Case& at) {
  const auto& server = at.facts.one("server");
  const auto pid = number(server, "pid");
  if (!at.on("pooler") || pid == 0 || at.facts.pid_by_connection == 0 || pid == at.facts.pid_by_connection) return;
  at.add({at.settings.action("pooler"), "pooler",
          "there is a connection pooler in between (the server's process is " + std::to_string(pid) + ", the connection says " +
              std::to_string(at.facts.pid_by_connection) +
              "): in its transaction mode a lock of the session, its settings and CONCURRENTLY do not hold",
          "give the direct URL (DIRECT_URL, DATABASE_URL_UNPOOLED); where the pooler keeps one server connection a session, set "
          "pooler = { action = \"ignore\" }"});
}

void timeouts(const Case& at) {
  if (!at.on("timeouts")) return;
  for (const auto& row : at.facts.of("timeouts")) {
    const auto name = text(row, "name");
    const auto ms = number(row, "ms");
    if (name == "lock_timeout" && ms == 0)
      at.add({at.settings.action("timeouts"), "timeouts",
              "lock_timeout is 0 although this run has set one: what sets it back would let statements wait without end",
              "look for a pooler, or a hook of the server, that resets settings"});
    if (name == "lock_timeout" || ms == 0) continue;
    at.add({at.settings.action("timeouts"), "timeouts",
            name + " is " + span(ms) + " (from: " + text(row, "source") + "): a pending statement that takes longer is cancelled",
            "ALTER ROLE … SET " + name + " = 0 for the role that deploys, or raise it"});
  }
}

void event_triggers(const Case& at) {
  if (!at.on("event_trigger")) return;
  std::vector<std::string> names;
  for (const auto& row : at.facts.of("event_triggers"))
    names.push_back(text(row, "name") + " (" + text(row, "event") + ", of " + text(row, "owner") + ")");
  if (names.empty()) return;
  at.add({at.settings.action("event_trigger"), "event-trigger",
          count(names.size(), "event trigger") + " will run on the pending DDL: " + some_of(names, 5),
          "make sure that they allow it and are quick"});
}

void collation(const Case& at) {
  if (!at.on("collation_drift")) return;
  const auto& row = at.facts.one("collation");
  const auto recorded = text(row, "recorded"), actual = text(row, "actual");
  if (recorded.empty() || actual.empty() || recorded == actual) return;
  at.add({at.settings.action("collation_drift"), "collation-drift",
          "the database " + text(row, "name") + " was made with version " + recorded + " of its collation, the system has " + actual +
              ": indexes on text may be in the wrong order",
          "REINDEX what sorts text, then ALTER DATABASE … REFRESH COLLATION VERSION"});
}

}  // namespace

void judge_server(const Case& at) {
  role(at);
  version(at);
  database_age(at);
  connections(at);
  pooler(at);
  timeouts(at);
  event_triggers(at);
  collation(at);
}

}  // namespace tidegate::safety
