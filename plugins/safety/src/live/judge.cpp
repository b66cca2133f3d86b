// SPDX-License-Identifier: Apache-2.0
#include "live/judge.hpp"

#include <algorithm>
#include <set>

#include "live/words.hpp"

namespace tidegate::safety {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void hidden_sessions(const Case& at) {
  constexpr std::string_view checks[] = {"active_connections", "long_transaction", "idle_in_transaction"};
  if (std::none_of(std::begin(checks), std::end(checks), [&](std::string_view check) { return at.on(check); })) return;
  std::size_t n = 0;
  std::set<std::string> users;
  for (const auto& row : at.facts.of("sessions")) {
    if (!flag(row, "hidden") || text(row, "user").empty() || text(row, "app").starts_with("tidegate ")) continue;
    ++n;
    users.insert(text(row, "user"));
  }
  if (n == 0) return;
  const auto role = text(at.facts.one("server"), "role");
  at.add({Level::warn, "check-could-not-run",
          "active-connections, long-transaction, idle-in-transaction: what " + count(n, "session") + " of " +
              some_of({users.begin(), users.end()}) + " do" + (n == 1 ? "es" : "") + " cannot be seen by " + role,
          "GRANT pg_read_all_stats TO " + role});
}

void hidden_standbys(const Case& at) {
  if (!at.on("replication_lag")) return;
  std::vector<std::string> names;
  for (const auto& row : at.facts.of("standbys"))
    if (is_null(row, "state")) names.push_back(text(row, "name"));
  if (names.empty()) return;
  const auto role = text(at.facts.one("server"), "role");
  at.add({Level::warn, "check-could-not-run",
          "replication-lag: how far these standbys are behind cannot be seen by " + role + ": " + some_of(names),
          "GRANT pg_read_all_stats TO " + role});
}

}  // namespace

const Target* Case::target(const Row& row) const {
  const auto i = number(row, "i", -1);
  return i >= 0 && i < static_cast<std::int64_t>(targets.relations.size()) ? &targets.relations[static_cast<std::size_t>(i)] : nullptr;
}

void judge_unseen(const Case& at) {
  for (const auto& part : all_parts()) {
    const auto found = at.facts.unseen.find(part.name);
    if (found == at.facts.unseen.end()) continue;
    std::string rules;
    for (const auto& rule : words(part.rules))
      if (at.on(check_of(rule))) rules += (rules.empty() ? "" : ", ") + rule;
    if (rules.empty()) continue;
    const bool by_version = part.since > 0 && found->second.starts_with("PostgreSQL ");
    at.add({by_version ? Level::info : Level::warn, "check-could-not-run",
            rules + ": " + std::string(part.about) + " could not be looked at: " + found->second,
            by_version ? "" : "give the role that deploys the right to read it, or set the check's action to \"ignore\""});
  }
  hidden_sessions(at);
  hidden_standbys(at);
  if (!at.targets.unsure.empty())
    at.add({Level::info, "check-could-not-run",
            "which relations the pending SQL locks is not known in full: " + at.targets.unsure +
                "; the checks of relations cover those that it names",
            ""});
}

std::vector<Notice> judge(const Facts& facts, const Targets& targets, const Settings& settings) {
  std::vector<Notice> out;
  const Case at{facts, targets, settings, out};
  judge_server(at);
  judge_relations(at);
  judge_sessions(at);
  judge_replication(at);
  judge_unseen(at);
  return out;
}

}  // namespace tidegate::safety
