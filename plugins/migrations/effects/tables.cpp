// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE and ALTER TABLE: the locks of AlterTableGetLockLevel (tablecmds.c), and what its passes do after it.
#include <algorithm>

#include "migrations/effects/builder.hpp"

namespace tidegate::migrations::effects {
namespace {

using namespace syntax;
using catalog::Relation;

Mode lock_of(const AlterCommand& c) {
  switch (c.what) {
    case Alter::set_statistics:
    case Alter::set_column_options:
    case Alter::set_options:
    case Alter::cluster_on:
    case Alter::without_cluster:
    case Alter::validate_constraint:
    case Alter::attach_partition:
      return Mode::share_update_exclusive;
    case Alter::detach_partition:
      return c.concurrently || c.finalize ? Mode::share_update_exclusive : Mode::access_exclusive;
    case Alter::enable_trigger:
    case Alter::disable_trigger:
      return Mode::share_row_exclusive;
    case Alter::add_constraint:
      return c.constraint && c.constraint->kind == ConstraintKind::foreign_key ? Mode::share_row_exclusive : Mode::access_exclusive;
    default:
      return Mode::access_exclusive;
  }
}

bool goes_to_children(const AlterCommand& c) {
  switch (c.what) {
    case Alter::add_column:
    case Alter::drop_column:
    case Alter::set_type:
    case Alter::set_default:
    case Alter::drop_default:
    case Alter::set_not_null:
    case Alter::drop_not_null:
    case Alter::set_statistics:
    case Alter::set_storage:
    case Alter::set_compression:
    case Alter::drop_constraint:
    case Alter::validate_constraint:
    case Alter::drop_expression:
      return true;
    case Alter::add_constraint:
      return c.constraint && (c.constraint->kind != ConstraintKind::check || !c.constraint->no_inherit);
    default:
      return false;
  }
}

/// What has to be done to one table, collected over all commands of a statement.
struct Work {
  bool rewrite = false, scan = false, builds_index = false;
  std::vector<std::string> made_anew;  ///< indexes on a column whose type changes
};

class Altering {
 public:
  Altering(Builder& b, const AlterTable& alter, const Relation* table) : b_(b), alter_(alter), table_(table) {}

  void run() {
    for (const auto& c : alter_.commands) command(c);
    if (table_ == nullptr) {
      if (work_.rewrite) b_.rewrite_unknown(alter_.table);
      if (work_.scan) b_.scan(alter_.table);
      if (work_.builds_index) b_.lock(alter_.table, Mode::share);
      return;
    }
    finish(*table_);
    if (!alter_.only) children(*table_);
  }

 private:
  void children(const Relation& parent) {
    for (const auto& key : parent.children) {
      const auto* child = b_.catalog().at(key);
      if (child == nullptr) continue;
      for (const auto& c : alter_.commands) {
        if (goes_to_children(c)) b_.lock(*child, lock_of(c));
      }
      if (work_.rewrite || work_.scan || work_.builds_index) finish(*child);
      children(*child);
    }
  }

  void finish(const Relation& table) {
    if (work_.rewrite) b_.rewrite(table, work_.made_anew);
    for (const auto& name : work_.made_anew) {
      if (const auto* index = table.index(name); index != nullptr) b_.lock_index(table, *index, Mode::access_exclusive);
    }
    if (!work_.made_anew.empty() || work_.builds_index) b_.lock(table, Mode::share);
    if (work_.rewrite || work_.scan || work_.builds_index) b_.scan(table);
  }

  void command(const AlterCommand& c) {
    switch (c.what) {
      case Alter::add_column:
        if (c.column && !(c.missing_ok && table_ != nullptr && table_->column(c.name) != nullptr)) add_column(*c.column);
        return;
      case Alter::set_type:
        return set_type(c);
      case Alter::set_not_null:
        if (table_ == nullptr || !table_->proven_not_null(c.name)) work_.scan = true;
        return;
      case Alter::add_constraint:
        if (c.constraint) add_constraint(*c.constraint);
        return;
      case Alter::validate_constraint:
        return validate(c);
      case Alter::drop_constraint:
        return drop_constraint(c);
      case Alter::drop_column:
        return drop_column(c.name);
      case Alter::set_logged:
      case Alter::set_unlogged:
        if (table_ == nullptr || table_->unlogged != (c.what == Alter::set_unlogged)) work_.rewrite = true;
        return;
      case Alter::set_access_method:
        if (table_ == nullptr || table_->access_method != c.name) work_.rewrite = true;
        return;
      case Alter::set_tablespace:
        if (alter_.kind != Object::index && moves(c.name)) work_.rewrite = true;
        return;
      case Alter::cluster_on:
        if (table_ == nullptr) return;
        if (const auto* index = table_->index(c.name); index != nullptr) b_.lock_index(*table_, *index, Mode::share_update_exclusive);
        return;
      case Alter::inherit:
      case Alter::no_inherit:
        b_.lock(c.other, Mode::share_update_exclusive);
        return;
      case Alter::attach_partition:
        return attach(c);
      case Alter::detach_partition:
        return detach(c);
      default:
        return;
    }
  }

  [[nodiscard]] bool moves(const std::string& tablespace) const {
    const auto of = [](const std::string& name) { return name.empty() ? std::string("pg_default") : name; };
    return table_ == nullptr || of(table_->tablespace) != of(tablespace);
  }

  void add_column(const Column& column) {
    if (!rewrite_reason(b_.catalog(), column).empty()) work_.rewrite = true;
    const auto* given = column.constraint(ConstraintKind::default_);
    const bool has_value = given != nullptr && !(given->expression && given->expression->null);
    for (const auto& c : column.constraints) {
      if (c.kind == ConstraintKind::check) work_.scan = true;
      if (c.kind == ConstraintKind::unique || c.kind == ConstraintKind::primary_key) work_.builds_index = true;
      if (c.kind == ConstraintKind::foreign_key) foreign_key(c, has_value);
    }
  }

  void foreign_key(const Constraint& c, bool validates) {
    if (table_ != nullptr) {
      b_.lock(*table_, Mode::share_row_exclusive);
    } else {
      b_.lock(alter_.table, Mode::share_row_exclusive);
    }
    b_.lock(c.references, Mode::share_row_exclusive);
    if (!validates) return;
    work_.scan = true;
    b_.scan(c.references);
  }

  void add_constraint(const Constraint& c) {
    switch (c.kind) {
      case ConstraintKind::check:
        if (!c.not_valid) work_.scan = true;
        return;
      case ConstraintKind::foreign_key:
        return foreign_key(c, !c.not_valid);
      case ConstraintKind::unique:
      case ConstraintKind::primary_key:
      case ConstraintKind::exclusion:
        if (c.using_index.empty()) {
          work_.builds_index = true;
          return;
        }
        if (table_ == nullptr) return;
        if (const auto* index = table_->index(c.using_index); index != nullptr) {
          if (!c.name.empty() && c.name != index->name) b_.lock_index(*table_, *index, Mode::share_update_exclusive);  // is renamed
          const bool proven = std::all_of(index->keys.begin(), index->keys.end(), [&](const auto& k) { return table_->proven_not_null(k.column); });
          if (c.kind == ConstraintKind::primary_key && !proven) work_.scan = true;
        }
        return;
      default:
        return;
    }
  }

  void validate(const AlterCommand& c) {
    const auto* constraint = table_ == nullptr ? nullptr : table_->constraint(c.name);
    if (constraint != nullptr && constraint->validated) return;
    work_.scan = true;
    if (constraint == nullptr || constraint->kind != ConstraintKind::foreign_key) return;
    if (const auto* other = b_.catalog().at(constraint->references); other != nullptr) b_.scan_all(*other);
  }

  void drop_constraint(const AlterCommand& c) {
    const auto* constraint = table_ == nullptr ? nullptr : table_->constraint(c.name);
    if (constraint == nullptr) return;
    if (const auto* other = b_.catalog().at(constraint->references); other != nullptr) b_.lock(*other, Mode::access_exclusive);
    if (constraint->index.empty()) return;
    if (const auto* index = table_->index(constraint->index); index != nullptr) b_.lock_index(*table_, *index, Mode::access_exclusive);
    if (c.cascade) lock_children_of(constraint->columns);
  }

  void lock_children_of(const std::vector<std::string>& columns) {
    for (const auto& [child, key] : b_.catalog().references_to(table_->key())) {
      if (key->referenced_columns.empty() || key->referenced_columns == columns) b_.lock(*child, Mode::access_exclusive);
    }
  }

  void drop_column(const std::string& name) {
    if (table_ == nullptr) return;
    const auto uses = [&](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), name) != list.end(); };
    for (const auto& index : table_->indexes) {
      if (uses(index.columns)) b_.lock_index(*table_, index, Mode::access_exclusive);
    }
    for (const auto& c : table_->constraints) {
      const auto* other = uses(c.columns) ? b_.catalog().at(c.references) : nullptr;
      if (other != nullptr) b_.lock(*other, Mode::access_exclusive);
    }
  }

  void set_type(const AlterCommand& c) {
    if (!c.column) return;
    const auto* old = table_ == nullptr ? nullptr : table_->column(c.name);
    const auto change = type_change(b_.catalog(), old, c);
    if (change.rewrite) work_.rewrite = true;
    if (table_ == nullptr) return;
    const auto uses = [&](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), c.name) != list.end(); };
    for (const auto& index : table_->indexes) {
      if (!uses(index.columns)) continue;
      work_.made_anew.push_back(index.name);
      if (!change.index_kept || index.partial || index.expressions) work_.scan = true;  // CheckIndexCompatible: built from the rows
    }
    for (const auto& constraint : table_->constraints) {
      if (!uses(constraint.columns)) continue;
      if (constraint.kind == ConstraintKind::check) work_.scan = true;
      if (constraint.kind == ConstraintKind::foreign_key) retie(constraint, change);
    }
    for (const auto& [child, key] : b_.catalog().references_to(table_->key())) {
      if (!key->referenced_columns.empty() && !uses(key->referenced_columns)) continue;
      if (key->referenced_columns.empty() && !in_primary_key(c.name)) continue;
      b_.lock(*child, Mode::access_exclusive);
      if (!change.index_kept) b_.scan_all(*child);
    }
    for (const auto& statistics : table_->statistics) {
      if (uses(statistics.second)) b_.lock(*table_, Mode::share_update_exclusive);
    }
  }

  void retie(const catalog::Constraint& constraint, const TypeChange& change) {
    if (const auto* other = b_.catalog().at(constraint.references); other != nullptr) {
      b_.lock(*other, Mode::access_exclusive);
      if (!change.index_kept) b_.scan_all(*other);
    }
    if (!change.index_kept) work_.scan = true;
  }

  [[nodiscard]] bool in_primary_key(const std::string& column) const {
    return std::any_of(table_->indexes.begin(), table_->indexes.end(), [&](const auto& i) {
      return i.primary && std::find(i.columns.begin(), i.columns.end(), column) != i.columns.end();
    });
  }

  void attach(const AlterCommand& c) {
    if (alter_.kind == Object::index) return;
    const auto* child = b_.lock(c.other, Mode::access_exclusive);
    if (table_ == nullptr) return b_.scan(c.other);
    if (const auto* rest = default_partition(b_.catalog(), *table_); rest != nullptr && !c.bound.is_default) {
      b_.lock(*rest, Mode::access_exclusive);
      if (!excludes_bound(*rest, *table_, c.bound)) b_.scan_all(*rest);
    }
    if (child == nullptr) return b_.scan(c.other);
    const bool lacks_index = child->indexes.size() < table_->indexes.size();
    if (lacks_index || !proves_bound(*child, *table_, c.bound)) b_.scan_all(*child);
  }

  void detach(const AlterCommand& c) {
    b_.lock(c.other, Mode::access_exclusive);
    if (table_ == nullptr || c.concurrently || c.finalize) return;
    if (const auto* rest = default_partition(b_.catalog(), *table_); rest != nullptr) b_.lock(*rest, Mode::access_exclusive);
  }

  Builder& b_;
  const AlterTable& alter_;
  const Relation* table_;
  Work work_;
};

void alter_index(Builder& b, const AlterTable& alter) {
  const auto found = b.catalog().find_index(alter.table);
  for (const auto& c : alter.commands) {
    if (found.index != nullptr) {
      b.lock_index(*found.table, *found.index, lock_of(c));
    } else {
      b.lock(alter.table, lock_of(c));
    }
  }
}

}  // namespace

void alter_table(Builder& b, const AlterTable& alter) {
  if (alter.kind == Object::index || (alter.kind == Object::table && b.catalog().find_index(alter.table).index != nullptr)) return alter_index(b, alter);
  if (alter.kind == Object::type) return;
  const auto* table = b.catalog().find(alter.table);
  if (table == nullptr && alter.missing_ok && b.catalog().complete) return;
  // The statement takes the strongest that any of its commands needs, from its start.
  auto mode = Mode::access_share;
  for (const auto& c : alter.commands) mode = std::max(mode, lock_of(c));
  b.lock(alter.table, mode);
  Altering(b, alter, table).run();
}

void create_table(Builder& b, const CreateTable& create) {
  if (create.if_not_exists && b.catalog().find(create.table) != nullptr) return;
  for (const auto& parent : create.inherits) b.lock(parent, Mode::share_update_exclusive);
  bool indexed = false;
  const auto constraint = [&](const Constraint& c) {
    if (c.kind == ConstraintKind::foreign_key && !c.references.same(create.table)) b.lock(c.references, Mode::share_row_exclusive);
    indexed |= c.kind == ConstraintKind::primary_key || c.kind == ConstraintKind::unique || c.kind == ConstraintKind::exclusion;
  };
  for (const auto& column : create.columns) std::for_each(column.constraints.begin(), column.constraints.end(), constraint);
  std::for_each(create.constraints.begin(), create.constraints.end(), constraint);
  if (indexed && create.partition_strategy == 0) b.scan_named(b.catalog().shown(create.table));  // of nothing
  if (create.partition_of.empty()) return;
  const auto* parent = b.lock(create.partition_of, Mode::access_exclusive);
  if (parent == nullptr || create.bound.is_default) return;
  if (const auto* rest = default_partition(b.catalog(), *parent); rest != nullptr) {
    b.lock(*rest, Mode::access_exclusive);
    if (!excludes_bound(*rest, *parent, create.bound)) b.scan_all(*rest);
  }
}

const Name* volatile_call(const catalog::Catalog& catalog, const Expression& expression) {
  for (const auto& call : expression.functions) {
    if (catalog.volatility(call).value_or('v') == 'v') return &call;
  }
  return nullptr;
}

std::string rewrite_reason(const catalog::Catalog& catalog, const Column& column) {
  if (column.type.serial()) return "serial";
  if (column.constraint(ConstraintKind::identity) != nullptr) return "identity";
  if (column.constraint(ConstraintKind::generated) != nullptr) return "generated";
  if (const auto* type = catalog.type(column.type); type != nullptr && type->kind == catalog::TypeFacts::Kind::domain && type->constrained)
    return "domain";
  const auto* given = column.constraint(ConstraintKind::default_);
  return given != nullptr && given->expression && volatile_call(catalog, *given->expression) != nullptr ? "volatile" : "";
}

}  // namespace tidegate::migrations::effects
