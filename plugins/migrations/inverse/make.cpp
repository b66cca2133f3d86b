// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "migrations/inverse/state.hpp"

namespace tidegate::migrations::inverse {
namespace {

std::string value(const Values& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string{} : found->second;
}

void unknown(const Item& item, Work& work) {
  work.at_least(Grade::irreversible, item.kind + " " + item.identity() + " is gone and is not known how to make again");
}

std::string sequence_options(const Values& v) {
  return " AS " + value(v, "type") + " START WITH " + value(v, "start") + " INCREMENT BY " + value(v, "increment") + " MINVALUE " +
         value(v, "minimum") + " MAXVALUE " + value(v, "maximum") + " CACHE " + value(v, "cache") +
         (v.contains("cycle") ? " CYCLE" : " NO CYCLE");
}

void make_table(const Item& item, const State& before, Work& work) {
  const auto v = values_of(item);
  if (v.contains("of type") || v.contains("inherits") || v.contains("partition of") || v.contains("server")) return unknown(item, work);
  std::string columns;
  for (const auto& name : before.column_order(item.name)) {
    const auto* column = before.find("column", item.name, name);
    if (column != nullptr) columns += (columns.empty() ? "" : ", ") + name + " " + column_definition(*column, before);
  }
  std::string sql = std::string("CREATE ") + (v.contains("unlogged") ? "UNLOGGED " : "") + "TABLE " + item.name + " (" + columns + ")";
  if (v.contains("partitioned by")) sql += " PARTITION BY " + value(v, "partitioned by");
  if (v.contains("access method")) sql += " USING " + value(v, "access method");
  if (v.contains("options")) sql += " WITH (" + value(v, "options") + ")";
  if (v.contains("tablespace")) sql += " TABLESPACE " + value(v, "tablespace");
  work.run(Phase::make_tables, sql);
  const std::string alter = "ALTER TABLE " + item.name + " ";
  if (v.contains("row level security")) work.run(Phase::finish, alter + "ENABLE ROW LEVEL SECURITY");
  if (v.contains("row level security forced")) work.run(Phase::finish, alter + "FORCE ROW LEVEL SECURITY");
  if (v.contains("replica identity")) work.run(Phase::finish, alter + "REPLICA IDENTITY " + value(v, "replica identity"));
  if (v.contains("toast options")) unknown(item, work);
  work.at_least(Grade::loses_data, "table " + item.name + " was dropped: it is made again without its rows");
}

void make_part(const Item& item, const State& before, Work& work) {
  const auto v = values_of(item);
  const auto* owner = before.owner(item.part_of);
  const std::string owner_kind = owner == nullptr ? "" : owner->kind;
  const std::string table = "ALTER TABLE " + item.part_of;
  if (v.contains("inherited")) return;
  if (item.kind == "column") {
    if (owner_kind == "view" || owner_kind == "materialized view") return;
    work.run(Phase::make_columns, table + " ADD COLUMN " + item.name + " " + column_definition(item, before));
    work.at_least(Grade::loses_data, "column " + item.identity() + " was dropped: it is added again without its values");
  } else if (item.kind == "attribute") {
    work.run(Phase::make_columns, "ALTER TYPE " + item.part_of + " ADD ATTRIBUTE " + item.name + " " + value(v, "type"));
  } else if (item.kind == "constraint") {
    const auto definition = value(v, "definition");
    if (definition.starts_with("NOT NULL ")) return;  // as in drop()
    work.run(definition.starts_with("FOREIGN KEY") ? Phase::make_foreign_keys : Phase::make_constraints,
             (owner_kind == "domain" ? "ALTER DOMAIN " + item.part_of : table) + " ADD CONSTRAINT " + item.name + " " + definition);
    if (v.contains("triggers not enabled")) unknown(item, work);
  } else if (item.kind == "index") {
    if (!v.contains("of constraint") && !v.contains("partition of")) work.run(Phase::make_indexes, value(v, "definition"));
    if (v.contains("clustered")) work.run(Phase::finish, table + " CLUSTER ON " + item.name);
    if (v.contains("replica identity")) work.run(Phase::finish, table + " REPLICA IDENTITY USING INDEX " + item.name);
    if (v.contains("not valid") || v.contains("statistics")) unknown(item, work);
  } else if (item.kind == "trigger" || item.kind == "rule") {
    work.run(Phase::make_hooks, value(v, "definition"));
    if (v.contains("enabled")) {
      const auto how = value(v, "enabled");
      work.run(Phase::finish, table +
                                  (how == "no"       ? " DISABLE "
                                   : how == "always" ? " ENABLE ALWAYS "
                                                     : " ENABLE REPLICA ") +
                                  (item.kind == "trigger" ? "TRIGGER " : "RULE ") + item.name);
    }
  } else if (item.kind == "policy") {
    work.run(Phase::make_hooks, policy_sql(item));
  } else {
    return unknown(item, work);
  }
  finish(item, nullptr, owner_kind, work);
}

}  // namespace

std::string column_definition(const Item& column, const State& before) {
  const auto v = values_of(column);
  std::string out = value(v, "type");
  if (v.contains("collation")) out += " COLLATE " + value(v, "collation");
  if (v.contains("compression")) out += " COMPRESSION " + value(v, "compression");
  if (v.contains("generated stored")) out += " GENERATED ALWAYS AS (" + value(v, "generated stored") + ") STORED";
  if (v.contains("generated virtual")) out += " GENERATED ALWAYS AS (" + value(v, "generated virtual") + ") VIRTUAL";
  if (v.contains("default")) out += " DEFAULT " + value(v, "default");
  if (v.contains("identity")) {
    out += value(v, "identity") == "always" ? " GENERATED ALWAYS AS IDENTITY" : " GENERATED BY DEFAULT AS IDENTITY";
    if (const auto* sequence = before.identity_sequence(column.identity())) {
      const auto s = values_of(*sequence);
      out += " (SEQUENCE NAME " + sequence->name + " START WITH " + value(s, "start") + " INCREMENT BY " + value(s, "increment") +
             " MINVALUE " + value(s, "minimum") + " MAXVALUE " + value(s, "maximum") + " CACHE " + value(s, "cache") +
             (s.contains("cycle") ? " CYCLE" : "") + ")";
    }
  }
  if (v.contains("not null")) out += " NOT NULL";
  return out;
}

std::string policy_sql(const Item& policy) {
  const auto v = values_of(policy);
  std::string out = "CREATE POLICY " + policy.name + " ON " + policy.part_of;
  if (v.contains("restrictive")) out += " AS RESTRICTIVE";
  out += " FOR " + value(v, "for") + " TO " + value(v, "to");
  if (v.contains("using")) out += " USING (" + value(v, "using") + ")";
  if (v.contains("with check")) out += " WITH CHECK (" + value(v, "with check") + ")";
  return out;
}

void make(const Item& item, const State& before, Work& work) {
  if (!item.part_of.empty()) return make_part(item, before, work);
  const auto v = values_of(item);
  const auto& k = item.kind;
  const bool whole = k == "table" || k == "view" || k == "materialized view" || k == "domain" || k == "composite type";
  if (k == "table") {
    make_table(item, before, work);
  } else if (k == "view" || k == "materialized view") {
    auto definition = value(v, "definition");
    if (definition.ends_with(';')) definition.pop_back();
    work.run(Phase::make_views, "CREATE " + relation_word(k) + " " + item.name +
                                    (v.contains("options") ? " WITH (" + value(v, "options") + ")" : "") + " AS " + definition);
  } else if (k == "sequence") {
    if (v.contains("identity of")) return;  // comes with its column
    work.run(Phase::make_sequences,
             std::string("CREATE ") + (v.contains("unlogged") ? "UNLOGGED " : "") + "SEQUENCE " + item.name + sequence_options(v));
    if (v.contains("owned by")) work.run(Phase::finish, "ALTER SEQUENCE " + item.name + " OWNED BY " + value(v, "owned by"));
    work.at_least(Grade::loses_data, "sequence " + item.name + " was dropped: it is made again at its start");
  } else if (k == "function" || k == "procedure") {
    work.run(Phase::make_routines, value(v, "definition"));
  } else if (k == "enum") {
    const auto labels = value(v, "labels");
    work.run(Phase::make_types, "CREATE TYPE " + item.name + " AS ENUM (" + (labels == "none" ? "" : labels) + ")");
  } else if (k == "domain") {
    work.run(Phase::make_types, "CREATE DOMAIN " + item.name + " AS " + value(v, "type") +
                                    (v.contains("collation") ? " COLLATE " + value(v, "collation") : "") +
                                    (v.contains("default") ? " DEFAULT " + value(v, "default") : "") +
                                    (v.contains("not null") ? " NOT NULL" : ""));
  } else if (k == "composite type") {
    std::string attributes;
    for (const auto& name : before.column_order(item.name)) {
      const auto* attribute = before.find("attribute", item.name, name);
      if (attribute == nullptr) continue;
      const auto a = values_of(*attribute);
      attributes += (attributes.empty() ? "" : ", ") + name + " " + value(a, "type") +
                    (a.contains("collation") ? " COLLATE " + value(a, "collation") : "");
    }
    work.run(Phase::make_types, "CREATE TYPE " + item.name + " AS (" + attributes + ")");
  } else if (k == "schema") {
    work.run(Phase::make_first, "CREATE SCHEMA " + item.name);
  } else if (k == "extension") {
    work.run(Phase::make_first,
             "CREATE EXTENSION " + item.name + " SCHEMA " + value(v, "schema") + " VERSION " + quoted(value(v, "version")));
    return;
  } else {
    return unknown(item, work);
  }
  finish(item, nullptr, {}, work);
  if (!whole) return;
  for (const auto* part : before.parts(item.name)) {
    if (part->kind == fingerprint::kColumnOrder) continue;
    // Columns were made with it; what a definition does not have is laid over it.
    if (part->kind == "column" || part->kind == "attribute")
      finish(*part, nullptr, k, work);
    else
      make_part(*part, before, work);
  }
}

}  // namespace tidegate::migrations::inverse
