// SPDX-License-Identifier: Apache-2.0
//
// What all pending statements together demand: the relations that are there already and will be locked, and what must be
// there, or must not, for the SQL to run. What the pending SQL itself makes is left out. Pure: any thread.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "migrations/demands.hpp"
#include "migrations/pending.hpp"

namespace tidegate::safety {

struct Place {
  std::string migration, file;
  std::uint32_t line = 0;
};

struct Target {
  migrations::RelationName name;
  migrations::Lock lock = migrations::Lock::none;  ///< the strongest of all statements
  bool owner = false, drops = false, renames = false, rewrites = false, builds_index = false;
  std::set<std::string> privileges;
  std::vector<std::string> typed_columns;
  Place place;  ///< of the statement with the strongest lock
};

/// Something that the SQL takes for granted.
struct Expectation {
  enum class What { relation, no_relation, column, no_column, no_index };
  What what = What::relation;
  migrations::RelationName relation;
  std::string name;  ///< column or index
  Place place;
  bool concurrently = false;  ///< no_index: it is built so
};

struct Targets {
  std::vector<Target> relations;
  std::vector<Expectation> expected;
  std::set<std::string> creates_in;  ///< schemas; "": the first of the search path
  bool concurrently = false;
  bool new_schema = false;
  Place concurrently_at;
  std::string unsure;  ///< why the text does not tell everything
  [[nodiscard]] bool rewrites() const;
};

Targets targets_of(const std::vector<migrations::PendingMigration>& pending);

}  // namespace tidegate::safety
