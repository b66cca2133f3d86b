// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "live/judge.hpp"
#include "live/words.hpp"

namespace tidegate::safety {
namespace {

using migrations::conflict;
using migrations::Lock;
using migrations::lock_from;

bool is_client(const Row& row) {
  const auto type = text(row, "type");
  return type.empty() || type == "client backend";
}

bool is_idle_in_transaction(const Row& row) {
  return text(row, "state").starts_with("idle in transaction");
}

struct Held {
  std::string relation, mode;
  bool granted;
};

/// Other sessions by what they are to this run. Runs of tidegate, and whoever holds the format's own lock, are not judged:
/// the host waits for them by name before it changes anything, and then the checks are made again.
class Sessions {
 public:
  explicit Sessions(const Case& at) : at_(at) {
    for (const auto& row : at.facts.of("advisory")) deploying_.insert(number(row, "pid"));
    for (const auto& row : at.facts.of("sessions")) by_pid_.emplace(number(row, "pid"), &row);
  }
  [[nodiscard]] bool deploys(std::int64_t pid) const {
    const auto found = by_pid_.find(pid);
    return deploying_.contains(pid) || (found != by_pid_.end() && text(*found->second, "app").starts_with("tidegate "));
  }
  [[nodiscard]] const Row* of(std::int64_t pid) const {
    const auto found = by_pid_.find(pid);
    return found == by_pid_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::string called(std::int64_t pid) const {
    const auto* row = of(pid);
    return row != nullptr ? session(*row) : "pid " + std::to_string(pid);
  }
  /// That are client sessions and no deployment.
  [[nodiscard]] std::vector<const Row*> clients() const {
    std::vector<const Row*> out;
    for (const auto& row : at_.facts.of("sessions"))
      if (is_client(row) && !deploys(number(row, "pid"))) out.push_back(&row);
    return out;
  }

 private:
  const Case& at_;
  std::set<std::int64_t> deploying_;
  std::map<std::int64_t, const Row*> by_pid_;
};

void active(const Case& at, const Sessions& sessions) {
  const auto most = at.settings.plain("max_active_connections");
  if (!at.on("active_connections")) return;
  std::vector<std::string> who;
  for (const auto* row : sessions.clients())
    if (text(*row, "state") == "active") who.push_back(session(*row));
  if (static_cast<std::int64_t>(who.size()) <= most) return;
  at.add({at.settings.action("active_connections"),
          "active-connections",
          count(who.size(), "session") + " of the database " + (who.size() == 1 ? "is" : "are") +
              " at work, more than max_active_connections = " + std::to_string(most),
          "deploy when there is less to do, or raise max_active_connections",
          {},
          who});
}

void long_transactions(const Case& at, const Sessions& sessions) {
  if (!at.on("long_transaction")) return;
  std::set<std::int64_t> on_targets;
  for (const auto& row : at.facts.of("locks"))
    if (number(row, "wanted") > 0) on_targets.insert(number(row, "pid"));
  const bool everywhere = at.settings.text("long_transaction", "scope") == "database";
  std::vector<std::string> acts, warns;
  for (const auto* row : sessions.clients()) {
    const auto age = number(*row, "xact_ms", -1);
    if (age <= at.settings.number("long_transaction", "warn_after") && age <= at.settings.number("long_transaction", "after")) continue;
    const bool in_the_way = everywhere || at.targets.concurrently || on_targets.contains(number(*row, "pid"));
    (in_the_way && age > at.settings.number("long_transaction", "after") ? acts : warns).push_back(session(*row));
  }
  const auto add = [&](Level level, const std::vector<std::string>& who, const std::string& message) {
    if (who.empty()) return;
    at.add({level, "long-transaction", message + some_of(who), "let it end, or end it: SELECT pg_terminate_backend(pid)",
            at.targets.concurrently ? at.targets.concurrently_at : Place{}, who});
  };
  const auto after = span(at.settings.number("long_transaction", "after"));
  add(at.settings.action("long_transaction"), acts,
      std::string(at.targets.concurrently ? "a pending statement is CONCURRENTLY and waits for transactions that are older than it: "
                  : everywhere            ? "transactions are open for more than " + after + ": "
                                          : "transactions are open for more than " + after + " and hold locks on what will be changed: "));
  add(Level::warn, warns, "transactions are open for long; vacuum cannot remove what they may still see: ");
}

void idle(const Case& at, const Sessions& sessions) {
  if (!at.on("idle_in_transaction")) return;
  std::vector<std::string> acts, warns;
  for (const auto* row : sessions.clients()) {
    if (!is_idle_in_transaction(*row)) continue;
    const auto idle_ms = number(*row, "state_ms");
    if (idle_ms > at.settings.number("idle_in_transaction", "after"))
      acts.push_back(session(*row));
    else if (idle_ms > at.settings.number("idle_in_transaction", "warn_after"))
      warns.push_back(session(*row));
  }
  const std::string fix =
      "end it: SELECT pg_terminate_backend(pid); against the next: idle_in_transaction_session_timeout for the application's role";
  if (!acts.empty())
    at.add({at.settings.action("idle_in_transaction"),
            "idle-in-transaction",
            "sessions are idle in a transaction for more than " + span(at.settings.number("idle_in_transaction", "after")) + ": " +
                some_of(acts),
            fix,
            {},
            acts});
  if (!warns.empty()) at.add({Level::warn, "idle-in-transaction", "sessions are idle in a transaction: " + some_of(warns), fix, {}, warns});
}

/// One notice a target: who holds what there that the pending SQL would wait for.
void conflicts(const Case& at, const Sessions& sessions) {
  if (!at.on("conflicting_lock")) return;
  std::map<std::string, Notice> by_relation;
  std::set<std::pair<std::string, std::int64_t>> seen;
  for (const auto& row : at.facts.of("locks")) {
    const auto wanted = static_cast<Lock>(std::clamp<std::int64_t>(number(row, "wanted"), 0, 8));
    const auto held = lock_from(text(row, "mode"));
    const auto pid = number(row, "pid");
    if (is_null(row, "pid") || !flag(row, "granted") || !conflict(wanted, held) || sessions.deploys(pid)) continue;
    const auto* other = sessions.of(pid);
    if (other != nullptr && text(*other, "type") == "autovacuum worker") continue;  // vacuum_running's
    // The lock is at most as old as its transaction.
    if (other != nullptr && !is_null(*other, "xact_ms") && number(*other, "xact_ms") <= at.settings.number("conflicting_lock", "after"))
      continue;
    const auto relation = text(row, "relation");
    if (!seen.insert({relation, pid}).second) continue;
    auto& notice = by_relation[relation];
    if (notice.rule.empty()) {
      notice = {at.settings.action("conflicting_lock"), "conflicting-lock",
                "the pending SQL takes " + std::string(name_of(wanted)) + " on " + relation +
                    ", where others hold locks that it has to wait for: ",
                "let it end, or end it: SELECT pg_terminate_backend(pid)"};
      notice.relation = relation;
      notice.lock = wanted;
      if (const auto* target = at.target(row)) notice.place = target->place;
    }
    notice.blockers.push_back(text(row, "mode") + " of " + sessions.called(pid));
  }
  for (auto& [relation, notice] : by_relation) {
    notice.message += some_of(notice.blockers);
    at.add(std::move(notice));
  }
}

void waiters(const Case& at, const Sessions& sessions) {
  if (!at.on("lock_waiters")) return;
  std::vector<std::string> who;
  bool on_target = false;
  for (const auto& row : at.facts.of("waiters")) {
    const auto pid = number(row, "pid");
    const auto blocked_by = row.value("blocked_by", Row::array());
    const bool by_deployments = !blocked_by.empty() && std::all_of(blocked_by.begin(), blocked_by.end(), [&](const Row& one) {
      return one.is_number() && sessions.deploys(one.get<std::int64_t>());
    });
    if (sessions.deploys(pid) || by_deployments) continue;
    on_target = on_target || !is_null(row, "relation");
    auto line = sessions.called(pid);
    for (const auto& one : blocked_by)
      if (one.is_number())
        line += one == 0 ? " waits for a prepared transaction" : " waits for pid " + std::to_string(one.get<std::int64_t>());
    who.push_back(std::move(line));
  }
  if (who.empty()) return;
  const bool many = static_cast<std::int64_t>(who.size()) > at.settings.number("lock_waiters", "more_than");
  at.add({on_target || many ? at.settings.action("lock_waiters") : Level::warn,
          "lock-waiters",
          count(who.size(), "session") + (who.size() == 1 ? " waits" : " wait") + " for locks already" +
              (on_target ? ", on what will be changed" : "") + ": " + some_of(who),
          "look at who holds them: pg_blocking_pids(pid)",
          {},
          who});
}

void prepared(const Case& at) {
  if (!at.on("prepared_transaction")) return;
  std::map<std::string, std::string> on_targets;  // transaction and relation
  for (const auto& row : at.facts.of("locks")) {
    const auto wanted = static_cast<Lock>(std::clamp<std::int64_t>(number(row, "wanted"), 0, 8));
    if (is_null(row, "pid") && conflict(wanted, lock_from(text(row, "mode"))))
      on_targets.emplace(text(row, "prepared_xid"), text(row, "relation"));
  }
  for (const auto& row : at.facts.of("prepared")) {
    const auto age = number(row, "xact_ms");
    const auto target = on_targets.find(text(row, "xid"));
    const bool in_the_way = target != on_targets.end();
    if (!in_the_way && age <= at.settings.number("prepared_transaction", "warn_after")) continue;
    const auto who = "prepared transaction '" + text(row, "gid") + "' of " + text(row, "user") + ", prepared " + span(age) + " ago";
    at.add({in_the_way ? at.settings.action("prepared_transaction") : Level::warn,
            "prepared-transaction",
            who + (in_the_way ? ", holds a lock on " + target->second + ", which the pending SQL has to wait for"
                              : " and neither committed nor rolled back"),
            "COMMIT PREPARED or ROLLBACK PREPARED '" + text(row, "gid") + "'; a transaction manager that went down leaves such",
            {},
            {who},
            in_the_way ? target->second : ""});
  }
}

void vacuums(const Case& at, const Sessions& sessions) {
  if (!at.on("vacuum_running")) return;
  std::set<std::pair<std::string, std::int64_t>> seen;
  for (const auto& row : at.facts.of("locks")) {
    const auto* other = sessions.of(number(row, "pid"));
    if (other == nullptr || text(*other, "type") != "autovacuum worker" || number(row, "wanted") == 0 || !flag(row, "granted")) continue;
    if (!seen.insert({text(row, "relation"), number(row, "pid")}).second) continue;
    const bool stays = text(*other, "query").find("(to prevent wraparound)") != std::string::npos;
    const auto who = "autovacuum, pid " + std::to_string(number(row, "pid")) + ", on " + text(row, "relation") + " for " +
                     span(number(*other, "xact_ms"));
    const auto* target = at.target(row);
    at.add({stays ? at.settings.action("vacuum_running") : Level::warn,
            "vacuum-running",
            who + (stays ? " (to prevent wraparound): it does not yield to a lock request"
                         : ": it yields to the lock of the pending SQL, and begins anew later"),
            stays ? "let it end" : "",
            target != nullptr ? target->place : Place{},
            {who},
            text(row, "relation")});
  }
}

void maintenance(const Case& at, const Sessions& sessions) {
  if (!at.on("maintenance_running")) return;
  for (const auto& row : at.facts.of("builds")) {
    if (sessions.deploys(number(row, "pid"))) continue;
    const auto who =
        text(row, "what") + " on " + text(row, "relation") + ", " + text(row, "phase") + ": " + sessions.called(number(row, "pid"));
    at.add({at.settings.action("maintenance_running"),
            "maintenance-running",
            "under way on what will be changed: " + who,
            "let it end",
            {},
            {who},
            text(row, "relation")});
  }
  for (const auto& row : at.facts.of("backups")) {
    const auto who = "pid " + std::to_string(number(row, "pid")) + ", " + text(row, "phase");
    at.add({Level::warn,
            "maintenance-running",
            "a base backup is being taken (" + who + "): what the change writes is copied along",
            "",
            {},
            {who}});
  }
}

void deployments(const Case& at, const Sessions& sessions) {
  if (!at.on("other_deployment")) return;
  for (const auto& row : at.facts.of("advisory")) {
    const auto* other = sessions.of(number(row, "pid"));
    const bool ours = other != nullptr && text(*other, "app").starts_with("tidegate ");
    const auto who = sessions.called(number(row, "pid"));
    at.add({ours ? Level::info : at.settings.action("other_deployment"),
            "other-deployment",
            "another deployment holds the lock of the migration format; this run waits for it before it changes anything: " + who,
            "",
            {},
            {who}});
  }
}

}  // namespace

void judge_sessions(const Case& at) {
  const Sessions sessions(at);
  active(at, sessions);
  long_transactions(at, sessions);
  idle(at, sessions);
  conflicts(at, sessions);
  waiters(at, sessions);
  prepared(at);
  vacuums(at, sessions);
  maintenance(at, sessions);
  deployments(at, sessions);
}

}  // namespace tidegate::safety
