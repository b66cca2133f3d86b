// SPDX-License-Identifier: Apache-2.0
//
// The live checks: facts and settings to notices, a file a family. Pure but for the settings: stage thread.
#pragma once
#include <vector>

#include "live/facts.hpp"
#include "live/notices.hpp"

namespace tidegate::safety {

struct Case {
  const Facts& facts;
  const Targets& targets;
  const Settings& settings;
  std::vector<Notice>& notices;

  /// The check is wanted, and what it judges by was seen.
  [[nodiscard]] bool on(std::string_view check) const { return settings.wanted(check); }
  void add(Notice notice) const { notices.push_back(std::move(notice)); }
  /// The target that a row's `i` names; null when it is none of the SQL's own.
  [[nodiscard]] const Target* target(const Row& row) const;
};

void judge_server(const Case& at);       ///< role, version, connections, timeouts, pooler, event triggers, collation
void judge_sessions(const Case& at);     ///< other sessions, their locks, prepared transactions, maintenance
void judge_relations(const Case& at);    ///< rights, age, size, indexes, constraints, sequences, views, history
void judge_replication(const Case& at);  ///< standbys, slots, publications, archiving
void judge_unseen(const Case& at);       ///< what could not be looked at

/// All of them.
std::vector<Notice> judge(const Facts& facts, const Targets& targets, const Settings& settings);

}  // namespace tidegate::safety
