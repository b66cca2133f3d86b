// SPDX-License-Identifier: Apache-2.0
// What the code meets that still runs while and after this migration is applied.
#include <algorithm>
#include <array>

#include "rules/write.hpp"

namespace tidegate::safety::rules {
namespace {

using syntax::Alter;
using syntax::AlterCommand;
using syntax::AlterTable;
using syntax::ConstraintKind;
using syntax::Object;

const syntax::Rename* rename_of(const Statement& s) {
  return std::get_if<syntax::Rename>(&s.action);
}

void rename_column(const Statement& s, const Emit& emit) {
  const auto* r = rename_of(s);
  if (r == nullptr || r->kind != Object::column || !s.in_use(r->object)) return;
  if (s.before.said.contains("column " + s.shown(r->object) + "." + r->part)) return;  // made by this migration
  emit({"column " + r->part + " of " + s.shown(r->object) + " is " + r->new_name + " from now on: code that runs with the old name fails",
        "-- add " + quoted(r->new_name) + ", write both (a trigger), fill it in batches, move the readers, and drop " + quoted(r->part) + " in a later release", r->object.at, {}});
}
void rename_table(const Statement& s, const Emit& emit) {
  const auto* r = rename_of(s);
  if (r == nullptr || (r->kind != Object::table && r->kind != Object::view && r->kind != Object::materialized_view) || !s.in_use(r->object)) return;
  if (s.catalog.find(r->object) == nullptr && s.catalog.find_index(r->object).index != nullptr) return;  // ALTER TABLE … RENAME of an index
  emit({s.shown(r->object) + " is " + r->new_name + " from now on: code that runs with the old name fails",
        "BEGIN;\n" + std::string(s.text) + ";\nCREATE VIEW " + quoted(r->object) + " AS SELECT * FROM " + quoted(syntax::Name{r->object.schema, r->new_name}) +
            ";\nCOMMIT;\n-- a simple view takes writes as well; drop it in a later release",
        r->object.at, {}});
}
void rename_schema(const Statement& s, const Emit& emit) {
  const auto* r = rename_of(s);
  if (r == nullptr || r->kind != Object::schema) return;
  emit({"schema " + r->object.name + " is " + r->new_name + " from now on: code that names it, or has it in its search_path, fails", "-- make the new schema beside the old one, with views", 0, {}});
}
void rename_object(const Statement& s, const Emit& emit) {
  const auto* r = rename_of(s);
  if (r == nullptr) return;
  if (r->kind != Object::type && r->kind != Object::domain && r->kind != Object::function && r->kind != Object::sequence && r->kind != Object::attribute) return;
  if (r->kind == Object::sequence && !s.in_use(r->object)) return;
  const auto type = s.catalog.types.find(s.catalog.key_of(r->object));
  if (type != s.catalog.types.end() && type->second.birth != catalog::Birth::existed) return;
  // An enum is often made anew under its name and the old one put aside: columns move to the new one in between.
  const bool replaced_type = r->kind == Object::type && s.rest.find(r->new_name) != std::string_view::npos && s.rest.find("DROP TYPE") != std::string_view::npos;
  if (replaced_type) return;
  emit({r->object.name + " is " + r->new_name + " from now on: code that casts to it, calls it or uses it by name fails", "-- make the new one beside the old one, and drop that in a later release", 0, {}});
}
void rename_enum_value(const Statement& s, const Emit& emit) {
  const auto* e = std::get_if<syntax::AlterEnum>(&s.action);
  if (e == nullptr || e->renamed_from.empty()) return;
  emit({"value '" + e->renamed_from + "' of " + e->type.name + " is '" + e->value + "' from now on: code that writes or compares the old one fails",
        "ALTER TYPE " + quoted(e->type) + " ADD VALUE " + literal(e->value) + ";\n-- then let the code take both, and move the rows in batches", e->type.at, {}});
}
void set_schema(const Statement& s, const Emit& emit) {
  const auto* set = std::get_if<syntax::SetSchema>(&s.action);
  if (set == nullptr || set->kind == Object::extension) return;
  const bool relation = set->kind == Object::table || set->kind == Object::view || set->kind == Object::sequence || set->kind == Object::materialized_view;
  if (relation && !s.in_use(set->object)) return;
  emit({s.shown(set->object) + " is in schema " + set->schema + " from now on: code finds it no more, unless its search_path has that schema",
        std::string(s.text) + ";\nCREATE VIEW " + quoted(set->object) + " AS SELECT * FROM " + quoted(syntax::Name{set->schema, set->object.name}) + ";", set->object.at, {}});
}

void add_required_column(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_column, [&](const AlterTable& a, const AlterCommand& c) {
    if (!c.column) return;
    const auto* table = s.relation(a.table);
    if (table != nullptr && table->kind == 'f') return;
    if (c.missing_ok && table != nullptr && table->column(c.name) != nullptr) return;
    const auto* type = s.catalog.type(c.column->type);
    const bool required = c.column->constraint(ConstraintKind::not_null) != nullptr || c.column->constraint(ConstraintKind::primary_key) != nullptr ||
                          (type != nullptr && type->not_null);
    const auto* given = c.column->constraint(ConstraintKind::default_);
    const bool filled = (given != nullptr && !(given->expression && given->expression->null)) || c.column->type.serial() ||
                        c.column->constraint(ConstraintKind::identity) != nullptr || c.column->constraint(ConstraintKind::generated) != nullptr;
    if (!required || filled) return;
    const bool empty = table != nullptr && table->size && table->size->bytes == 0;
    emit({"the new column " + c.name + " of " + s.shown(a.table) + " is NOT NULL without a DEFAULT" + (empty ? "" : ": it fails when the table has rows"),
          alter(a.table, "ADD COLUMN " + quoted(c.name) + " " + c.column->type.text() + " NOT NULL DEFAULT …") + "-- and drop the default in the next release, if it is not wanted", c.at.offset, {}});
  });
}
void drop_default_early(const Statement& s, const Emit& emit) {
  each_command(s, Alter::drop_default, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    const auto* column = table == nullptr ? nullptr : table->column(c.name);
    if (column == nullptr || !column->not_null || !column->has_default || column->identity) return;
    const bool swaps = std::any_of(a.commands.begin(), a.commands.end(), [&](const auto& o) { return o.name == c.name && (o.what == Alter::set_default || o.what == Alter::set_type || o.what == Alter::add_identity || o.what == Alter::drop_not_null); }) ||
                       s.rest.find("SET DEFAULT") != std::string_view::npos;
    if (swaps) return;
    emit({s.shown(a.table) + "." + c.name + " is NOT NULL and loses its default: inserts of the code that still runs, which leave it out, fail",
          "-- in the release after the code that always writes it", c.at.offset, {}});
  });
}

void set_not_null(const Statement& s, const Emit& emit) {
  each_command(s, Alter::set_not_null, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    if (const auto* column = table == nullptr ? nullptr : table->column(c.name); column != nullptr && column->not_null) return;
    emit({"code that still runs and writes no " + c.name + " into " + s.shown(a.table) + " fails from now on", "-- first the code that always writes it, then this, in a migration after that release", c.at.offset, {}});
  });
}
void added(const Statement& s, const Emit& emit, ConstraintKind kind, const std::string& what) {
  each_command(s, Alter::add_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    if (!c.constraint || c.constraint->kind != kind) return;
    const auto* table = s.relation(a.table);
    // On columns that this migration makes, no code writes anything that could break it.
    const bool on_new_columns = table != nullptr && !c.constraint->columns.empty() && std::all_of(c.constraint->columns.begin(), c.constraint->columns.end(), [&](const auto& name) {
      return s.before.said.contains("column " + s.shown(a.table) + "." + name);
    });
    if (on_new_columns) return;
    emit({"code that still runs and writes into " + s.shown(a.table) + " " + what + " fails from now on", "-- first the code that keeps to it, then this, in a migration after that release", c.at.offset, {}});
  });
}
void add_check(const Statement& s, const Emit& emit) {
  added(s, emit, ConstraintKind::check, "what the new CHECK refuses");
}
void add_unique(const Statement& s, const Emit& emit) {
  added(s, emit, ConstraintKind::unique, "a value a second time");
  const auto* c = std::get_if<syntax::CreateIndex>(&s.action);
  if (c == nullptr || !c->unique || !s.in_use(c->table)) return;
  bool fresh = !c->keys.empty();
  for (const auto& key : c->keys) fresh = fresh && s.before.said.contains("column " + s.shown(c->table) + "." + key.column);
  if (!fresh) emit({"code that still runs and writes a value a second time into " + s.shown(c->table) + " fails from now on; rows that have it already make it fail", "-- see first what is there twice: SELECT …, count(*) FROM " + quoted(c->table) + " GROUP BY … HAVING count(*) > 1;", 0, {}});
}
void add_fk(const Statement& s, const Emit& emit) {
  added(s, emit, ConstraintKind::foreign_key, "what the other table does not have");
}

void change_default(const Statement& s, const Emit& emit) {
  each_command(s, Alter::set_default, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    const auto* column = table == nullptr ? nullptr : table->column(c.name);
    if (column == nullptr || !column->has_default) return;
    emit({"the default of " + s.shown(a.table) + "." + c.name + " changes: code that still runs and writes the old default itself goes on with that", "", c.at.offset, {}});
  });
}

void enum_in_transaction(const Statement& s, const Emit& emit) {
  if (std::holds_alternative<syntax::AlterEnum>(s.action) || std::holds_alternative<syntax::CreateType>(s.action) || std::holds_alternative<syntax::Comment>(s.action)) return;
  for (const auto& value : s.before.new_enum_values) {
    const auto use = s.text.find(literal(value));
    if (use == std::string_view::npos) continue;
    emit({"value " + literal(value) + " is used in the transaction that adds it by ALTER TYPE … ADD VALUE, which PostgreSQL refuses", "-- ALTER TYPE … ADD VALUE in a migration of its own, before this one", use, {}});
  }
}

void if_exists_noop(const Statement& s, const Emit& emit) {
  if (const auto* c = std::get_if<syntax::CreateTable>(&s.action); c != nullptr && c->if_not_exists) {
    const auto* there = s.relation(c->table);
    if (there == nullptr) return;
    const bool same = std::all_of(c->columns.begin(), c->columns.end(), [&](const auto& column) {
      const auto* old = there->column(column.name);
      return old != nullptr && (old->type.name == column.type.name || column.type.serial());
    });
    if (!same) emit({c->table.name + " is there already, with other columns: IF NOT EXISTS leaves it as it is", "-- ALTER TABLE what is there", 0, {}});
  }
  each_command(s, Alter::add_column, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    const auto* old = table == nullptr || !c.missing_ok ? nullptr : table->column(c.name);
    if (old == nullptr || !c.column || old->type.same(c.column->type) || c.column->type.serial()) return;
    emit({s.shown(a.table) + "." + c.name + " is there already as " + old->type.text() + ": IF NOT EXISTS leaves it as it is", alter(a.table, "ALTER COLUMN " + quoted(c.name) + " TYPE " + c.column->type.text()),
          c.at.offset, {}});
  });
}
void conditional_destructive(const Statement& s, const Emit& emit) {
  const auto* d = std::get_if<syntax::Drop>(&s.action);
  if (d == nullptr || !d->if_exists || d->kind != Object::table || !s.catalog.complete) return;
  for (const auto& name : d->names) {
    if (s.relation(name) != nullptr) continue;
    emit({"there is no " + name.name + " in this database: IF EXISTS hides that it differs from what the migration was written for", "", name.at, {}});
  }
}

constexpr std::string_view kGone = "fails at once: the old name does not exist";
constexpr std::array kRules = std::to_array<Rule>({
    {"rename-column", Group::compatibility, Severity::deny, false, false, "RENAME COLUMN", kGone, rename_column},
    {"rename-table", Group::compatibility, Severity::deny, false, false, "RENAME of a table or view", kGone, rename_table},
    {"rename-schema", Group::compatibility, Severity::deny, false, false, "RENAME of a schema", kGone, rename_schema},
    {"rename-object", Group::compatibility, Severity::warn, false, false, "RENAME of a type, function or sequence", kGone, rename_object},
    {"rename-enum-value", Group::compatibility, Severity::deny, false, false, "RENAME VALUE of an enum", "fails with: invalid input value for enum", rename_enum_value},
    {"set-schema", Group::compatibility, Severity::deny, false, false, "SET SCHEMA", kGone, set_schema},
    {"add-required-column", Group::compatibility, Severity::deny, false, false, "ADD COLUMN NOT NULL without DEFAULT", "its inserts fail with a not-null violation", add_required_column},
    {"drop-default-too-early", Group::compatibility, Severity::warn, false, false, "DROP DEFAULT of a NOT NULL column", "its inserts fail with a not-null violation", drop_default_early},
    {"set-not-null", Group::compatibility, Severity::info, false, false, "SET NOT NULL", "its writes of NULL fail", set_not_null},
    {"add-check", Group::compatibility, Severity::info, false, false, "ADD CHECK", "its writes that violate it fail", add_check},
    {"add-unique", Group::compatibility, Severity::info, false, false, "a new UNIQUE constraint or index", "its writes that violate it fail", add_unique},
    {"add-fk", Group::compatibility, Severity::info, false, false, "ADD FOREIGN KEY", "its writes that violate it fail", add_fk},
    {"change-default", Group::compatibility, Severity::info, false, false, "SET DEFAULT of a column that has one", "goes on writing the old default, when it writes defaults itself", change_default},
    {"enum-value-in-transaction", Group::compatibility, Severity::deny, false, false, "a new enum value is used in the transaction that adds it", "", enum_in_transaction},
    {"create-if-exists-noop", Group::compatibility, Severity::warn, false, false, "IF NOT EXISTS hides another shape", "", if_exists_noop},
    {"conditional-destructive", Group::compatibility, Severity::info, false, false, "DROP IF EXISTS of what is not there", "", conditional_destructive},
});

}  // namespace

std::span<const Rule> compatibility_rules() {
  return kRules;
}

}  // namespace tidegate::safety::rules
