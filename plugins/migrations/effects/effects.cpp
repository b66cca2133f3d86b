// SPDX-License-Identifier: Apache-2.0
#include "migrations/effects/effects.hpp"

#include <algorithm>

#include "migrations/effects/builder.hpp"

namespace tidegate::migrations::effects {
namespace {

using namespace syntax;
using catalog::Relation;

void apply(Builder& b, const CreateTable& create) {
  create_table(b, create);
}
void apply(Builder& b, const AlterTable& alter) {
  alter_table(b, alter);
}

void apply(Builder& b, const CreateTableAs& create) {
  if (create.with_data) b.scan_query(create.reads);
}

void apply(Builder& b, const CreateIndex& create) {
  const auto mode = create.concurrently ? Mode::share_update_exclusive : Mode::share;
  const auto* table = b.lock(create.table, mode);
  if (table == nullptr) return b.scan(create.table);
  if (create.if_not_exists && !create.index.name.empty() && table->index(create.index.name) != nullptr) return;
  b.scan(*table);
  if (create.only) return;
  for (const auto& key : table->children) {
    const auto* child = b.catalog().at(key);
    if (child == nullptr || !child->partition) continue;
    b.lock(*child, mode);
    b.scan_all(*child);
  }
}

void drop_index(Builder& b, const Drop& drop, const Name& name) {
  const auto mode = drop.concurrently ? Mode::share_update_exclusive : Mode::access_exclusive;
  const auto found = b.catalog().find_index(name);
  if (found.table == nullptr) {
    b.lock(name, mode);
    return;
  }
  b.lock(*found.table, mode);
  b.lock_index(*found.table, *found.index, mode);
}

void drop_users_of_type(Builder& b, const Name& name) {
  for (const auto& [key, relation] : b.catalog().relations) {
    const bool uses = std::any_of(relation.columns.begin(), relation.columns.end(), [&](const auto& c) { return c.type.name == name.name; });
    if (uses) b.lock(relation, Mode::access_exclusive);
  }
}

void apply(Builder& b, const Drop& drop) {
  for (const auto& name : drop.names) {
    switch (drop.kind) {
      case Object::table:
      case Object::view:
      case Object::materialized_view:
      case Object::sequence:
      case Object::foreign_table: {
        const auto* relation = b.catalog().find(name);
        if (relation == nullptr && drop.if_exists && b.catalog().complete) break;
        if (relation != nullptr) {
          b.drop(*relation, drop.cascade);
        } else {
          b.lock(name, Mode::access_exclusive);
        }
        break;
      }
      case Object::index:
        drop_index(b, drop, name);
        break;
      case Object::trigger:
      case Object::policy:
      case Object::rule:
        b.lock(drop.on, Mode::access_exclusive);
        break;
      case Object::function:
        if (!drop.cascade) break;
        for (const auto& [key, relation] : b.catalog().relations) {
          const bool fires = std::any_of(relation.triggers.begin(), relation.triggers.end(), [&](const auto& t) { return t.function == name.name; });
          if (fires) b.lock(relation, Mode::access_exclusive);
        }
        break;
      case Object::type:
      case Object::domain:
        if (drop.cascade) drop_users_of_type(b, name);
        break;
      case Object::schema:
        if (!drop.cascade) break;
        for (const auto& [key, relation] : b.catalog().relations) {
          if (relation.schema == name.name) b.drop(relation, true);
        }
        break;
      case Object::publication:
      default:
        break;
    }
  }
}

void apply(Builder& b, const Rename& rename) {
  switch (rename.kind) {
    case Object::index: {
      const auto found = b.catalog().find_index(rename.object);
      if (found.index != nullptr) {
        b.lock_index(*found.table, *found.index, Mode::share_update_exclusive);
      } else {
        b.lock(rename.object, Mode::share_update_exclusive);
      }
      return;
    }
    case Object::column:
    case Object::attribute:
    case Object::constraint: {
      const auto* relation = b.lock(rename.object, Mode::access_exclusive);
      if (relation == nullptr) return;
      if (rename.kind == Object::constraint) {
        if (const auto* index = relation->index(rename.part); index != nullptr) b.lock_index(*relation, *index, Mode::access_exclusive);
      }
      for (const auto& key : relation->children) {
        if (const auto* child = b.catalog().at(key); child != nullptr) b.lock(*child, Mode::access_exclusive);
      }
      return;
    }
    case Object::table:
    case Object::view:
    case Object::materialized_view:
    case Object::sequence:
    case Object::foreign_table:
    case Object::trigger:
    case Object::policy:
    case Object::rule:
      b.lock(rename.object, Mode::access_exclusive);
      return;
    default:
      return;
  }
}

bool is_relation(Object kind) {
  return kind == Object::table || kind == Object::view || kind == Object::materialized_view || kind == Object::sequence ||
         kind == Object::foreign_table;
}
void apply(Builder& b, const SetSchema& set) {
  if (is_relation(set.kind)) b.lock(set.object, Mode::access_exclusive);
}
void apply(Builder& b, const SetOwner& set) {
  if (is_relation(set.kind)) b.lock(set.object, Mode::access_exclusive);
}

void truncate(Builder& b, const Relation& table, bool cascade, std::vector<std::string>& seen) {
  if (std::find(seen.begin(), seen.end(), table.key()) != seen.end()) return;
  seen.push_back(table.key());
  b.lock(table, Mode::access_exclusive);
  b.rewrite(table);
  if (!table.indexes.empty()) b.scan(table);  // of nothing: each index is built on the empty table
  for (const auto& key : table.children) {
    if (const auto* child = b.catalog().at(key); child != nullptr) truncate(b, *child, cascade, seen);
  }
  if (!cascade) return;
  for (const auto& [other, c] : b.catalog().references_to(table.key())) truncate(b, *other, true, seen);
}
void apply(Builder& b, const Truncate& action) {
  std::vector<std::string> seen;
  for (const auto& name : action.tables) {
    if (const auto* table = b.catalog().find(name); table != nullptr) {
      truncate(b, *table, action.cascade, seen);
    } else {
      b.lock(name, Mode::access_exclusive);
    }
  }
}

void apply(Builder& b, const Reindex& reindex) {
  if (reindex.what != Reindex::What::index && reindex.what != Reindex::What::table) return;
  const auto mode = reindex.concurrently ? Mode::share_update_exclusive : Mode::share;
  const auto one = [&](const Relation& table, const catalog::Index& index) {
    b.lock_index(table, index, reindex.concurrently ? Mode::share_update_exclusive : Mode::access_exclusive);
    if (!reindex.concurrently) b.rewrite_index(table, index);
  };
  if (reindex.what == Reindex::What::index) {
    const auto found = b.catalog().find_index(reindex.object);
    if (found.index == nullptr) {
      b.lock(reindex.object, reindex.concurrently ? Mode::share_update_exclusive : Mode::access_exclusive);
      return;
    }
    b.lock(*found.table, mode);
    b.scan(*found.table);
    return one(*found.table, *found.index);
  }
  const auto* table = b.lock(reindex.object, mode);
  if (table == nullptr) return b.scan(reindex.object);
  b.scan(*table);
  for (const auto& index : table->indexes) one(*table, index);
}

void apply(Builder& b, const Cluster& cluster) {
  if (cluster.table.empty()) return;
  const auto* table = b.lock(cluster.table, Mode::access_exclusive);
  if (table == nullptr) return b.rewrite_unknown(cluster.table);
  b.rewrite(*table);
  b.scan(*table);
}

void apply(Builder& b, const Vacuum& vacuum) {
  for (const auto& name : vacuum.tables) {
    const auto* table = b.lock(name, vacuum.full ? Mode::access_exclusive : Mode::share_update_exclusive);
    if (!vacuum.full) continue;
    if (table == nullptr) {
      b.rewrite_unknown(name);
    } else {
      b.rewrite(*table);
      b.scan(*table);
    }
  }
}

void apply(Builder& b, const Refresh& refresh) {
  const auto* view = b.lock(refresh.view, refresh.concurrently ? Mode::exclusive : Mode::access_exclusive);
  if (view == nullptr) {
    if (!refresh.concurrently) b.rewrite_unknown(refresh.view);
    return;
  }
  for (const auto& key : view->reads) {
    if (const auto* read = b.catalog().at(key); read != nullptr && refresh.with_data) b.scan_query({{read->schema, read->name}});
  }
  if (refresh.concurrently) {
    b.lock(*view, Mode::row_exclusive);
    b.lock_indexes(*view, Mode::row_exclusive);
    b.scan(*view);
    return;
  }
  b.lock(*view, Mode::exclusive);
  b.rewrite(*view);
  if (!view->indexes.empty()) b.scan(*view);
}

void apply(Builder& b, const CreateView& create) {
  if (const auto* old = b.catalog().find(create.view); old != nullptr && create.replace) b.lock(*old, Mode::access_exclusive);
}
void apply(Builder& b, const CreateTrigger& create) {
  b.lock(create.table, Mode::share_row_exclusive);
}
void apply(Builder& b, const PolicyChange& policy) {
  b.lock(policy.table, Mode::access_exclusive);
}
void apply(Builder& b, const CreateRule& rule) {
  b.lock(rule.table, Mode::access_exclusive);
}

void lock_with_children(Builder& b, const Relation& relation, Mode mode) {
  b.lock(relation, mode);
  for (const auto& key : relation.children) {
    if (const auto* child = b.catalog().at(key); child != nullptr) lock_with_children(b, *child, mode);
  }
}
void apply(Builder& b, const LockTable& lock) {
  for (const auto& name : lock.tables) {
    const auto mode = static_cast<Mode>(std::clamp(lock.mode, 1, 8));
    if (const auto* table = b.lock(name, mode); table != nullptr) lock_with_children(b, *table, mode);
  }
}

void apply(Builder& b, const Comment& comment) {
  switch (comment.kind) {
    case Object::table:
    case Object::view:
    case Object::materialized_view:
    case Object::sequence:
    case Object::foreign_table:
    case Object::column:
    case Object::constraint:
    case Object::trigger:
    case Object::policy:
    case Object::rule:
      b.lock(comment.object, Mode::share_update_exclusive);
      return;
    case Object::index: {
      const auto found = b.catalog().find_index(comment.object);
      if (found.index != nullptr) b.lock_index(*found.table, *found.index, Mode::share_update_exclusive);
      return;
    }
    default:
      return;
  }
}

void apply(Builder& b, const CreateStatistics& statistics) {
  for (const auto& name : statistics.tables) b.lock(name, Mode::share_update_exclusive);
}
void apply(Builder& b, const PublicationTables& publication) {
  for (const auto& name : publication.tables) b.lock(name, Mode::share_update_exclusive);
}

void apply(Builder& b, const AlterDomain& alter) {
  using What = AlterDomain::What;
  const bool checks = (alter.what == What::add_constraint && !(alter.constraint && alter.constraint->not_valid)) || alter.what == What::set_not_null ||
                      alter.what == What::validate;
  if (!checks) return;
  for (const auto& [key, relation] : b.catalog().relations) {
    const bool uses = std::any_of(relation.columns.begin(), relation.columns.end(), [&](const auto& c) {
      return c.type.name == alter.domain.name && (c.type.schema.empty() || alter.domain.schema.empty() || c.type.schema == alter.domain.schema);
    });
    if (!uses || relation.kind == 'v') continue;
    b.lock(relation, Mode::share);
    b.scan(relation);
  }
}

void apply(Builder& b, const AlterSequence& alter) {
  const auto* sequence = b.lock(alter.sequence, Mode::share_row_exclusive);
  if (alter.owner_only) return;
  b.lock(alter.sequence, Mode::row_exclusive);
  if (sequence != nullptr) b.rewrite_only(*sequence);
}

void apply(Builder& b, const CopyTable& copy) {
  if (copy.from && !copy.table.empty()) b.lock(copy.table, Mode::row_exclusive);
}

void write(Builder& b, const Name& name) {
  if (const auto* table = b.lock(name, Mode::row_exclusive); table != nullptr) b.lock_indexes(*table, Mode::row_exclusive);
}
void apply(Builder& b, const Dml& dml) {
  for (const auto& name : dml.writes) write(b, name);
  if (dml.verb == Verb::select) {
    if (dml.where == Where::none) b.scan_query(dml.reads);
    return;
  }
  write(b, dml.table);
  if (dml.verb == Verb::merge) b.scan_query(dml.reads);
  const bool all = dml.verb == Verb::merge || (dml.verb != Verb::insert && dml.where != Where::some);
  if (all) b.scan(dml.table);
  if (dml.verb == Verb::insert && !dml.values && dml.where == Where::none) b.scan_query(dml.reads);
}

template <class T>
void apply(Builder&, const T&) {}  // takes no lock that others would notice

}  // namespace

std::string_view name_of(Mode mode) {
  constexpr std::string_view names[] = {"",          "AccessShareLock",       "RowShareLock",  "RowExclusiveLock",   "ShareUpdateExclusiveLock",
                                        "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"};
  return names[static_cast<std::size_t>(mode)];
}

bool Effects::locks_with(std::string_view relation, Mode at_least) const {
  return std::any_of(locks.begin(), locks.end(), [&](const Lock& l) { return l.relation == relation && l.mode >= at_least; });
}

const Lock* Effects::strongest() const {
  const Lock* found = nullptr;
  for (const auto& lock : locks) {
    if (!lock.harmless && (found == nullptr || lock.mode > found->mode)) found = &lock;
  }
  return found;
}

Effects of(const Action& action, const catalog::Catalog& catalog) {
  Effects out;
  Builder builder(catalog, out);
  std::visit([&](const auto& one) { apply(builder, one); }, action);
  return out;
}

}  // namespace tidegate::migrations::effects
