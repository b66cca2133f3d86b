// SPDX-License-Identifier: Apache-2.0
#include "migrations/effects/builder.hpp"

#include <algorithm>

namespace tidegate::migrations::effects {
namespace {

using catalog::Index;
using catalog::Relation;
using syntax::Name;

constexpr int kDeepestView = 32;

void add_once(std::vector<std::string>& list, std::string name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(std::move(name));
}

}  // namespace

void Builder::add(Lock lock) {
  const bool there = std::any_of(out_.locks.begin(), out_.locks.end(), [&](const Lock& l) { return l.relation == lock.relation && l.mode == lock.mode; });
  if (!there && lock.mode >= Mode::row_exclusive) out_.locks.push_back(std::move(lock));
}

void Builder::lock(const Relation& relation, Mode mode) {
  add({catalog_.shown(relation), mode, relation.key(), true, false, relation.is_new()});
}

const Relation* Builder::lock(const Name& name, Mode mode) {
  const auto* relation = catalog_.find(name);
  if (relation != nullptr) {
    lock(*relation, mode);
  } else {
    add({catalog_.shown(name), mode, {}, false, false, false});
  }
  return relation;
}

void Builder::lock_index(const Relation& table, const Index& index, Mode mode) {
  if (table.kind == 'p') return;
  add({catalog_.shown(Name{table.schema, index.name}), mode, {}, true, true, table.is_new() || index.birth != catalog::Birth::existed});
}

void Builder::lock_indexes(const Relation& table, Mode mode) {
  for (const auto& index : table.indexes) lock_index(table, index, mode);
}

void Builder::scan(const Relation& relation) {
  if (relation.has_storage()) add_once(out_.scanned, catalog_.shown(relation));
}
void Builder::scan(const Name& name) {
  if (const auto* relation = catalog_.find(name); relation != nullptr) return scan_all(*relation);
  add_once(out_.scanned, catalog_.shown(name));
}
void Builder::scan_named(const std::string& shown) {
  add_once(out_.scanned, shown);
}
void Builder::scan_all(const Relation& relation) {
  scan(relation);
  for (const auto& key : relation.children) {
    if (const auto* child = catalog_.at(key); child != nullptr) scan_all(*child);
  }
}

void Builder::rewrite_index(const Relation& table, const Index& index) {
  if (table.kind == 'p') return;
  lock_index(table, index, Mode::access_exclusive);
  add_once(out_.rewritten, catalog_.shown(Name{table.schema, index.name}));
}

void Builder::rewrite_only(const Relation& relation) {
  add_once(out_.rewritten, catalog_.shown(relation));
}

void Builder::rewrite(const Relation& table, const std::vector<std::string>& made_anew) {
  if (!table.has_storage()) return;
  lock(table, Mode::access_exclusive);
  lock(table, Mode::share);  // REINDEX of what is left, which is part of it
  add_once(out_.rewritten, catalog_.shown(table));
  for (const auto& index : table.indexes) {
    if (std::find(made_anew.begin(), made_anew.end(), index.name) == made_anew.end()) rewrite_index(table, index);
  }
}

void Builder::rewrite_unknown(const Name& name) {
  add_once(out_.rewritten, catalog_.shown(name));
  add_once(out_.scanned, catalog_.shown(name));
}

void Builder::scan_below(const std::string& key, int depth) {
  const auto* relation = catalog_.at(key);
  if (relation == nullptr || depth > kDeepestView) return;
  if (relation->kind == 'v') {
    for (const auto& read : relation->reads) scan_below(read, depth + 1);
  } else {
    scan_all(*relation);
  }
}

void Builder::scan_query(const std::vector<Name>& names) {
  for (const auto& name : names) {
    if (const auto* relation = catalog_.find(name); relation != nullptr) scan_below(relation->key(), 0);
  }
}

void Builder::drop(const Relation& relation, bool cascade) {
  const bool seen = std::any_of(out_.locks.begin(), out_.locks.end(),
                                [&](const Lock& l) { return l.key == relation.key() && l.mode == Mode::access_exclusive; });
  lock(relation, Mode::access_exclusive);
  lock_indexes(relation, Mode::access_exclusive);
  if (!relation.statistics.empty()) lock(relation, Mode::share_update_exclusive);
  if (seen) return;
  for (const auto& c : relation.constraints) {
    const auto* other = catalog_.at(c.references);
    if (other != nullptr) lock(*other, Mode::access_exclusive);
  }
  if (relation.partition) {
    for (const auto& key : relation.parents) {
      const auto* parent = catalog_.at(key);
      if (parent == nullptr) continue;
      lock(*parent, Mode::access_exclusive);
      if (const auto* rest = default_partition(catalog_, *parent); rest != nullptr) lock(*rest, Mode::access_exclusive);
    }
  }
  for (const auto& [key, owned] : catalog_.relations) {
    if (owned.kind == 'S' && owned.owned_by == relation.key()) lock(owned, Mode::access_exclusive);
  }
  if (relation.kind == 'p' || cascade) {
    for (const auto& key : relation.children) {
      if (const auto* child = catalog_.at(key); child != nullptr) drop(*child, cascade);
    }
  }
  if (!cascade) return;
  for (const auto& [child, c] : catalog_.references_to(relation.key())) lock(*child, Mode::access_exclusive);
  for (const auto& key : relation.dependents) {
    if (const auto* view = catalog_.at(key); view != nullptr) drop(*view, true);
  }
}

}  // namespace tidegate::migrations::effects
