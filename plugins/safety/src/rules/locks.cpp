// SPDX-License-Identifier: Apache-2.0
// Indexes, maintenance, and locks that are short but met by others.
#include <algorithm>
#include <array>

#include "rules/write.hpp"

namespace tidegate::safety::rules {
namespace {

using effects::Mode;
using syntax::Alter;
using syntax::AlterCommand;
using syntax::AlterTable;
using syntax::Name;
using syntax::Object;

void index_not_concurrent(const Statement& s, const Emit& emit) {
  const auto* c = std::get_if<syntax::CreateIndex>(&s.action);
  if (c == nullptr || c->concurrently || !s.in_use(c->table)) return;
  const auto* table = s.relation(c->table);
  if (c->if_not_exists && table != nullptr && table->index(c->index.name) != nullptr) return;
  if (table != nullptr && table->kind == 'p') {
    if (c->only) return;
    emit({"CREATE INDEX on the partitioned table " + s.shown(c->table) + " stops writers of all its partitions until all indexes are built",
          after_word(s.text, "ON", "ONLY") + "\n-- then for each partition: CREATE INDEX CONCURRENTLY … ON partition, and ALTER INDEX … ATTACH PARTITION …", 0,
          key_of(s, c->table), true});
    return;
  }
  emit({"CREATE INDEX without CONCURRENTLY stops writers of " + s.shown(c->table) + " until the index is built", after_word(s.text, "INDEX", "CONCURRENTLY"), 0,
        key_of(s, c->table), true});
}

void drop_index_not_concurrent(const Statement& s, const Emit& emit) {
  const auto* d = std::get_if<syntax::Drop>(&s.action);
  if (d == nullptr || d->kind != Object::index || d->concurrently) return;
  for (const auto& name : d->names) {
    const auto found = s.catalog.find_index(name);
    if (found.index != nullptr && (!found.index->constraint.empty() || found.table->kind == 'p' || found.table->is_new() || found.table->partition)) continue;
    if (found.index != nullptr && found.index->birth != catalog::Birth::existed) continue;
    if (found.index == nullptr && s.catalog.complete) continue;
    emit({"DROP INDEX without CONCURRENTLY stops readers and writers of " + (found.table != nullptr ? s.catalog.shown(*found.table) : "the table of " + name.name) +
              " while it waits for those before it",
          "DROP INDEX CONCURRENTLY " + std::string(d->if_exists ? "IF EXISTS " : "") + quoted(name) + ";", name.at, {}});
  }
}

void reindex(const Statement& s, const Emit& emit) {
  const auto* r = std::get_if<syntax::Reindex>(&s.action);
  if (r == nullptr || r->concurrently) return;
  if ((r->what == syntax::Reindex::What::index || r->what == syntax::Reindex::What::table) && !s.in_use(r->object)) return;
  const auto found = s.catalog.find_index(r->object);
  emit({"REINDEX without CONCURRENTLY stops writers of the table, and readers that would use the index, until it is built",
        r->what == syntax::Reindex::What::index ? after_word(s.text, "INDEX", "CONCURRENTLY")
        : r->what == syntax::Reindex::What::table ? after_word(s.text, "TABLE", "CONCURRENTLY")
                                                  : "-- REINDEX (CONCURRENTLY) of one table after the other",
        0, found.table != nullptr ? found.table->key() : key_of(s, r->object), true});
}

bool needs_no_transaction(const syntax::Action& action) {
  if (const auto* c = std::get_if<syntax::CreateIndex>(&action)) return c->concurrently;
  if (const auto* d = std::get_if<syntax::Drop>(&action)) return d->concurrently;
  if (const auto* r = std::get_if<syntax::Reindex>(&action)) return r->concurrently;
  if (const auto* v = std::get_if<syntax::Vacuum>(&action)) return v->vacuum;
  if (const auto* a = std::get_if<AlterTable>(&action))
    return std::any_of(a->commands.begin(), a->commands.end(), [](const auto& c) { return c.what == Alter::detach_partition && c.concurrently; });
  return false;
}
void concurrently_in_transaction(const Statement& s, const Emit& emit) {
  if (!s.before.block || !needs_no_transaction(s.action)) return;
  emit({"this cannot run inside a transaction block, and BEGIN stands before it: it will fail", "-- take it out of BEGIN … COMMIT, best into a migration of its own", 0, {}});
}

void cic_leftover(const Statement& s, const Emit& emit) {
  const auto* c = std::get_if<syntax::CreateIndex>(&s.action);
  if (c == nullptr || !c->concurrently || !c->if_not_exists || c->index.empty()) return;
  const auto found = s.catalog.find_index(c->index);
  // Our apply stages take away what a try of theirs left, so only what is there already counts then.
  if (found.index != nullptr ? found.index->valid : s.options.runner_sets_timeouts) return;
  emit({found.index != nullptr ? "index " + c->index.name + " is there already and is invalid: IF NOT EXISTS would keep it, and no query would ever use it"
                               : "if an earlier attempt failed, an invalid index " + c->index.name + " is left, which IF NOT EXISTS takes for done",
        "DROP INDEX CONCURRENTLY IF EXISTS " + quoted(c->index) + ";\n" + std::string(s.text) + ";", 0, {}});
}

void full_table_rewrite(const Statement& s, const Emit& emit) {
  if (const auto* c = std::get_if<syntax::Cluster>(&s.action); c != nullptr && (c->table.empty() || s.in_use(c->table))) {
    emit({"CLUSTER rewrites " + (c->table.empty() ? std::string("every clustered table") : s.shown(c->table)) + " while nobody can read or write it",
          "-- pg_repack does this without the lock; or a maintenance window", 0, c->table.empty() ? "" : key_of(s, c->table), false, true});
  }
  const auto* v = std::get_if<syntax::Vacuum>(&s.action);
  if (v == nullptr || !v->full) return;
  for (const auto& name : v->tables) {
    if (!s.in_use(name)) continue;
    emit({"VACUUM FULL rewrites " + s.shown(name) + " while nobody can read or write it",
          "VACUUM (ANALYZE) " + quoted(name) + ";\n-- to give space back to the disk: pg_repack, or a maintenance window", name.at, key_of(s, name), false, true});
  }
  if (v->tables.empty()) emit({"VACUUM FULL rewrites every table, one after the other, while nobody can use it", "VACUUM (ANALYZE);", 0, {}});
}

void matview_refresh(const Statement& s, const Emit& emit) {
  const auto* r = std::get_if<syntax::Refresh>(&s.action);
  if (r == nullptr || r->concurrently || !r->with_data || !s.in_use(r->view)) return;
  const auto* view = s.relation(r->view);
  const bool can = view == nullptr || std::any_of(view->indexes.begin(), view->indexes.end(), [](const auto& i) { return i.unique && !i.partial && !i.expressions; });
  emit({"REFRESH MATERIALIZED VIEW stops readers of " + s.shown(r->view) + " until its query has run",
        (can ? "" : "CREATE UNIQUE INDEX CONCURRENTLY … ON " + quoted(r->view) + " (…);  -- CONCURRENTLY needs one\n") + after_word(s.text, "VIEW", "CONCURRENTLY"), 0,
        key_of(s, r->view)});
}

void fk_on_new_table(const Statement& s, const Emit& emit) {
  const auto* c = std::get_if<syntax::CreateTable>(&s.action);
  if (c == nullptr) return;
  std::set<std::string> named;
  const auto look = [&](const syntax::Constraint& k) {
    if (k.kind != syntax::ConstraintKind::foreign_key || k.references.same(c->table) || !s.in_use(k.references)) return;
    if (!named.insert(s.shown(k.references)).second) return;
    emit({"the foreign key of the new table " + c->table.name + " stops writers of " + s.shown(k.references) + " for a moment, and waits for those before it",
          "-- keep the transaction short, one foreign key to a busy table each, under lock_timeout and with retries", k.at.offset, {}});
  };
  for (const auto& column : c->columns) std::for_each(column.constraints.begin(), column.constraints.end(), look);
  std::for_each(c->constraints.begin(), c->constraints.end(), look);
}

void create_partition_of(const Statement& s, const Emit& emit) {
  const auto* c = std::get_if<syntax::CreateTable>(&s.action);
  if (c == nullptr || c->partition_of.empty() || !s.in_use(c->partition_of)) return;
  const auto* parent = s.relation(c->partition_of);
  const auto* rest = parent == nullptr ? nullptr : effects::default_partition(s.catalog, *parent);
  const bool scans = rest != nullptr && !c->bound.is_default && !effects::excludes_bound(*rest, *parent, c->bound);
  emit({"CREATE TABLE … PARTITION OF stops readers and writers of " + s.shown(c->partition_of) +
            (scans ? ", and reads every row of the default partition " + s.catalog.shown(*rest) + " meanwhile" : " while it waits for those before it"),
        "CREATE TABLE " + quoted(c->table) + " (LIKE " + quoted(c->partition_of) + " INCLUDING ALL);\n" +
            alter(c->partition_of, "ATTACH PARTITION " + quoted(c->table) + (c->bound.is_default ? " DEFAULT" : " FOR VALUES " + std::string(s.text.substr(std::min(c->bound.at, s.text.size()))))),
        0, scans ? rest->key() : ""});
}

void trigger_lock(const Statement& s, const Emit& emit) {
  if (const auto* t = std::get_if<syntax::CreateTrigger>(&s.action); t != nullptr && s.in_use(t->table))
    emit({"CREATE TRIGGER stops writers of " + s.shown(t->table) + " while it waits for those before it", "", 0, {}});
  if (const auto* d = std::get_if<syntax::Drop>(&s.action); d != nullptr && d->kind == Object::trigger && s.in_use(d->on))
    emit({"DROP TRIGGER stops readers and writers of " + s.shown(d->on) + " while it waits for those before it", "", 0, {}});
}

std::string policy_target(const Statement& s, Name& table) {
  if (const auto* p = std::get_if<syntax::PolicyChange>(&s.action)) return table = p->table, p->create ? "CREATE POLICY" : "ALTER POLICY";
  if (const auto* r = std::get_if<syntax::CreateRule>(&s.action)) return table = r->table, "CREATE RULE";
  if (const auto* o = std::get_if<syntax::SetOwner>(&s.action); o != nullptr && o->kind == Object::table) return table = o->object, "OWNER TO";
  if (const auto* d = std::get_if<syntax::Drop>(&s.action); d != nullptr && (d->kind == Object::policy || d->kind == Object::rule))
    return table = d->on, d->kind == Object::policy ? "DROP POLICY" : "DROP RULE";
  const auto* a = std::get_if<AlterTable>(&s.action);
  if (a == nullptr) return {};
  table = a->table;
  for (const auto& c : a->commands) {
    switch (c.what) {
      case Alter::enable_row_security:
      case Alter::disable_row_security:
      case Alter::force_row_security:
      case Alter::no_force_row_security:
        return "ROW LEVEL SECURITY";
      case Alter::replica_identity:
        return "REPLICA IDENTITY";
      case Alter::owner:
        return "OWNER TO";
      case Alter::set_storage:
      case Alter::set_compression:
        return "SET STORAGE";
      default:
        break;
    }
  }
  return {};
}
void policy_lock(const Statement& s, const Emit& emit) {
  Name table;
  const auto what = policy_target(s, table);
  if (what.empty() || !s.in_use(table)) return;
  emit({what + " stops readers and writers of " + s.shown(table) + " while it waits for those before it", "", 0, {}});
}

void drop_fk_locks_parent(const Statement& s, const Emit& emit) {
  const auto say = [&](const std::string& table, const std::string& other, std::size_t at) {
    emit({"this takes ACCESS EXCLUSIVE on " + other + " as well, to which " + table + " has a foreign key: readers of both wait",
          "-- drop the foreign key alone, in a migration of its own", at, {}});
  };
  each_command(s, Alter::drop_constraint, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    const auto* constraint = table == nullptr ? nullptr : table->constraint(c.name);
    const auto* other = constraint == nullptr ? nullptr : s.catalog.at(constraint->references);
    if (other == nullptr || other == table || other->is_new() || a.commands.size() == 1) return;  // alone is the safe form
    say(s.shown(a.table), s.catalog.shown(*other), c.at.offset);
  });
  each_command(s, Alter::drop_column, [&](const AlterTable& a, const AlterCommand& c) {
    const auto* table = s.relation(a.table);
    if (table == nullptr) return;
    for (const auto& k : table->constraints) {
      const auto* other = s.catalog.at(k.references);
      if (other == nullptr || other == table || other->is_new() || std::find(k.columns.begin(), k.columns.end(), c.name) == k.columns.end()) continue;
      say(s.shown(a.table), s.catalog.shown(*other), c.at.offset);
    }
  });
}

void drop_table_locks_others(const Statement& s, const Emit& emit) {
  const auto* d = std::get_if<syntax::Drop>(&s.action);
  if (d == nullptr || d->kind != Object::table) return;
  std::vector<std::string> others;
  for (const auto& lock : s.effects.locks) {
    const bool dropped = std::any_of(d->names.begin(), d->names.end(), [&](const Name& n) { return s.shown(n) == lock.relation; });
    const auto* relation = s.catalog.at(lock.key);
    if (dropped || lock.index || lock.harmless || lock.mode != Mode::access_exclusive || (relation != nullptr && relation->kind == 'S')) continue;
    others.push_back(lock.relation);
  }
  if (others.empty()) return;
  std::string list;
  for (const auto& name : others) list += (list.empty() ? "" : ", ") + name;
  emit({"DROP TABLE takes ACCESS EXCLUSIVE on " + list + " too: readers of all of them wait", "-- drop the foreign keys and views first, one by one, each in a short transaction", 0, {}});
}

void domain_validates(const Statement& s, const Emit& emit) {
  const auto* a = std::get_if<syntax::AlterDomain>(&s.action);
  if (a == nullptr) return;
  const bool check = a->what == syntax::AlterDomain::What::add_constraint && a->constraint && !a->constraint->not_valid;
  if (!check && a->what != syntax::AlterDomain::What::set_not_null) return;
  std::string tables, key;
  for (const auto& lock : s.effects.locks) {
    if (lock.harmless) continue;
    tables += (tables.empty() ? "" : ", ") + lock.relation;
    key = lock.key;
  }
  if (tables.empty() && s.catalog.complete) return;
  if (const auto found = s.catalog.types.find(s.catalog.key_of(a->domain)); tables.empty() && found != s.catalog.types.end()) return;
  emit({"a new constraint of domain " + a->domain.name + " reads every row of " + (tables.empty() ? "each table that uses it" : tables) + " while nobody can write to it",
        check ? std::string(s.text) + " NOT VALID;\n-- in a later migration:\nALTER DOMAIN " + quoted(a->domain) + " VALIDATE CONSTRAINT …;"
              : "ALTER DOMAIN " + quoted(a->domain) + " ADD CHECK (VALUE IS NOT NULL) NOT VALID;\n-- and validate it in a later migration",
        0, key});
}

void explicit_lock(const Statement& s, const Emit& emit) {
  const auto* l = std::get_if<syntax::LockTable>(&s.action);
  if (l == nullptr) return;
  for (const auto& name : l->tables) {
    if (!s.in_use(name) || !effects::writes_wait(static_cast<Mode>(l->mode))) continue;
    emit({"LOCK TABLE holds " + std::string(effects::name_of(static_cast<Mode>(l->mode))) + " on " + s.shown(name) + " until the transaction ends",
          "-- leave the lock to the statement that needs it; if it has to be, make it the first statement of a short transaction", name.at, {}});
  }
}

void held_access_exclusive(const Statement& s, const Emit& emit) {
  if (s.effects.scanned.empty() && s.effects.rewritten.empty()) return;
  const auto* dml = std::get_if<syntax::Dml>(&s.action);
  if (dml != nullptr && dml->verb == syntax::Verb::select) return;
  // A foreign key of a new table has nothing to look up, though its lock on the other table is real.
  if (const auto* a = std::get_if<AlterTable>(&s.action); a != nullptr && !s.in_use(a->table)) return;
  std::string largest;
  double rows = -2;
  for (const auto& name : s.effects.scanned) {
    const auto dot = name.find('.');
    const auto* relation = s.catalog.find(dot == std::string::npos ? Name{{}, name} : Name{name.substr(0, dot), name.substr(dot + 1)});
    if (relation == nullptr || relation->is_new()) continue;
    const double size = relation->size ? relation->size->rows : -1;
    if (size > rows) rows = size, largest = relation->key();
  }
  if (largest.empty()) return;
  for (const auto& [table, mode] : s.before.held) {
    if (mode != Mode::access_exclusive || s.effects.locks_with(table, Mode::row_exclusive)) continue;
    emit({table + " is still locked against readers and writers by an earlier statement of this transaction while this one runs over "
              + s.effects.scanned.front(),
          "-- the statement that takes the strong lock last, or in a migration of its own", 0, largest});
    return;
  }
}

void many_tables(const Statement& s, const Emit& emit) {
  for (const auto& lock : s.effects.locks) {
    if (lock.harmless || lock.index || lock.mode != Mode::access_exclusive || s.before.held.contains(lock.relation)) continue;
    for (const auto& [table, mode] : s.before.held) {
      if (mode != Mode::access_exclusive || table == lock.relation) continue;
      emit({"one transaction locks " + table + " and " + lock.relation + " against readers and writers: it can deadlock with the application, and holds the first while it waits for the second",
            "-- one table a migration", 0, {}});
      return;
    }
  }
}

void combine_alter(const Statement& s, const Emit& emit) {
  const auto* a = std::get_if<AlterTable>(&s.action);
  if (a == nullptr || !s.in_use(a->table) || !s.before.scanned_by_alter.contains(s.shown(a->table))) return;
  if (std::find(s.effects.scanned.begin(), s.effects.scanned.end(), s.shown(a->table)) == s.effects.scanned.end()) return;
  emit({s.shown(a->table) + " was read from end to end by an earlier ALTER TABLE of this migration already", "-- one ALTER TABLE with all commands reads it once", 0, {}});
}

bool strong(const Statement& s, std::string* on = nullptr) {
  const auto* lock = s.effects.strongest();
  if (lock == nullptr || !effects::writes_wait(lock->mode)) return false;
  if (on != nullptr) *on = lock->relation + " (" + std::string(effects::name_of(lock->mode)) + ")";
  return true;
}
void lock_timeout_missing(const Statement& s, const Emit& emit) {
  std::string on;
  if (s.options.runner_sets_timeouts || s.before.lock_timeout || !strong(s, &on)) return;
  emit({"no lock_timeout is in force for the lock on " + on + ": behind one long transaction it waits, and everybody else behind it", "SET LOCAL lock_timeout = '2s';\n" + std::string(s.text) + ";", 0, {}});
}
void statement_timeout_missing(const Statement& s, const Emit& emit) {
  if (s.options.runner_sets_timeouts || s.before.statement_timeout || !strong(s)) return;
  emit({"no statement_timeout is in force: a statement that takes longer than thought keeps its locks", "SET LOCAL statement_timeout = '30s';", 0, {}});
}
void idle_timeout_missing(const Statement& s, const Emit& emit) {
  if (s.options.runner_sets_timeouts || s.before.idle_timeout || !strong(s)) return;
  emit({"no idle_in_transaction_session_timeout is in force: a runner that hangs keeps its locks", "SET LOCAL idle_in_transaction_session_timeout = '10s';", 0, {}});
}

std::optional<double> milliseconds(std::string text) {
  std::erase(text, ' ');
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end == text.c_str()) return std::nullopt;
  const std::string unit(end);
  if (unit.empty() || unit == "ms") return value;
  if (unit == "us") return value / 1000;
  if (unit == "s") return value * 1000;
  if (unit == "min") return value * 60000;
  return unit == "h" ? std::optional(value * 3600000) : unit == "d" ? std::optional(value * 86400000) : std::nullopt;
}
constexpr double kLongestLockTimeout = 5000;

void lock_timeout_excessive(const Statement& s, const Emit& emit) {
  std::string value;
  if (const auto* v = std::get_if<syntax::SetVariable>(&s.action); v != nullptr && v->name == "lock_timeout" && !v->reset) value = v->value;
  if (const auto* d = std::get_if<syntax::Dml>(&s.action)) {
    for (const auto& [name, given] : d->set_config) {
      if (name == "lock_timeout") value = given;
    }
  }
  const auto span = milliseconds(value);
  if (value.empty() || !span || (*span > 0 && *span <= kLongestLockTimeout)) return;
  emit({*span <= 0 ? "lock_timeout = 0 waits for ever, and everybody who comes later waits behind it"
                   : "lock_timeout = " + value + ": for so long everybody who comes later waits behind this lock request",
        "SET LOCAL lock_timeout = '2s';", 0, {}});
}

void session_set(const Statement& s, const Emit& emit) {
  const auto* v = std::get_if<syntax::SetVariable>(&s.action);
  if (!s.options.pooler || v == nullptr || v->local || v->name.empty()) return;
  emit({"SET without LOCAL stays in the server's session, which the pooler gives to other clients afterwards", after_word(s.text, "SET", "LOCAL"), 0, {}});
}

constexpr std::string_view kNone{};
constexpr std::array kRules = std::to_array<Rule>({
    {"index-not-concurrent", Group::lock, Severity::deny, true, false, "CREATE INDEX without CONCURRENTLY stops writers until it is built", kNone, index_not_concurrent},
    {"drop-index-not-concurrent", Group::lock, Severity::warn, false, false, "DROP INDEX without CONCURRENTLY", kNone, drop_index_not_concurrent},
    {"reindex-not-concurrent", Group::lock, Severity::deny, true, false, "REINDEX without CONCURRENTLY", kNone, reindex},
    {"concurrently-in-transaction", Group::lock, Severity::deny, false, false, "a statement that cannot run in a transaction block stands in one", kNone,
     concurrently_in_transaction},
    {"cic-invalid-leftover", Group::lock, Severity::warn, false, false, "CREATE INDEX CONCURRENTLY IF NOT EXISTS takes an invalid index for done", kNone, cic_leftover},
    {"full-table-rewrite-command", Group::lock, Severity::deny, true, false, "VACUUM FULL or CLUSTER rewrites the table under ACCESS EXCLUSIVE", kNone, full_table_rewrite},
    {"matview-refresh-blocking", Group::lock, Severity::warn, false, false, "REFRESH MATERIALIZED VIEW without CONCURRENTLY", kNone, matview_refresh},
    {"fk-on-new-table", Group::lock, Severity::info, false, false, "the foreign key of a new table locks the table that it points to", kNone, fk_on_new_table},
    {"create-partition-of", Group::lock, Severity::warn, false, false, "CREATE TABLE … PARTITION OF locks the parent, and reads the default partition", kNone, create_partition_of},
    {"trigger-lock", Group::lock, Severity::info, false, false, "CREATE or DROP TRIGGER on a table that is in use", kNone, trigger_lock},
    {"policy-rls-lock", Group::lock, Severity::info, false, false, "a policy, rule, owner or setting that takes ACCESS EXCLUSIVE for a moment", kNone, policy_lock},
    {"drop-fk-locks-parent", Group::lock, Severity::warn, false, false, "dropping a foreign key locks both tables", kNone, drop_fk_locks_parent},
    {"drop-table-locks-others", Group::lock, Severity::warn, false, false, "DROP TABLE locks other tables and views", kNone, drop_table_locks_others},
    {"domain-constraint-validates", Group::lock, Severity::deny, true, false, "ALTER DOMAIN that reads every table that uses it", kNone, domain_validates},
    {"explicit-lock-table", Group::lock, Severity::warn, false, false, "LOCK TABLE", kNone, explicit_lock},
    {"held-access-exclusive", Group::lock, Severity::warn, true, true, "a long statement runs while a strong lock of the same transaction is held", kNone, held_access_exclusive},
    {"max-duration", Group::lock, Severity::deny, false, false, "a statement in a transaction takes longer than max_duration, by estimate; a warning when it might", kNone, nullptr},
    {"many-tables-one-transaction", Group::lock, Severity::info, false, true, "one transaction locks several tables against readers", kNone, many_tables},
    {"combine-alter-table", Group::lock, Severity::info, false, true, "several ALTER TABLE read the same table", kNone, combine_alter},
    {"lock-timeout-missing", Group::lock, Severity::warn, false, true, "a strong lock without lock_timeout", kNone, lock_timeout_missing},
    {"lock-timeout-excessive", Group::lock, Severity::warn, false, false, "a lock_timeout of 0, or of more than 5 s", kNone, lock_timeout_excessive},
    {"statement-timeout-missing", Group::lock, Severity::info, false, true, "a strong lock without statement_timeout", kNone, statement_timeout_missing},
    {"idle-timeout-missing", Group::lock, Severity::info, false, true, "a strong lock without idle_in_transaction_session_timeout", kNone, idle_timeout_missing},
    {"session-set-through-pooler", Group::lock, Severity::warn, false, false, "SET without LOCAL through a connection pooler", kNone, session_set},
});

}  // namespace

std::span<const Rule> lock_rules() {
  return kRules;
}

}  // namespace tidegate::safety::rules
