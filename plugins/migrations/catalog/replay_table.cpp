// SPDX-License-Identifier: Apache-2.0
#include "migrations/catalog/replay_table.hpp"

#include <algorithm>

#include "migrations/catalog/replay.hpp"

namespace tidegate::migrations::catalog {
namespace {

using namespace syntax;
using syntax::ConstraintKind;

bool taken(const Catalog& catalog, const Relation& table, const std::string& name) {
  if (catalog.at(table.schema + "." + name) != nullptr) return true;
  if (table.constraint(name) != nullptr) return true;
  return catalog.find_index({table.schema, name}).index != nullptr;
}

std::vector<std::string> all_columns(const std::vector<IndexKey>& keys, const std::vector<std::string>& include,
                                     const std::optional<Expression>& predicate) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  };
  for (const auto& key : keys) {
    add(key.column);
    if (key.expression) std::for_each(key.expression->columns.begin(), key.expression->columns.end(), add);
  }
  std::for_each(include.begin(), include.end(), add);
  if (predicate) std::for_each(predicate->columns.begin(), predicate->columns.end(), add);
  return out;
}

void add_sequence(Catalog& catalog, const Relation& table, const std::string& column) {
  Relation sequence;
  sequence.schema = table.schema;
  sequence.name = chosen_name(catalog, table, {column}, "seq");
  sequence.kind = 'S';
  sequence.birth = Birth::here;
  sequence.owned_by = table.key();
  const auto key = sequence.key();
  catalog.relations.insert_or_assign(key, std::move(sequence));
}

void add_constraint(Catalog& catalog, Relation& table, const syntax::Constraint& c) {
  if (c.kind == ConstraintKind::not_null || c.kind == ConstraintKind::primary_key) {
    for (const auto& name : c.columns) {
      if (auto* column = table.column(name); column != nullptr) column->not_null = true;
    }
  }
  Constraint out;
  out.kind = c.kind;
  out.columns = c.columns;
  out.birth = Birth::here;
  std::string_view label = "check";
  switch (c.kind) {
    case ConstraintKind::check:
      out.validated = !c.not_valid;
      if (c.expression) out.conditions = c.expression->conditions;
      break;
    case ConstraintKind::foreign_key:
      label = "fkey";
      out.validated = !c.not_valid;
      out.referenced_columns = c.referenced_columns;
      if (const auto* other = catalog.find(c.references); other != nullptr) {
        out.references = other->key();
      } else {
        out.references = catalog.key_of(c.references);
      }
      break;
    case ConstraintKind::primary_key:
      label = "pkey";
      break;
    case ConstraintKind::unique:
      label = "key";
      break;
    case ConstraintKind::exclusion:
      label = "excl";
      break;
    default:
      return;
  }
  if (!c.using_index.empty()) {
    for (auto& index : table.indexes) {
      if (index.name != c.using_index) continue;
      if (!c.name.empty()) index.name = c.name;
      index.constraint = index.name;
      index.primary = c.kind == ConstraintKind::primary_key;
      out.name = out.index = index.name;
      for (const auto& key : index.keys) out.columns.push_back(key.column);
      if (auto* column = index.primary && !out.columns.empty() ? table.column(out.columns.front()) : nullptr; column != nullptr) column->not_null = true;
    }
    if (out.name.empty()) out.name = c.name;
    table.constraints.push_back(std::move(out));
    return;
  }
  out.name = !c.name.empty() ? c.name : chosen_name(catalog, table, c.kind == ConstraintKind::primary_key ? std::vector<std::string>{} : c.columns, label);
  if (c.kind != ConstraintKind::check && c.kind != ConstraintKind::foreign_key) {
    Index index;
    index.name = index.constraint = out.index = out.name;
    index.unique = c.kind != ConstraintKind::exclusion;
    index.primary = c.kind == ConstraintKind::primary_key;
    index.columns = c.columns;
    if (!c.method.empty()) index.method = c.method;
    index.birth = Birth::here;
    for (const auto& column : c.columns) index.keys.push_back({column, {}, {}, {}});
    table.indexes.push_back(std::move(index));
  }
  table.constraints.push_back(std::move(out));
}

void add_column(Catalog& catalog, Relation& table, const syntax::Column& column) {
  Column out;
  out.name = column.name;
  out.type = column.type;
  out.collation = column.collation;
  if (out.type.serial()) {
    out.type.name = out.type.name == "bigserial" ? "int8" : out.type.name == "smallserial" ? "int2" : "int4";
    out.has_default = out.not_null = true;
    add_sequence(catalog, table, column.name);
  }
  if (const auto* d = column.constraint(ConstraintKind::default_); d != nullptr) out.has_default = !(d->expression && d->expression->null);
  if (column.constraint(ConstraintKind::identity) != nullptr) {
    out.identity = out.not_null = true;
    add_sequence(catalog, table, column.name);
  }
  out.generated = column.constraint(ConstraintKind::generated) != nullptr;
  table.columns.push_back(std::move(out));
  for (const auto& c : column.constraints) add_constraint(catalog, table, c);
}

void drop_column(Catalog& catalog, Relation& table, const std::string& name) {
  const auto uses = [&](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), name) != list.end(); };
  std::erase_if(table.columns, [&](const Column& c) { return c.name == name; });
  std::erase_if(table.indexes, [&](const Index& i) { return uses(i.columns); });
  std::erase_if(table.constraints, [&](const Constraint& c) { return uses(c.columns); });
  const auto key = table.key();
  for (auto& [other, relation] : catalog.relations)
    std::erase_if(relation.constraints, [&](const Constraint& c) { return c.references == key && uses(c.referenced_columns); });
}

void drop_constraint(Relation& table, const std::string& name) {
  std::erase_if(table.constraints, [&](const Constraint& c) { return c.name == name; });
  std::erase_if(table.indexes, [&](const Index& i) { return i.constraint == name; });
}

void attach(Catalog& catalog, Relation& parent, const Name& child, const PartitionBound& bound) {
  auto* partition = catalog.find(child);
  if (partition == nullptr) return;
  parent.children.push_back(partition->key());
  partition->parents.push_back(parent.key());
  partition->partition = true;
  partition->bound = bound;
}

void detach(Catalog& catalog, Relation& parent, const Name& child) {
  auto* partition = catalog.find(child);
  if (partition == nullptr) return;
  std::erase(parent.children, partition->key());
  std::erase(partition->parents, parent.key());
  partition->partition = false;
}

bool goes_to_children(Alter what) {
  switch (what) {
    case Alter::add_column:
    case Alter::drop_column:
    case Alter::set_type:
    case Alter::set_not_null:
    case Alter::drop_not_null:
    case Alter::set_default:
    case Alter::drop_default:
    case Alter::validate_constraint:
      return true;
    default:
      return false;
  }
}

void apply(Catalog& catalog, Relation& table, const AlterCommand& c) {
  auto* column = table.column(c.name);
  switch (c.what) {
    case Alter::add_column:
      if (c.column && !(c.missing_ok && column != nullptr)) add_column(catalog, table, *c.column);
      break;
    case Alter::drop_column:
      drop_column(catalog, table, c.name);
      break;
    case Alter::set_type:
      if (column != nullptr && c.column) {
        column->type = c.column->type;
        column->collation = c.column->collation;
      }
      break;
    case Alter::set_not_null:
    case Alter::drop_not_null:
      if (column != nullptr) column->not_null = c.what == Alter::set_not_null;
      break;
    case Alter::set_default:
    case Alter::drop_default:
      if (column != nullptr) column->has_default = c.what == Alter::set_default;
      break;
    case Alter::add_identity:
      if (column != nullptr) column->identity = true;
      break;
    case Alter::drop_identity:
      if (column != nullptr) column->identity = false;
      break;
    case Alter::drop_expression:
      if (column != nullptr) column->generated = false;
      break;
    case Alter::add_constraint:
      if (c.constraint) add_constraint(catalog, table, *c.constraint);
      break;
    case Alter::drop_constraint:
      drop_constraint(table, c.name);
      break;
    case Alter::validate_constraint:
      for (auto& constraint : table.constraints) {
        if (constraint.name == c.name) constraint.validated = true;
      }
      break;
    case Alter::set_logged:
    case Alter::set_unlogged:
      table.unlogged = c.what == Alter::set_unlogged;
      break;
    case Alter::attach_partition:
      return attach(catalog, table, c.other, c.bound);
    case Alter::detach_partition:
      return detach(catalog, table, c.other);
    case Alter::inherit:
      if (auto* parent = catalog.find(c.other); parent != nullptr) {
        parent->children.push_back(table.key());
        table.parents.push_back(parent->key());
      }
      break;
    case Alter::no_inherit:
      if (auto* parent = catalog.find(c.other); parent != nullptr) {
        std::erase(parent->children, table.key());
        std::erase(table.parents, parent->key());
      }
      break;
    default:
      break;
  }
}

void apply_with_children(Catalog& catalog, Relation& table, const AlterCommand& c, bool only) {
  apply(catalog, table, c);
  if (only || !goes_to_children(c.what)) return;
  for (const auto& key : std::vector<std::string>(table.children)) {
    if (auto* child = catalog.at(key); child != nullptr) apply_with_children(catalog, *child, c, false);
  }
}

}  // namespace

std::string chosen_name(const Catalog& catalog, const Relation& table, const std::vector<std::string>& columns, std::string_view label) {
  std::string base = table.name;
  for (const auto& column : columns) base += "_" + (column.empty() ? std::string("expr") : column);
  base += "_";
  for (int i = 0;; ++i) {
    auto name = base + std::string(label) + (i == 0 ? "" : std::to_string(i));
    if (!taken(catalog, table, name)) return name;
  }
}

void create_table(Catalog& catalog, const CreateTable& create) {
  if (catalog.find(create.table) != nullptr && create.if_not_exists) return;
  Relation made;
  const auto key = create.temporary ? "pg_temp." + create.table.name : catalog.key_of(create.table);
  made.schema = key.substr(0, key.find('.'));
  made.name = create.table.name;
  made.kind = create.partition_strategy != 0 ? 'p' : 'r';
  made.birth = Birth::here;
  made.temporary = create.temporary;
  made.unlogged = create.unlogged;
  made.partition_strategy = create.partition_strategy;
  made.partition_key = create.partition_key;
  auto& table = catalog.relations.insert_or_assign(key, std::move(made)).first->second;
  const auto copy_from = [&](const Name& name) {
    const auto* other = catalog.find(name);
    if (other != nullptr && other != &table) table.columns.insert(table.columns.end(), other->columns.begin(), other->columns.end());
    return other == &table ? nullptr : catalog.at(other == nullptr ? std::string_view{} : std::string_view(other->key()));
  };
  for (const auto& name : create.like) copy_from(name);
  for (const auto& name : create.inherits) {
    if (auto* parent = copy_from(name); parent != nullptr) {
      parent->children.push_back(key);
      table.parents.push_back(parent->key());
    }
  }
  if (!create.partition_of.empty()) {
    if (auto* parent = copy_from(create.partition_of); parent != nullptr) {
      attach(catalog, *parent, {table.schema, table.name}, create.bound);
      for (const auto& index : parent->indexes) {
        auto own = index;
        own.name = chosen_name(catalog, table, index.primary ? std::vector<std::string>{} : index.columns, index.primary ? "pkey" : "idx");
        table.indexes.push_back(std::move(own));
      }
    }
  }
  for (const auto& column : create.columns) {
    if (table.column(column.name) == nullptr) add_column(catalog, table, column);
  }
  for (const auto& c : create.constraints) add_constraint(catalog, table, c);
}

void alter_table(Catalog& catalog, const AlterTable& alter) {
  auto* table = catalog.find(alter.table);
  if (table == nullptr) return;
  for (const auto& command : alter.commands) apply_with_children(catalog, *table, command, alter.only);
}

void create_index(Catalog& catalog, const CreateIndex& create) {
  auto* table = catalog.find(create.table);
  if (table == nullptr) return;
  Index index;
  index.keys = create.keys;
  index.unique = create.unique;
  index.partial = create.predicate.has_value();
  index.expressions = std::any_of(create.keys.begin(), create.keys.end(), [](const auto& k) { return k.column.empty(); });
  if (!create.method.empty()) index.method = create.method;
  index.columns = all_columns(create.keys, create.include, create.predicate);
  index.birth = Birth::here;
  std::vector<std::string> named;
  for (const auto& key : create.keys) named.push_back(key.column);
  index.name = !create.index.name.empty() ? create.index.name : chosen_name(catalog, *table, named, "idx");
  if (create.if_not_exists && table->index(index.name) != nullptr) return;
  table->indexes.push_back(index);
  if (create.only) return;
  for (const auto& child : table->children) {
    if (auto* partition = catalog.at(child); partition != nullptr && partition->partition) {
      auto copy = create;
      copy.index = {};
      copy.table = {partition->schema, partition->name};
      create_index(catalog, copy);
    }
  }
}

}  // namespace tidegate::migrations::catalog
