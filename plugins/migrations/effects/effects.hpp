// SPDX-License-Identifier: Apache-2.0
//
// What a statement costs while it runs, by PostgreSQL's own rules (measured: tests/fixtures/lock_matrix): which locks on what,
// what is rewritten, what is read from end to end. Pure functions of an action and a Catalog: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "migrations/catalog/catalog.hpp"

namespace tidegate::migrations::effects {

/// PostgreSQL's numbers.
enum class Mode {
  access_share = 1, row_share, row_exclusive, share_update_exclusive, share, share_row_exclusive, exclusive, access_exclusive
};
std::string_view name_of(Mode mode);  ///< AccessExclusiveLock
constexpr bool reads_wait(Mode mode) { return mode == Mode::access_exclusive; }
constexpr bool writes_wait(Mode mode) { return mode >= Mode::share; }

struct Lock {
  std::string relation;  ///< as it is shown
  Mode mode = Mode::access_share;
  std::string key;       ///< of the relation in the catalog; empty: not known there, or an index
  bool known = false;    ///< the catalog has it
  bool index = false;
  bool harmless = false; ///< made by this or an earlier pending migration: nobody else uses it
};

struct Effects {
  std::vector<Lock> locks;             ///< row_exclusive and stronger
  std::vector<std::string> rewritten;  ///< relations and indexes, as they are shown
  std::vector<std::string> scanned;    ///< read from end to end
  [[nodiscard]] bool locks_with(std::string_view relation, Mode at_least) const;
  /// The strongest lock on something that others use.
  [[nodiscard]] const Lock* strongest() const;
};

Effects of(const syntax::Action& action, const catalog::Catalog& catalog);

/// What ALTER COLUMN TYPE comes to.
struct TypeChange {
  bool rewrite = false;         ///< of the heap
  bool index_kept = true;       ///< an index on the column is linked again, not built again
  bool known = true;            ///< the old type is known
  bool narrowing = false;       ///< values may not fit, or lose something
};
TypeChange type_change(const catalog::Catalog& catalog, const catalog::Column* old, const syntax::AlterCommand& command);

/// ADD COLUMN rewrites the table for this reason; empty: it does not.
std::string rewrite_reason(const catalog::Catalog& catalog, const syntax::Column& column);
/// The first call in it that is volatile, or that nobody knows.
const syntax::Name* volatile_call(const catalog::Catalog& catalog, const syntax::Expression& expression);
/// A valid constraint says that every row is within the bound, so that ATTACH need not look.
bool proves_bound(const catalog::Relation& child, const catalog::Relation& parent, const syntax::PartitionBound& bound);
/// A valid constraint says that no row of the default partition is within the bound.
bool excludes_bound(const catalog::Relation& partition, const catalog::Relation& parent, const syntax::PartitionBound& bound);
const catalog::Relation* default_partition(const catalog::Catalog& catalog, const catalog::Relation& parent);

}  // namespace tidegate::migrations::effects
