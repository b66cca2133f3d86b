// SPDX-License-Identifier: Apache-2.0
//
// The walk over a migration: each statement is parsed, weighed against the Catalog, shown to the rules and then replayed.
// Policy (severities, exemptions) comes after it. One Analysis is used by one thread, migration after migration.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/cost.hpp"
#include "rules/policy.hpp"
#include "rules/rule.hpp"

namespace tidegate::safety::rules {

struct Finding {
  std::string rule;
  Severity severity = Severity::warn;
  std::string message, fix, old_code;
  std::size_t at = 0, length = 0;  ///< bytes of the migration's text: what is pointed at
  std::string statement;
  std::vector<effects::Lock> locks;
  bool rewrite = false, scan = false;
  std::string estimate;  ///< how long, and by what; empty: unknown
  std::string allowed;   ///< the reason given in the file; then severity is info
};

/// A table that a statement locks, as large as it was before.
struct Locked {
  std::string relation;  ///< as it is shown
  catalog::Size size;
};

/// What one statement does, for the plan.
struct StatementEffects {
  std::size_t at = 0;
  std::string sql;
  bool understood = true;  ///< false: the effects are not known
  effects::Effects effects;
  std::optional<Cost> cost;    ///< nullopt: the size of something is not known
  std::vector<Locked> tables;  ///< of those that others use, where the size is known
};

struct Report {
  std::vector<Finding> findings;  ///< in the order of the text
  std::vector<StatementEffects> statements;
};

class Analysis {
 public:
  Analysis(catalog::Catalog catalog, Options options) : catalog_(std::move(catalog)), options_(options) {}

  /// `path` is what policies match. After it the migration counts as `deployed` (a folder's older files) or as pending.
  Report migration(std::string_view text, const std::string& path, const Policy& policy);
  void next(bool deployed) { catalog_.next_migration(deployed); }
  /// Takes what a migration leaves behind, without judging it.
  void replay(std::string_view text);
  [[nodiscard]] const catalog::Catalog& catalog() const { return catalog_; }

 private:
  catalog::Catalog catalog_;
  Options options_;
};

}  // namespace tidegate::safety::rules
