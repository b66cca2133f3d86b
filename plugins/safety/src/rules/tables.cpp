// SPDX-License-Identifier: Apache-2.0
// What an ALTER TABLE reads, rewrites or builds while nobody else gets at the table.
#include <algorithm>
#include <array>

#include "rules/write.hpp"

namespace tidegate::safety::rules {
namespace {

using syntax::Alter;
using syntax::AlterCommand;
using syntax::AlterTable;
using syntax::ConstraintKind;

bool adds(const AlterCommand& c, ConstraintKind kind) {
  return c.constraint && c.constraint->kind == kind;
}

std::string named(const AlterTable& a, const syntax::Constraint& c, std::string_view label) {
  return c.name.empty() ? chosen(a.table, c.kind == ConstraintKind::primary_key ? std::vector<std::string>{} : c.columns, label) : c.name;
}

/// The constraint in its own words, with its name: "CONSTRAINT n CHECK (…)".
std::string with_name(const Statement& s, const AlterCommand& c, const std::string& name) {
  auto text = std::string(words_of(s, c));
  if (c.constraint->name.empty()) {
    const auto add = after_word(text, "ADD", "CONSTRAINT " + quoted(name));
    text = add.substr(0, add.size() - 1);
  }
  return text;
}

void check_not_valid(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    if (!adds(c, ConstraintKind::check) || c.constraint->not_valid) return;
    const auto name = named(a, *c.constraint, "check");
    emit({"a new CHECK reads every row of " + s.shown(a.table) + " while nobody can read or write it",
          alter(a.table, with_name(s, c, name) + " NOT VALID") + "-- in a later migration:\n" + alter(a.table, "VALIDATE CONSTRAINT " + quoted(name)), c.at.offset,
          key_of(s, a.table)});
  });
  each_command(s, Alter::add_column, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* check = c.column ? c.column->constraint(ConstraintKind::check) : nullptr;
    if (check == nullptr) return;
    const auto name = check->name.empty() ? chosen(a.table, {c.name}, "check") : check->name;
    const auto text = std::string(check->at.in(s.text));
    const auto words = check->name.empty() ? "CONSTRAINT " + quoted(name) + " " + text : text;
    const syntax::Span inner{check->at.offset - c.at.offset, check->at.length};
    emit({"the CHECK of the new column " + c.name + " reads every row of " + s.shown(a.table) + " while nobody can read or write it",
          alter(a.table, replaced(words_of(s, c), inner, "")) + alter(a.table, "ADD " + words + " NOT VALID") + "-- in a later migration:\n" +
              alter(a.table, "VALIDATE CONSTRAINT " + quoted(name)),
          check->at.offset, key_of(s, a.table)});
  });
}

void fk_not_valid(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    if (!adds(c, ConstraintKind::foreign_key) || c.constraint->not_valid) return;
    const auto* table = s.relation(a.table);
    if (table != nullptr && table->kind == 'p') return;  // cannot be NOT VALID before 18
    // A key on a column that was added just now without a value has nothing to look up.
    const auto name = named(a, *c.constraint, "fkey");
    emit({"a new foreign key reads every row of " + s.shown(a.table) + " while nobody can write to it or to " + s.shown(c.constraint->references),
          alter(a.table, with_name(s, c, name) + " NOT VALID") + "-- in a later migration:\n" + alter(a.table, "VALIDATE CONSTRAINT " + quoted(name)), c.at.offset,
          key_of(s, a.table)});
  });
}

void fk_inline(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_column, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* key = c.column ? c.column->constraint(ConstraintKind::foreign_key) : nullptr;
    if (key == nullptr) return;
    const auto* given = c.column->constraint(ConstraintKind::default_);
    const bool scans = given != nullptr && !(given->expression && given->expression->null);
    if (!scans && !s.in_use(key->references)) return;
    const auto name = key->name.empty() ? chosen(a.table, {c.name}, "fkey") : key->name;
    const auto text = std::string(key->at.in(s.text));
    const syntax::Span inner{key->at.offset - c.at.offset, key->at.length};
    const auto words = std::string_view(text).substr(text.find_first_of("Rr"));
    emit({scans ? "the foreign key of the new column " + c.name + " reads every row of " + s.shown(a.table) + ", since the column has a default, while nobody can read or write it"
                : "the foreign key of the new column " + c.name + " locks " + s.shown(key->references) + " together with " + s.shown(a.table) +
                      ": a transaction in the way on either stops both",
          alter(a.table, replaced(words_of(s, c), inner, "")) +
              alter(a.table, "ADD CONSTRAINT " + quoted(name) + " FOREIGN KEY (" + quoted(c.name) + ") " + std::string(words) + " NOT VALID") +
              "-- in a later migration:\n" + alter(a.table, "VALIDATE CONSTRAINT " + quoted(name)),
          key->at.offset, scans ? key_of(s, a.table) : ""});
  });
}

void unique_builds_index(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    if (!adds(c, ConstraintKind::unique) || !c.constraint->using_index.empty()) return;
    const auto name = named(a, *c.constraint, "key");
    emit({"a new UNIQUE constraint builds its index on " + s.shown(a.table) + " while nobody can read or write it",
          "CREATE UNIQUE INDEX CONCURRENTLY " + quoted(name) + " ON " + quoted(a.table) + " (" + quoted_list(c.constraint->columns) + ");\n" +
              alter(a.table, "ADD CONSTRAINT " + quoted(name) + " UNIQUE USING INDEX " + quoted(name)),
          c.at.offset, key_of(s, a.table), true});
  });
  each_command(s, Alter::add_column, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* unique = c.column ? c.column->constraint(ConstraintKind::unique) : nullptr;
    if (unique == nullptr) return;
    const auto name = unique->name.empty() ? chosen(a.table, {c.name}, "key") : unique->name;
    const syntax::Span inner{unique->at.offset - c.at.offset, unique->at.length};
    emit({"the new column " + c.name + " is UNIQUE: its index is built on " + s.shown(a.table) + " while nobody can read or write it",
          alter(a.table, replaced(words_of(s, c), inner, "")) + "CREATE UNIQUE INDEX CONCURRENTLY " + quoted(name) + " ON " + quoted(a.table) + " (" + quoted(c.name) +
              ");\n" + alter(a.table, "ADD CONSTRAINT " + quoted(name) + " UNIQUE USING INDEX " + quoted(name)),
          unique->at.offset, key_of(s, a.table), true});
  });
}

std::string not_null_first(const Statement& s, const syntax::Name& table, const std::vector<std::string>& columns) {
  std::string out;
  const auto* relation = s.relation(table);
  for (const auto& column : columns) {
    if (relation != nullptr && relation->proven_not_null(column)) continue;
    const auto name = chosen(table, {column}, "not_null");
    out += alter(table, "ADD CONSTRAINT " + quoted(name) + " CHECK (" + quoted(column) + " IS NOT NULL) NOT VALID") + "-- in a later migration:\n" +
           alter(table, "VALIDATE CONSTRAINT " + quoted(name)) + alter(table, "ALTER COLUMN " + quoted(column) + " SET NOT NULL") +
           alter(table, "DROP CONSTRAINT " + quoted(name));
  }
  return out;
}

void primary_key_builds_index(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    if (!adds(c, ConstraintKind::primary_key) || !c.constraint->using_index.empty()) return;
    const auto name = named(a, *c.constraint, "pkey");
    emit({"a new primary key builds its index on " + s.shown(a.table) + " while nobody can read or write it",
          "CREATE UNIQUE INDEX CONCURRENTLY " + quoted(name) + " ON " + quoted(a.table) + " (" + quoted_list(c.constraint->columns) + ");\n" +
              not_null_first(s, a.table, c.constraint->columns) + alter(a.table, "ADD CONSTRAINT " + quoted(name) + " PRIMARY KEY USING INDEX " + quoted(name)),
          c.at.offset, key_of(s, a.table), true});
  });
  each_command(s, Alter::add_column, [&](const AlterTable& a, const AlterCommand& c) {
    if (!c.column || c.column->constraint(ConstraintKind::primary_key) == nullptr) return;
    emit({"the new column " + c.name + " is the primary key: its index is built on " + s.shown(a.table) + " while nobody can read or write it",
          "-- add the column without PRIMARY KEY, fill it in batches, then:\nCREATE UNIQUE INDEX CONCURRENTLY " + quoted(chosen(a.table, {}, "pkey")) + " ON " +
              quoted(a.table) + " (" + quoted(c.name) + ");\n" + not_null_first(s, a.table, {c.name}) +
              alter(a.table, "ADD CONSTRAINT " + quoted(chosen(a.table, {}, "pkey")) + " PRIMARY KEY USING INDEX " + quoted(chosen(a.table, {}, "pkey"))),
          c.at.offset, key_of(s, a.table), true});
  });
}

void pk_index_nullable(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    if (!adds(c, ConstraintKind::primary_key) || c.constraint->using_index.empty()) return;
    const auto* table = s.relation(a.table);
    const auto* index = table == nullptr ? nullptr : table->index(c.constraint->using_index);
    if (index == nullptr) return;
    std::vector<std::string> nullable;
    for (const auto& key : index->keys) {
      if (!table->proven_not_null(key.column)) nullable.push_back(key.column);
    }
    if (nullable.empty()) return;
    emit({"PRIMARY KEY USING INDEX on a column that may be null reads every row of " + s.shown(a.table) + " to see that none is, while nobody can read or write it",
          not_null_first(s, a.table, nullable) + std::string(s.text) + ";\n", c.at.offset, key_of(s, a.table)});
  });
}

void exclusion(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    if (!adds(c, ConstraintKind::exclusion)) return;
    emit({"an EXCLUDE constraint builds its index on " + s.shown(a.table) + " and reads it again, while nobody can read or write it; no version can do it otherwise",
          "-- there is no form of this that lets others work: make a new table with the constraint, copy in batches and swap,\n-- or run it in a maintenance window",
          c.at.offset, key_of(s, a.table), true});
  });
}

void set_not_null_scan(const Statement& s, const Emit& emit) {
  each_command(s, Alter::set_not_null, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    if (table != nullptr && table->proven_not_null(c.name)) return;
    emit({"SET NOT NULL reads every row of " + s.shown(a.table) + " while nobody can read or write it", not_null_first(s, a.table, {c.name}), c.at.offset,
          key_of(s, a.table)});
  });
}

std::string dual_column(const syntax::Name& table, const std::string& column, const std::string& type) {
  const auto fresh = column + "_new";
  return alter(table, "ADD COLUMN " + quoted(fresh) + " " + type) +
         "-- write both columns (a trigger, or the application), then fill the old rows in batches of their key:\n-- UPDATE " + quoted(table) + " SET " +
         quoted(fresh) + " = " + quoted(column) + "::" + type + " WHERE … AND " + quoted(fresh) + " IS NULL;\n-- move the readers over, and drop " + quoted(column) +
         " in a later release";
}

void column_type(const Statement& s, const Emit& emit) {
  each_command(s, Alter::set_type, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    const auto* old = table == nullptr ? nullptr : table->column(c.name);
    const auto change = effects::type_change(s.catalog, old, c);
    const auto to = c.column->type.text();
    if (change.rewrite && change.known) {
      emit({"changing " + c.name + " from " + old->type.text() + " to " + to + " rewrites " + s.shown(a.table) + " and all its indexes while nobody can read or write it",
            dual_column(a.table, c.name, to), c.at.offset, key_of(s, a.table), false, true});
    } else if (change.rewrite) {
      emit({"changing the type of " + c.name + " to " + to + " rewrites " + s.shown(a.table) + " unless its old type, which is not known here, can stay as it is stored",
            dual_column(a.table, c.name, to), c.at.offset, key_of(s, a.table), false, true});
    } else if (std::any_of(table->constraints.begin(), table->constraints.end(), [&](const auto& k) {
                 return k.kind == ConstraintKind::check && std::find(k.columns.begin(), k.columns.end(), c.name) != k.columns.end();
               })) {
      emit({"changing the type of " + c.name + " checks its CHECK constraint again: every row of " + s.shown(a.table) + " is read while nobody can read or write it",
            "-- drop the CHECK first, change the type, then add it NOT VALID and validate it in a later migration", c.at.offset, key_of(s, a.table)});
    }
  });
}

void type_index_rebuild(const Statement& s, const Emit& emit) {
  each_command(s, Alter::set_type, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    if (table == nullptr) return;
    const auto change = effects::type_change(s.catalog, table->column(c.name), c);
    if (change.rewrite) return;
    for (const auto& index : table->indexes) {
      if (std::find(index.columns.begin(), index.columns.end(), c.name) == index.columns.end()) continue;
      if (change.index_kept && !index.partial && !index.expressions) continue;
      emit({"the rows of " + s.shown(a.table) + " stay as they are, but index " + index.name + " is built again while nobody can read or write the table",
            "DROP INDEX CONCURRENTLY " + quoted(index.name) + ";\n" + std::string(s.text) + ";\n-- and create the index again, CONCURRENTLY", c.at.offset,
            key_of(s, a.table), true});
    }
  });
}

void add_column_because(const Statement& s, const Emit& emit, std::string_view reason, const std::string& what, const auto& fix) {
  each_command(s, Alter::add_column, [&](const AlterTable& a, const AlterCommand& c) {
    if (!c.column || effects::rewrite_reason(s.catalog, *c.column) != reason) return;
    if (c.missing_ok && s.relation(a.table) != nullptr && s.relation(a.table)->column(c.name) != nullptr) return;
    emit({"the new column " + c.name + " " + what + ": " + s.shown(a.table) + " and all its indexes are rewritten while nobody can read or write it", fix(a, c),
          c.at.offset, key_of(s, a.table), false, true});
  });
}

void volatile_default(const Statement& s, const Emit& emit) {
  each_command(s, Alter::add_column, [&](const AlterTable& a, const AlterCommand& c) {
    if (!c.column || effects::rewrite_reason(s.catalog, *c.column) != "volatile") return;
    const auto* given = c.column->constraint(ConstraintKind::default_);
    const auto* call = effects::volatile_call(s.catalog, *given->expression);
    const bool sure = s.catalog.volatility(*call).has_value();
    const auto expression = std::string(given->at.in(s.text));
    const syntax::Span inner{given->at.offset - c.at.offset, given->at.length};
    emit({"the default of " + c.name + " calls " + call->name + (sure ? "(), which is volatile" : "(), which counts as volatile as long as nothing says otherwise") +
              ": each row gets its own value, so " + s.shown(a.table) + " and all its indexes are rewritten while nobody can read or write it",
          alter(a.table, replaced(words_of(s, c), inner, "")) + alter(a.table, "ALTER COLUMN " + quoted(c.name) + " SET " + expression) +
              "-- then fill the old rows in batches of their key:\n-- UPDATE " + quoted(a.table) + " SET " + quoted(c.name) + " = DEFAULT WHERE … AND " + quoted(c.name) +
              " IS NULL;",
          given->at.offset, key_of(s, a.table), false, true});
  });
}

void generated_stored(const Statement& s, const Emit& emit) {
  add_column_because(s, emit, "generated", "is GENERATED … STORED", [](const AlterTable& a, const AlterCommand& c) {
    return alter(a.table, "ADD COLUMN " + quoted(c.name) + " " + c.column->type.text()) +
           "-- fill it by a BEFORE INSERT OR UPDATE trigger, and the old rows in batches; or compute it in a view";
  });
}

void serial(const Statement& s, const Emit& emit) {
  for (const auto* reason : {"serial", "identity"}) {
    add_column_because(s, emit, reason, "numbers the existing rows", [](const AlterTable& a, const AlterCommand& c) {
      const auto type = c.column->type.name == "bigserial" ? "bigint" : c.column->type.name == "serial" ? "integer" : c.column->type.text();
      const auto sequence = chosen(a.table, {c.name}, "seq");
      return alter(a.table, "ADD COLUMN " + quoted(c.name) + " " + type) + "CREATE SEQUENCE " + quoted(sequence) + " OWNED BY " + quoted(a.table) + "." + quoted(c.name) +
             ";\n" + alter(a.table, "ALTER COLUMN " + quoted(c.name) + " SET DEFAULT nextval(" + literal(quoted(sequence)) + ")") +
             "-- then fill the old rows in batches of their key:\n-- UPDATE " + quoted(a.table) + " SET " + quoted(c.name) + " = DEFAULT WHERE … AND " + quoted(c.name) +
             " IS NULL;";
    });
  }
}

void constrained_domain(const Statement& s, const Emit& emit) {
  add_column_because(s, emit, "domain", "is of a domain with a constraint", [&](const AlterTable& a, const AlterCommand& c) {
    const auto* type = s.catalog.type(c.column->type);
    return alter(a.table, "ADD COLUMN " + quoted(c.name) + " " + (type == nullptr ? std::string("base_type") : type->base.text())) +
           alter(a.table, "ADD CONSTRAINT " + quoted(chosen(a.table, {c.name}, "check")) + " CHECK (…) NOT VALID") + "-- in a later migration:\n" +
           alter(a.table, "VALIDATE CONSTRAINT " + quoted(chosen(a.table, {c.name}, "check")));
  });
}

void set_logged(const Statement& s, const Emit& emit) {
  const auto hit = [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    if (std::find(s.effects.rewritten.begin(), s.effects.rewritten.end(), s.shown(a.table)) == s.effects.rewritten.end()) return;
    if (table != nullptr && !table->has_storage()) return;
    emit({"this copies " + s.shown(a.table) + " and its indexes while nobody can read or write it",
          "-- make a new table of the wanted kind, copy in batches and swap, or run it in a maintenance window", c.at.offset, key_of(s, a.table), false, true});
  };
  for (const auto what : {Alter::set_logged, Alter::set_unlogged, Alter::set_access_method, Alter::set_tablespace}) each_command(s, what, hit);
}

void validate_same(const Statement& s, const Emit& emit) {
  const auto* a = std::get_if<AlterTable>(&s.action);
  if (a == nullptr || !s.in_use(a->table)) return;
  std::set<std::string> here;
  for (const auto& c : a->commands) {
    const auto key = s.shown(a->table) + " " + c.name;
    if (c.what == Alter::add_constraint && c.constraint && c.constraint->not_valid) here.insert(key);
    if (c.what != Alter::validate_constraint) continue;
    const bool in_statement = here.contains(key) || std::any_of(a->commands.begin(), a->commands.end(), [](const auto& o) {
                                return o.what != Alter::validate_constraint && o.what != Alter::set_statistics && o.what != Alter::set_options;
                              });
    if (!in_statement && !s.before.not_valid.contains(key)) continue;
    emit({"VALIDATE in the same transaction as the strong lock before it: every row of " + s.shown(a->table) + " is read while that lock is held",
          "-- in a migration of its own, after the one that adds the constraint:\n" + alter(a->table, "VALIDATE CONSTRAINT " + quoted(c.name)), c.at.offset,
          key_of(s, a->table)});
  }
}

void attach_scan(const Statement& s, const Emit& emit) {
  each_command(s, Alter::attach_partition, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* parent = s.relation(a.table);
    for (const auto& name : s.effects.scanned) {
      const auto* rest = parent == nullptr ? nullptr : effects::default_partition(s.catalog, *parent);
      const bool is_default = rest != nullptr && s.catalog.shown(*rest) == name;
      if (!is_default && !s.in_use(c.other)) continue;
      const auto target = is_default ? syntax::Name{rest->schema, rest->name} : c.other;
      const auto check = chosen(target, {}, is_default ? "excludes" : "bound");
      const auto key = parent == nullptr || parent->partition_key.empty() ? std::string("key") : parent->partition_key.front();
      const auto text = !is_default && c.bound.strategy == 'r' && c.bound.lower.size() == 1 && c.bound.upper.size() == 1
                            ? quoted(key) + " IS NOT NULL AND " + quoted(key) + " >= " + literal(c.bound.lower[0]) + " AND " + quoted(key) + " < " + literal(c.bound.upper[0])
                        : is_default && c.bound.lower.size() == 1 && c.bound.upper.size() == 1
                            ? quoted(key) + " < " + literal(c.bound.lower[0]) + " OR " + quoted(key) + " >= " + literal(c.bound.upper[0])
                            : std::string("…");
      emit({"ATTACH PARTITION reads every row of " + name + (is_default ? ", the default partition," : "") + " while nobody can read or write it",
            alter(target, "ADD CONSTRAINT " + quoted(check) + " CHECK (" + text + ") NOT VALID") + "-- in a later migration:\n" +
                alter(target, "VALIDATE CONSTRAINT " + quoted(check)) + std::string(s.text) + ";",
            c.at.offset, key_of(s, target)});
    }
  });
}

void detach(const Statement& s, const Emit& emit) {
  each_command(s, Alter::detach_partition, [&](const AlterTable& a, const AlterCommand& c) {
    if (c.concurrently || c.finalize) return;
    const auto* parent = s.relation(a.table);
    if (parent != nullptr && effects::default_partition(s.catalog, *parent) != nullptr) return;  // CONCURRENTLY is refused then
    emit({"DETACH PARTITION stops readers and writers of " + s.shown(a.table) + " and all that wait behind it", std::string(s.text) + " CONCURRENTLY;", c.at.offset, {}});
  });
}

constexpr std::string_view kNone{};
constexpr std::array kRules = std::to_array<Rule>({
    {"check-not-valid", Group::lock, Severity::deny, true, false, "ADD CHECK without NOT VALID reads the whole table under ACCESS EXCLUSIVE", kNone, check_not_valid},
    {"fk-not-valid", Group::lock, Severity::deny, true, false, "ADD FOREIGN KEY without NOT VALID reads the whole table while both tables take no writes", kNone, fk_not_valid},
    {"fk-inline-add-column", Group::lock, Severity::warn, true, false, "ADD COLUMN … REFERENCES locks two tables at once, and reads the whole table when there is a default",
     kNone, fk_inline},
    {"unique-builds-index", Group::lock, Severity::deny, true, false, "ADD UNIQUE builds an index under ACCESS EXCLUSIVE", kNone, unique_builds_index},
    {"primary-key-builds-index", Group::lock, Severity::deny, true, false, "ADD PRIMARY KEY builds an index under ACCESS EXCLUSIVE", kNone, primary_key_builds_index},
    {"pk-index-nullable-column", Group::lock, Severity::deny, true, false, "PRIMARY KEY USING INDEX on a nullable column reads the whole table", kNone, pk_index_nullable},
    {"exclusion-constraint", Group::lock, Severity::deny, true, false, "ADD EXCLUDE builds an index under ACCESS EXCLUSIVE, in every version", kNone, exclusion},
    {"set-not-null-scan", Group::lock, Severity::deny, true, false, "SET NOT NULL reads the whole table under ACCESS EXCLUSIVE unless a valid CHECK proves it", kNone,
     set_not_null_scan},
    {"column-type-change", Group::lock, Severity::deny, true, false, "ALTER COLUMN TYPE that rewrites the table, or reads it again",
     "binds and casts the old type; prepared statements fail once with \"cached plan must not change result type\"", column_type},
    {"column-type-index-rebuild", Group::lock, Severity::deny, true, false, "ALTER COLUMN TYPE that leaves the rows but builds an index again", kNone, type_index_rebuild},
    {"add-column-volatile-default", Group::lock, Severity::deny, true, false, "ADD COLUMN with a volatile default rewrites the table", kNone, volatile_default},
    {"add-column-generated-stored", Group::lock, Severity::deny, true, false, "ADD COLUMN GENERATED … STORED rewrites the table", kNone, generated_stored},
    {"add-column-serial", Group::lock, Severity::deny, true, false, "ADD COLUMN of a serial or identity column rewrites the table", kNone, serial},
    {"add-column-constrained-domain", Group::lock, Severity::deny, true, false, "ADD COLUMN of a domain with a constraint rewrites the table", kNone, constrained_domain},
    {"set-logged-rewrite", Group::lock, Severity::deny, true, false, "SET LOGGED, UNLOGGED, TABLESPACE or ACCESS METHOD copies the table", kNone, set_logged},
    {"rewrite-under-lock", Group::lock, Severity::deny, true, false, "a rewrite that the rehearsal saw and no other rule foretold", kNone, nullptr},
    {"validate-same-transaction", Group::lock, Severity::deny, true, false, "VALIDATE in the transaction that holds a strong lock already", kNone, validate_same},
    {"attach-partition-scan", Group::lock, Severity::deny, true, false, "ATTACH PARTITION that has to read the new or the default partition", kNone, attach_scan},
    {"detach-partition-not-concurrent", Group::lock, Severity::warn, false, false, "DETACH PARTITION without CONCURRENTLY", kNone, detach},
});

}  // namespace

std::span<const Rule> table_rules() {
  return kRules;
}

}  // namespace tidegate::safety::rules
