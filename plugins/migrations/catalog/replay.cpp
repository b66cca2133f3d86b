// SPDX-License-Identifier: Apache-2.0
#include "migrations/catalog/replay.hpp"

#include <algorithm>

#include "migrations/catalog/replay_table.hpp"

namespace tidegate::migrations::catalog {
namespace {

using namespace syntax;

void drop_relation(Catalog& catalog, const std::string& key, bool cascade) {
  const auto* gone = catalog.at(key);
  if (gone == nullptr) return;
  const auto copy = *gone;
  if (cascade) {
    for (const auto& dependent : copy.dependents) drop_relation(catalog, dependent, true);
  }
  if (copy.kind == 'p') {
    for (const auto& child : copy.children) drop_relation(catalog, child, cascade);
  }
  catalog.relations.erase(key);
  std::erase_if(catalog.relations, [&](const auto& item) { return item.second.kind == 'S' && item.second.owned_by == key; });
  for (auto& [other, relation] : catalog.relations) {
    std::erase_if(relation.constraints, [&](const Constraint& c) { return c.references == key; });
    std::erase(relation.children, key);
    std::erase(relation.parents, key);
    std::erase(relation.dependents, key);
  }
}

void drop_index(Catalog& catalog, const Name& name) {
  const auto found = catalog.find_index(name);
  if (found.table == nullptr) return;
  std::erase_if(catalog.at(found.table->key())->indexes, [&](const Index& i) { return i.name == name.name; });
}

void drop_function_triggers(Catalog& catalog, const std::string& function) {
  for (auto& [key, relation] : catalog.relations) std::erase_if(relation.triggers, [&](const Trigger& t) { return t.function == function; });
}

void apply(Catalog& catalog, const Drop& drop) {
  for (const auto& name : drop.names) {
    switch (drop.kind) {
      case Object::table:
      case Object::view:
      case Object::materialized_view:
      case Object::sequence:
      case Object::foreign_table:
        if (const auto* found = catalog.find(name); found != nullptr) drop_relation(catalog, std::string(found->key()), drop.cascade);
        break;
      case Object::index:
        drop_index(catalog, name);
        break;
      case Object::trigger:
        if (auto* table = catalog.find(drop.on); table != nullptr) std::erase_if(table->triggers, [&](const auto& t) { return t.name == name.name; });
        break;
      case Object::function:
        catalog.functions.erase(name.name);
        drop_function_triggers(catalog, name.name);
        break;
      case Object::type:
      case Object::domain:
        catalog.types.erase(catalog.key_of(name));
        break;
      case Object::schema: {
        std::vector<std::string> keys;
        for (const auto& [key, relation] : catalog.relations) {
          if (relation.schema == name.name) keys.push_back(key);
        }
        for (const auto& key : keys) drop_relation(catalog, key, true);
        break;
      }
      default:
        break;
    }
  }
}

/// Under another key, and so in everything that points to it.
void move_relation(Catalog& catalog, const std::string& from, const std::string& schema, const std::string& name) {
  auto node = catalog.relations.extract(from);
  if (node.empty()) return;
  node.mapped().schema = schema;
  node.mapped().name = name;
  const auto to = node.mapped().key();
  node.key() = to;
  catalog.relations.insert(std::move(node));
  const auto follow = [&](std::string& key) {
    if (key == from) key = to;
  };
  for (auto& [key, relation] : catalog.relations) {
    for (auto* list : {&relation.parents, &relation.children, &relation.reads, &relation.dependents}) {
      for (auto& item : *list) follow(item);
    }
    for (auto& c : relation.constraints) follow(c.references);
    follow(relation.owned_by);
  }
}

void rename_column(Catalog& catalog, Relation& table, const std::string& from, const std::string& to) {
  const auto follow = [&](std::vector<std::string>& list) {
    for (auto& name : list) {
      if (name == from) name = to;
    }
  };
  if (auto* column = table.column(from); column != nullptr) column->name = to;
  for (auto& index : table.indexes) {
    follow(index.columns);
    for (auto& key : index.keys) {
      if (key.column == from) key.column = to;
    }
  }
  for (auto& c : table.constraints) {
    follow(c.columns);
    for (auto& condition : c.conditions) {
      if (condition.column == from) condition.column = to;
    }
  }
  follow(table.partition_key);
  for (auto& statistics : table.statistics) follow(statistics.second);
  const auto key = table.key();
  for (auto& [other, relation] : catalog.relations) {
    for (auto& c : relation.constraints) {
      if (c.references == key) follow(c.referenced_columns);
    }
  }
  for (const auto& child : table.children) {
    if (auto* relation = catalog.at(child); relation != nullptr) rename_column(catalog, *relation, from, to);
  }
}

void rename_constraint(Relation& table, const std::string& from, const std::string& to) {
  for (auto& c : table.constraints) {
    if (c.name == from) c.name = to;
    if (c.index == from) c.index = to;
  }
  for (auto& index : table.indexes) {
    if (index.name == from && index.constraint == from) index.name = to;
    if (index.constraint == from) index.constraint = to;
  }
}

void apply(Catalog& catalog, const Rename& rename) {
  if (rename.kind == Object::index || (rename.kind == Object::table && catalog.find(rename.object) == nullptr)) {
    const auto found = catalog.find_index(rename.object);
    if (found.table == nullptr) return;
    auto* table = catalog.at(found.table->key());
    const auto from = found.index->name;
    for (auto& index : table->indexes) {
      if (index.name != from) continue;
      index.name = rename.new_name;
      for (auto& c : table->constraints) {
        if (c.index == from) c.index = c.name = index.constraint = rename.new_name;
      }
    }
    return;
  }
  if (rename.kind == Object::type || rename.kind == Object::domain) {
    auto node = catalog.types.extract(catalog.key_of(rename.object));
    if (node.empty()) return;
    const auto schema = node.key().substr(0, node.key().find('.'));
    node.key() = schema + "." + rename.new_name;
    catalog.types.insert(std::move(node));
    for (auto& [key, relation] : catalog.relations) {
      for (auto& column : relation.columns) {
        if (column.type.name == rename.object.name && (column.type.schema.empty() || column.type.schema == schema)) column.type.name = rename.new_name;
      }
    }
    return;
  }
  auto* relation = catalog.find(rename.object);
  if (relation == nullptr) return;
  switch (rename.kind) {
    case Object::column:
    case Object::attribute:
      return rename_column(catalog, *relation, rename.part, rename.new_name);
    case Object::constraint:
      return rename_constraint(*relation, rename.part, rename.new_name);
    case Object::trigger:
      for (auto& trigger : relation->triggers) {
        if (trigger.name == rename.part) trigger.name = rename.new_name;
      }
      return;
    case Object::table:
    case Object::view:
    case Object::materialized_view:
    case Object::sequence:
    case Object::foreign_table:
      return move_relation(catalog, relation->key(), relation->schema, rename.new_name);
    default:
      return;
  }
}

Relation& new_relation(Catalog& catalog, const Name& name, char kind, bool temporary) {
  Relation relation;
  const auto key = temporary ? "pg_temp." + name.name : catalog.key_of(name);
  relation.schema = key.substr(0, key.find('.'));
  relation.name = name.name;
  relation.kind = kind;
  relation.birth = Birth::here;
  relation.temporary = temporary;
  return catalog.relations.insert_or_assign(key, std::move(relation)).first->second;
}

void note_reads(Catalog& catalog, Relation& view, const std::vector<Name>& reads) {
  for (const auto& name : reads) {
    auto* read = catalog.find(name);
    if (read == nullptr) continue;
    view.reads.push_back(read->key());
    if (std::find(read->dependents.begin(), read->dependents.end(), view.key()) == read->dependents.end()) read->dependents.push_back(view.key());
  }
}

void apply(Catalog& catalog, const CreateView& view) {
  const auto* old = catalog.find(view.view);
  const auto birth = old != nullptr ? old->birth : Birth::here;
  auto& relation = new_relation(catalog, view.view, 'v', false);
  relation.birth = birth;
  note_reads(catalog, relation, view.reads);
}

void apply(Catalog& catalog, const CreateTableAs& table) {
  if (table.if_not_exists && catalog.find(table.table) != nullptr) return;
  auto& relation = new_relation(catalog, table.table, table.materialized_view ? 'm' : 'r', table.temporary);
  if (table.materialized_view) note_reads(catalog, relation, table.reads);
}

void apply(Catalog& catalog, const CreateType& type) {
  TypeFacts facts;
  facts.birth = Birth::here;
  facts.values = type.values;
  if (type.what == CreateType::What::enumeration) facts.kind = TypeFacts::Kind::enumeration;
  if (type.what == CreateType::What::domain) {
    facts.kind = TypeFacts::Kind::domain;
    if (type.base) facts.base = *type.base;
    for (const auto& c : type.constraints) {
      facts.constrained |= c.kind == ConstraintKind::check || c.kind == ConstraintKind::not_null;
      facts.not_null |= c.kind == ConstraintKind::not_null;
    }
    if (const auto* base = catalog.type(facts.base); base != nullptr) facts.constrained |= base->constrained;
  }
  catalog.types.insert_or_assign(catalog.key_of(type.type), std::move(facts));
}

void apply(Catalog& catalog, const AlterDomain& alter) {
  const auto found = catalog.types.find(catalog.key_of(alter.domain));
  if (found == catalog.types.end()) return;
  if (alter.what == AlterDomain::What::add_constraint || alter.what == AlterDomain::What::set_not_null) found->second.constrained = true;
  if (alter.what == AlterDomain::What::set_not_null) found->second.not_null = true;
}

void apply(Catalog& catalog, const AlterEnum& alter) {
  const auto found = catalog.types.find(catalog.key_of(alter.type));
  if (found == catalog.types.end()) return;
  if (alter.renamed_from.empty()) {
    found->second.values.push_back(alter.value);
  } else {
    std::replace(found->second.values.begin(), found->second.values.end(), alter.renamed_from, alter.value);
  }
}

void apply(Catalog& catalog, const SetSchema& set) {
  if (set.kind == Object::type || set.kind == Object::domain) {
    auto node = catalog.types.extract(catalog.key_of(set.object));
    if (node.empty()) return;
    node.key() = set.schema + "." + set.object.name;
    catalog.types.insert(std::move(node));
    return;
  }
  if (const auto* relation = catalog.find(set.object); relation != nullptr) move_relation(catalog, relation->key(), set.schema, relation->name);
}

void apply(Catalog& catalog, const CreateSequence& sequence) {
  if (sequence.if_not_exists && catalog.find(sequence.sequence) != nullptr) return;
  auto& relation = new_relation(catalog, sequence.sequence, 'S', false);
  if (const auto* owner = catalog.find(sequence.owner_table); owner != nullptr) relation.owned_by = owner->key();
}
void apply(Catalog& catalog, const AlterSequence& sequence) {
  auto* relation = catalog.find(sequence.sequence);
  const auto* owner = catalog.find(sequence.owner_table);
  if (relation != nullptr && owner != nullptr) relation->owned_by = owner->key();
}

void apply(Catalog& catalog, const CreateTrigger& trigger) {
  auto* table = catalog.find(trigger.table);
  if (table == nullptr) return;
  std::erase_if(table->triggers, [&](const auto& t) { return t.name == trigger.trigger; });
  table->triggers.push_back({trigger.trigger, trigger.function.name});
}
void apply(Catalog& catalog, const CreateStatistics& statistics) {
  for (const auto& name : statistics.tables) {
    if (auto* table = catalog.find(name); table != nullptr) table->statistics.emplace_back(statistics.statistics.name, statistics.columns);
  }
}
void apply(Catalog& catalog, const CreateFunction& function) {
  catalog.functions.insert_or_assign(function.function.name, function.volatility);
}
void apply(Catalog& catalog, const SetVariable& set) {
  if (set.name == "search_path" && !set.reset && !set.value.empty()) {
    std::vector<std::string> path;
    for (std::size_t at = 0; at < set.value.size();) {
      const auto end = std::min(set.value.find(", ", at), set.value.size());
      path.push_back(set.value.substr(at, end - at));
      at = end + 2;
    }
    catalog.search_path = std::move(path);
  }
  if (set.name == "timezone") catalog.utc = set.value == "UTC" || set.value == "utc" || set.value == "Etc/UTC";
}

void apply(Catalog& catalog, const CreateTable& table) {
  create_table(catalog, table);
}
void apply(Catalog& catalog, const AlterTable& alter) {
  alter_table(catalog, alter);
}
void apply(Catalog& catalog, const CreateIndex& index) {
  create_index(catalog, index);
}

/// What leaves nothing behind that is kept here: data, locks, privileges, comments.
template <class T>
void apply(Catalog&, const T&) {}

}  // namespace

void replay(Catalog& catalog, const Action& action) {
  std::visit([&](const auto& one) { apply(catalog, one); }, action);
}

}  // namespace tidegate::migrations::catalog
