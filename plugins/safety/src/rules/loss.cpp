// SPDX-License-Identifier: Apache-2.0
// What is gone afterwards, or no longer guarded.
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

const syntax::Drop* drop_of(const Statement& s, Object kind) {
  const auto* d = std::get_if<syntax::Drop>(&s.action);
  return d != nullptr && d->kind == kind ? d : nullptr;
}

/// Its rows, when the server says how many.
std::string rows_of(const Statement& s, const syntax::Name& name) {
  const auto* relation = s.relation(name);
  if (relation == nullptr || !relation->size || relation->size->rows < 0) return {};
  return " (about " + std::to_string(static_cast<long long>(relation->size->rows)) + " rows)";
}

void drop_table(const Statement& s, const Emit& emit) {
  const auto* d = drop_of(s, Object::table);
  if (d == nullptr) return;
  for (const auto& name : d->names) {
    if (!s.in_use(name)) continue;
    emit({"DROP TABLE removes " + s.shown(name) + rows_of(s, name) + " for good",
          "-- release without the code that uses it first; then, to be able to go back:\n" + alter(name, "RENAME TO " + quoted(name.name + "_dropped")) + "-- and drop it in a later release",
          name.at, key_of(s, name)});
  }
}

void drop_column(const Statement& s, const Emit& emit) {
  each_command(s, Alter::drop_column, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    if (table != nullptr && c.missing_ok && table->column(c.name) == nullptr) return;
    if (table != nullptr && (table->kind == 'v' || table->kind == 'f')) return;
    if (s.before.said.contains("column " + s.shown(a.table) + "." + c.name)) return;  // made by this migration
    emit({"DROP COLUMN removes " + s.shown(a.table) + "." + c.name + rows_of(s, a.table) + " for good",
          "-- release without the code that uses it first (an ORM lists all columns it knows), then drop it in the next release", c.at.offset, key_of(s, a.table)});
  });
}

void drop_column_constraint_loss(const Statement& s, const Emit& emit) {
  each_command(s, Alter::drop_column, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    if (table == nullptr) return;
    for (const auto& k : table->constraints) {
      const bool uses = std::find(k.columns.begin(), k.columns.end(), c.name) != k.columns.end();
      if (!uses || k.kind == ConstraintKind::foreign_key || k.columns.size() < 2) continue;  // what spans other columns too
      emit({"with the column goes constraint " + k.name + ", which covers other columns as well", "-- add the constraint on the columns that stay first, if it is still wanted",
            c.at.offset, {}});
    }
  });
}

void drop_schema(const Statement& s, const Emit& emit) {
  if (const auto* other = std::get_if<syntax::Other>(&s.action); other != nullptr && other->tag == "DropOwnedStmt")
    return emit({"DROP OWNED removes everything in this database that the role owns, and all its privileges, for good",
                 "-- REASSIGN OWNED keeps it; drop what is to go, one by one", 0, {}});
  const auto* d = drop_of(s, Object::schema);
  if (d == nullptr) return;
  for (const auto& name : d->names) {
    const bool known_empty = s.catalog.complete && std::none_of(s.catalog.relations.begin(), s.catalog.relations.end(), [&](const auto& r) { return r.second.schema == name.name; });
    if (known_empty || !d->cascade) continue;
    emit({"DROP SCHEMA … CASCADE removes everything in " + name.name + " for good", "-- drop what is in it, one by one", 0, {}});
  }
}
void drop_database(const Statement& s, const Emit& emit) {
  if (const auto* d = drop_of(s, Object::database); d != nullptr && !d->names.empty())
    emit({"DROP DATABASE removes " + d->names.front().name + " for good", "", 0, {}});
}

/// What CASCADE takes beside what is named: views over it, and foreign keys of tables that stay.
void reached_by(const Statement& s, const catalog::Relation& dropped, const std::vector<std::string>& named, std::vector<std::string>& out) {
  const auto add = [&](const std::string& text) {
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
  };
  const auto is_named = [&](const std::string& key) { return std::find(named.begin(), named.end(), key) != named.end(); };
  for (const auto& key : dropped.dependents) {
    const auto* view = s.catalog.at(key);
    if (view == nullptr || is_named(key)) continue;
    add("view " + s.catalog.shown(*view));
    reached_by(s, *view, named, out);
  }
  for (const auto& [child, constraint] : s.catalog.references_to(dropped.key())) {
    if (!is_named(child->key()) && !child->is_new()) add("foreign key " + constraint->name + " of " + s.catalog.shown(*child));
  }
}
void drop_cascade(const Statement& s, const Emit& emit) {
  const auto* d = std::get_if<syntax::Drop>(&s.action);
  if (d == nullptr || !d->cascade || d->kind == Object::schema || d->kind == Object::type || d->kind == Object::domain || d->kind == Object::function) return;
  if (d->kind == Object::extension)
    return emit({"DROP EXTENSION … CASCADE removes every column, index and function that is made of what " + (d->names.empty() ? std::string("it") : d->names.front().name) + " has",
                 "-- without CASCADE it fails when something depends on it; drop that first, by name", 0, {}});
  if (d->kind == Object::sequence || d->kind == Object::other)
    return emit({d->kind == Object::sequence ? "CASCADE also takes the defaults of columns that count by the sequence" : "CASCADE also takes what depends on it, which cannot be seen here",
                 "-- without CASCADE it fails when something depends on it; drop that first, by name", 0, {}});
  std::vector<std::string> named, reached;
  bool known = true, used = false;
  for (const auto& name : d->names) {
    const auto* relation = s.relation(name);
    known = known && (relation != nullptr || s.catalog.find_index(name).index != nullptr || s.catalog.complete);
    used = used || s.in_use(name);
    if (relation != nullptr) named.push_back(relation->key());
  }
  for (const auto& key : named) {
    if (const auto* relation = s.catalog.at(key); relation != nullptr) reached_by(s, *relation, named, reached);
  }
  if (!used || (reached.empty() && known)) return;
  std::string list;
  for (const auto& item : reached) list += (list.empty() ? "" : ", ") + item;
  emit({"CASCADE also takes what depends on it" + (list.empty() ? std::string(", which cannot be seen here") : ": " + list),
        "-- without CASCADE it fails when something depends on it; drop that first, by name", 0, {}});
}

void truncate(const Statement& s, const Emit& emit) {
  const auto* t = std::get_if<syntax::Truncate>(&s.action);
  if (t == nullptr) return;
  for (const auto& name : t->tables) {
    if (!s.in_use(name)) continue;
    emit({"TRUNCATE removes every row of " + s.shown(name) + rows_of(s, name) + " for good", "-- DELETE … WHERE, in batches, after a copy of what might be wanted again", name.at, key_of(s, name)});
  }
}
void truncate_cascade(const Statement& s, const Emit& emit) {
  const auto* t = std::get_if<syntax::Truncate>(&s.action);
  if (t == nullptr || !t->cascade) return;
  std::string others;
  for (const auto& name : s.effects.rewritten) {
    const auto* relation = s.catalog.find(syntax::Name{{}, name});
    const bool named = std::any_of(t->tables.begin(), t->tables.end(), [&](const auto& n) { return s.shown(n) == name; });
    if (relation != nullptr && !named && !relation->is_new()) others += (others.empty() ? "" : ", ") + name;
  }
  const bool unknown = std::any_of(t->tables.begin(), t->tables.end(), [&](const auto& n) { return s.relation(n) == nullptr && s.in_use(n); });
  if (others.empty() && !unknown) return;
  emit({"TRUNCATE … CASCADE empties every table with a foreign key to it as well" + (others.empty() ? std::string() : ": " + others), "TRUNCATE " + quoted(t->tables.front()) + ";  -- fails while there are such tables: name them",
        0, {}});
}

void delete_without_where(const Statement& s, const Emit& emit) {
  const auto* d = std::get_if<syntax::Dml>(&s.action);
  if (d == nullptr || d->verb != syntax::Verb::delete_ || d->where == syntax::Where::some || !s.in_use(d->table)) return;
  emit({"DELETE without a WHERE that limits it removes every row of " + s.shown(d->table) + rows_of(s, d->table), "DELETE FROM " + quoted(d->table) + " WHERE …;", 0, key_of(s, d->table)});
}

void bulk_dml(const Statement& s, const Emit& emit) {
  const auto* d = std::get_if<syntax::Dml>(&s.action);
  if (d == nullptr || d->verb != syntax::Verb::update || d->where == syntax::Where::some || !s.in_use(d->table)) return;
  emit({"one UPDATE writes every row of " + s.shown(d->table) + rows_of(s, d->table) + " again and locks it until the transaction ends",
        "-- in batches, each in a transaction of its own:\n-- " + std::string(s.text.substr(0, s.text.find('\n'))) + " WHERE id > … AND id <= …;", 0, key_of(s, d->table), false, true});
}

/// Every row, or as many as another relation has.
bool writes_many(const syntax::Dml& d) {
  return (d.verb == syntax::Verb::update || d.verb == syntax::Verb::delete_) && (d.where != syntax::Where::some || !d.reads.empty());
}
void dml_ddl(const Statement& s, const Emit& emit) {
  const auto* d = std::get_if<syntax::Dml>(&s.action);
  const bool bulk = d != nullptr && writes_many(*d) && s.in_use(d->table);
  const auto* lock = s.effects.strongest();
  const bool ddl = d == nullptr && lock != nullptr && lock->mode == effects::Mode::access_exclusive;
  if (!(bulk && s.before.strong_ddl) && !(ddl && s.before.bulk_write)) return;
  emit({bulk ? "rows are written while this transaction holds a lock that keeps everybody out" : "a lock that keeps everybody out is taken in a transaction that wrote many rows before, and is held until both are done",
        "-- the change of the schema and the change of the rows in two migrations", 0, {}});
}

void type_narrowing(const Statement& s, const Emit& emit) {
  each_command(s, Alter::set_type, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    const auto* old = table == nullptr ? nullptr : table->column(c.name);
    if (old == nullptr || !effects::type_change(s.catalog, old, c).narrowing) return;
    emit({c.name + " from " + old->type.text() + " to " + c.column->type.text() + ": values that do not fit make it fail, or lose something",
          "-- see first what does not fit:\n-- SELECT count(*) FROM " + quoted(a.table) + " WHERE " + quoted(c.name) + " IS DISTINCT FROM " + quoted(c.name) + "::" +
              c.column->type.text() + ";",
          c.at.offset, key_of(s, a.table)});
  });
}

void drop_not_null(const Statement& s, const Emit& emit) {
  each_command(s, Alter::drop_not_null, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    if (const auto* column = table == nullptr ? nullptr : table->column(c.name); column != nullptr && !column->not_null) return;
    emit({s.shown(a.table) + "." + c.name + " may be null from now on: readers that do not expect it fail", "", c.at.offset, {}});
  });
}
void drop_constraint(const Statement& s, const Emit& emit) {
  each_command(s, Alter::drop_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    // Dropped and added again in one statement, as tools do to change one, is no loss.
    const bool again = std::any_of(a.commands.begin(), a.commands.end(), [&](const auto& o) { return o.what == Alter::add_constraint; }) ||
                       s.rest.find(c.name) != std::string_view::npos;
    const auto* table = s.relation(a.table);
    const auto* constraint = table == nullptr ? nullptr : table->constraint(c.name);
    if (again || (table != nullptr && constraint == nullptr)) return;
    if (constraint != nullptr && constraint->birth != catalog::Birth::existed) return;
    emit({"nothing guards what constraint " + c.name + " of " + s.shown(a.table) + " guarded any more", "", c.at.offset, {}});
  });
}
void trigger_disable(const Statement& s, const Emit& emit) {
  each_command(s, Alter::disable_trigger, [&](const AlterTable& a, const AlterCommand& c) {
    emit({"while trigger " + (c.name.empty() ? std::string("ALL") : c.name) + " of " + s.shown(a.table) + " is disabled, what it does is not done, foreign keys included when it is ALL",
          alter(a.table, "ENABLE TRIGGER " + (c.name.empty() ? std::string("ALL") : quoted(c.name))), c.at.offset, {}});
  });
}
void unlogged(const Statement& s, const Emit& emit) {
  if (const auto* c = std::get_if<syntax::CreateTable>(&s.action); c != nullptr && c->unlogged)
    emit({"an UNLOGGED table is empty after a crash, and is not on standbys", "", 0, {}});
  each_command(s, Alter::set_unlogged, [&](const AlterTable& a, const AlterCommand& c) {
    emit({"UNLOGGED: " + s.shown(a.table) + " is empty after a crash, and is not on standbys", "", c.at.offset, {}});
  });
}

void drop_type(const Statement& s, const Emit& emit) {
  const auto* d = std::get_if<syntax::Drop>(&s.action);
  if (d == nullptr || !d->cascade || (d->kind != Object::type && d->kind != Object::domain && d->kind != Object::function)) return;
  std::string users;
  for (const auto& lock : s.effects.locks) {
    if (!lock.harmless) users += (users.empty() ? "" : ", ") + lock.relation;
  }
  const bool function = d->kind == Object::function;
  // Of what uses a function only triggers are known here, not defaults, views, checks or indexes.
  if (users.empty() && s.catalog.complete && !function) return;
  emit({std::string(function ? "DROP FUNCTION … CASCADE removes the triggers, defaults and views that use it" : "DROP TYPE … CASCADE removes every column of that type") +
            (users.empty() ? "" : ": in " + users),
        "-- without CASCADE it fails when something depends on it; drop that first, by name", 0, {}});
}
void enum_drop(const Statement& s, const Emit& emit) {
  for (const auto kind : {Object::type, Object::domain}) {
    const auto* d = drop_of(s, kind);
    if (d == nullptr || d->cascade) continue;
    for (const auto& name : d->names) {
      const auto found = s.catalog.types.find(s.catalog.key_of(name));
      if (found == s.catalog.types.end() || found->second.birth != catalog::Birth::existed) continue;
      const bool used = std::any_of(s.catalog.relations.begin(), s.catalog.relations.end(), [&](const auto& r) {
        return std::any_of(r.second.columns.begin(), r.second.columns.end(), [&](const auto& c) { return c.type.name == name.name; });
      });
      if (used) emit({"type " + name.name + " is still the type of a column: DROP TYPE will fail", "-- change or drop the column first", name.at, {}});
    }
  }
}

void unanalysable(const Statement& s, const Emit& emit) {
  if (const auto* other = std::get_if<syntax::Other>(&s.action); other != nullptr && other->tag == "ExecuteStmt")
    return emit({"EXECUTE runs a prepared statement: what it locks and changes is not known here", "-- write the statement itself", 0, {}});
  if (const auto* code = std::get_if<syntax::Code>(&s.action)) {
    if (code->call) return emit({"CALL runs a procedure, which may do anything: what it locks and changes is not known", "-- write its statements out in the migration", 0, {}});
    if (!s.parsed.body.understood) return emit({"the DO block was not understood (" + s.parsed.body.why + "): what it locks and changes is not known", "-- write its statements out in the migration", 0, {}});
    if (s.parsed.body.dynamic)
      return emit({"the DO block makes up SQL at run time (EXECUTE, line " + std::to_string(s.parsed.body.dynamic_line) + " of the block): what it locks and changes is not known",
                   "-- write its statements out in the migration", 0, {}});
  }
}

constexpr std::string_view kNone{};
constexpr std::string_view kGone = "fails at once: relation or column does not exist; an ORM that lists all columns fails on every query of the table";
constexpr std::array kRules = std::to_array<Rule>({
    {"drop-table", Group::loss, Severity::deny, false, false, "DROP TABLE", kGone, drop_table},
    {"drop-column", Group::loss, Severity::deny, false, false, "DROP COLUMN", kGone, drop_column},
    {"drop-column-constraint-loss", Group::loss, Severity::warn, false, false, "a dropped column takes a constraint over several columns with it", kNone,
     drop_column_constraint_loss},
    {"drop-schema", Group::loss, Severity::deny, false, false, "DROP SCHEMA … CASCADE, DROP OWNED", kGone, drop_schema},
    {"drop-database", Group::loss, Severity::deny, false, false, "DROP DATABASE", kGone, drop_database},
    {"drop-cascade", Group::loss, Severity::warn, false, false, "DROP … CASCADE reaches other objects", kGone, drop_cascade},
    {"truncate", Group::loss, Severity::deny, false, false, "TRUNCATE", kNone, truncate},
    {"truncate-cascade", Group::loss, Severity::deny, false, false, "TRUNCATE … CASCADE", kNone, truncate_cascade},
    {"delete-without-where", Group::loss, Severity::deny, false, false, "DELETE of every row", kNone, delete_without_where},
    {"bulk-dml", Group::loss, Severity::deny, true, false, "UPDATE of every row", "waits for the rows; autovacuum has the dead ones to remove", bulk_dml},
    {"dml-ddl-same-transaction", Group::loss, Severity::warn, false, true, "rows and schema are changed in one transaction", kNone, dml_ddl},
    {"type-narrowing", Group::loss, Severity::deny, false, false, "a type into which not every value fits", "writes values that no longer fit", type_narrowing},
    {"drop-not-null", Group::loss, Severity::info, false, false, "DROP NOT NULL", "reads a null where it never was one", drop_not_null},
    {"drop-constraint", Group::loss, Severity::info, false, false, "DROP CONSTRAINT", kNone, drop_constraint},
    {"trigger-disable", Group::loss, Severity::warn, false, false, "DISABLE TRIGGER", kNone, trigger_disable},
    {"unlogged-table", Group::loss, Severity::warn, false, false, "an UNLOGGED table", kNone, unlogged},
    {"drop-default-type", Group::loss, Severity::deny, false, false, "DROP TYPE or FUNCTION … CASCADE", kGone, drop_type},
    {"enum-drop", Group::loss, Severity::warn, false, false, "DROP TYPE of one that a column has", kNone, enum_drop},
    {"unanalysable-code", Group::loss, Severity::warn, false, false, "SQL that cannot be judged by reading it", kNone, unanalysable},
});

}  // namespace

std::span<const Rule> loss_rules() {
  return kRules;
}

}  // namespace tidegate::safety::rules
