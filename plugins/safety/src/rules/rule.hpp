// SPDX-License-Identifier: Apache-2.0
//
// A rule: one declaration that drives findings, the page of its docs and its tests. Its check is a small pure function
// over one statement: what it does, what that costs, what is known of the database, what came before in the migration.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "migrations/catalog/catalog.hpp"
#include "migrations/effects/effects.hpp"
#include "migrations/syntax/parse.hpp"

namespace tidegate::safety::rules {

namespace syntax = migrations::syntax;
namespace catalog = migrations::catalog;
namespace effects = migrations::effects;

enum class Severity { allow, info, warn, deny };
std::string_view name_of(Severity severity);
std::optional<Severity> severity_named(std::string_view name);

enum class Group { lock, loss, compatibility, advice };

/// What the pipeline says about how migrations are run.
struct Options {
  bool runner_sets_timeouts = true;  ///< the apply stage sets lock_timeout and tries again
  bool pooler = false;               ///< sessions are shared
  double max_duration = 30;          ///< seconds that a statement in a transaction may take, by estimate
};

/// What the statements before left behind in this transaction and this migration.
struct Progress {
  int transaction = 1;              ///< changes with each
  bool block = false;               ///< inside BEGIN … COMMIT of the file
  std::map<std::string, effects::Mode> held;      ///< strong locks of this transaction, on what others use
  std::set<std::string> not_valid;                ///< "table constraint", added NOT VALID in this transaction
  std::set<std::string> new_enum_values;          ///< added in this transaction
  std::set<std::string> scanned_by_alter;         ///< tables that ALTER TABLE read in this migration
  std::set<std::string> dropped_defaults;
  std::set<std::string> built_concurrently;       ///< indexes
  bool bulk_write = false, strong_ddl = false;    ///< of this transaction
  bool lock_timeout = false, statement_timeout = false, idle_timeout = false;  ///< were set by the file
  std::set<std::string> said;                     ///< rules that speak once a migration
};

struct Statement {
  std::string_view text;
  const syntax::Parsed& parsed;
  const syntax::Action& action;
  const effects::Effects& effects;
  const catalog::Catalog& catalog;
  const Progress& before;
  const Options& options;
  std::string_view rest;  ///< the migration after this statement

  /// Others may use it: it was there before the pending migrations, or nobody knows better.
  [[nodiscard]] bool in_use(const syntax::Name& name) const;
  [[nodiscard]] const catalog::Relation* relation(const syntax::Name& name) const { return catalog.find(name); }
  [[nodiscard]] std::string shown(const syntax::Name& name) const;
};

struct Hit {
  std::string message, fix;
  std::size_t at = 0;     ///< byte of the statement
  std::string relation;   ///< the key of the relation whose size decides; empty: none does
  bool builds = false, rewrites = false;  ///< how its cost grows with that size; neither: it is read
};
using Emit = std::function<void(Hit)>;

struct Rule {
  std::string_view id;
  Group group = Group::lock;
  Severity severity = Severity::warn;
  bool weighed = false;          ///< severity is for large relations, or when sizes are unknown
  bool once = false;             ///< says it once a migration
  std::string_view summary;      ///< what it is about, one line
  std::string_view old_code;     ///< what the code sees that still runs; may be empty
  void (*check)(const Statement&, const Emit&) = nullptr;  ///< nullptr: the walk over the migration finds it
};

/// All of them, by group, in the order of the docs.
std::span<const Rule> all();
const Rule* find(std::string_view id);
std::span<const Rule> lock_rules();
std::span<const Rule> table_rules();
std::span<const Rule> loss_rules();
std::span<const Rule> compatibility_rules();
std::span<const Rule> advice_rules();

}  // namespace tidegate::safety::rules
