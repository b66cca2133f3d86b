// SPDX-License-Identifier: Apache-2.0
#include "migrations/inverse/state.hpp"

namespace tidegate::migrations::inverse {
namespace {

bool foreign_key(const Values& values) {
  const auto found = values.find("definition");
  return found != values.end() && found->second.starts_with("FOREIGN KEY");
}

bool not_null(const Values& values) {
  const auto found = values.find("definition");
  return found != values.end() && found->second.starts_with("NOT NULL ");
}

void drop_part(const Item& item, const Values& values, const State& after, Work& work) {
  const auto* owner = after.owner(item.part_of);
  const std::string table = "ALTER " + relation_word(owner == nullptr ? "" : owner->kind) + " " + item.part_of;
  const bool inherited = values.contains("inherited");
  if (item.kind == "column") {
    const bool view = owner != nullptr && (owner->kind == "view" || owner->kind == "materialized view");
    if (!view && !inherited) work.run(Phase::drop_columns, table + " DROP COLUMN " + item.name);
  } else if (item.kind == "attribute") {
    work.run(Phase::drop_columns, "ALTER TYPE " + item.part_of + " DROP ATTRIBUTE " + item.name);
  } else if (item.kind == "constraint") {
    const bool domain = owner != nullptr && owner->kind == "domain";
    // PostgreSQL 18 names what NOT NULL makes: the column's own change takes it
    // back.
    if (!inherited && !not_null(values))
      work.run(foreign_key(values) ? Phase::drop_foreign_keys : Phase::drop_constraints,
               (domain ? "ALTER DOMAIN " + item.part_of : table) + " DROP CONSTRAINT " + item.name);
  } else if (item.kind == "index") {
    if (!values.contains("of constraint") && !values.contains("partition of"))
      work.run(Phase::drop_indexes, "DROP INDEX " + parts_of_name(item.part_of).first + item.name);
  } else if (item.kind == "trigger" || item.kind == "policy" || item.kind == "rule") {
    const std::string word = item.kind == "trigger" ? "TRIGGER " : item.kind == "policy" ? "POLICY " : "RULE ";
    if (!inherited) work.run(Phase::drop_hooks, "DROP " + word + item.name + " ON " + item.part_of);
  } else {
    work.at_least(Grade::irreversible, "a new " + item.kind + " " + item.identity() + " is not known how to take back");
  }
}

}  // namespace

void drop(const Item& item, const State& after, Work& work) {
  const auto values = values_of(item);
  const auto& k = item.kind;
  if (!item.part_of.empty()) return drop_part(item, values, after, work);
  if (k == "table") return work.drop_together(Phase::drop_tables, "DROP TABLE", item.name);
  if (k == "foreign table") return work.drop_together(Phase::drop_tables, "DROP FOREIGN TABLE", item.name);
  if (k == "view") return work.drop_together(Phase::drop_views, "DROP VIEW", item.name);
  if (k == "materialized view") return work.drop_together(Phase::drop_views, "DROP MATERIALIZED VIEW", item.name);
  if (k == "sequence") {
    // One that a column owns goes with it, if the column or its table is new;
    // IF EXISTS does for both.
    if (!values.contains("identity of")) work.run(Phase::drop_sequences, "DROP SEQUENCE IF EXISTS " + item.name);
    return;
  }
  if (k == "function" || k == "procedure" || k == "aggregate") return work.drop_together(Phase::drop_routines, "DROP ROUTINE", item.name);
  if (k == "enum" || k == "composite type" || k == "range" || k == "type" || k == "shell type")
    return work.drop_together(Phase::drop_types, "DROP TYPE", item.name);
  if (k == "domain") return work.drop_together(Phase::drop_types, "DROP DOMAIN", item.name);
  if (k == "schema") return work.run(Phase::drop_rest, "DROP SCHEMA " + item.name);
  if (k == "extension") return work.run(Phase::drop_rest, "DROP EXTENSION " + item.name);
  if (k == "statistics") return work.run(Phase::drop_indexes, "DROP STATISTICS " + item.name);
  if (k == "publication") return work.run(Phase::drop_hooks, "DROP PUBLICATION " + item.name);
  if (k == "event trigger") return work.run(Phase::drop_hooks, "DROP EVENT TRIGGER " + item.name);
  work.at_least(Grade::irreversible, "a new " + k + " " + item.name + " is not known how to take back");
}

}  // namespace tidegate::migrations::inverse
