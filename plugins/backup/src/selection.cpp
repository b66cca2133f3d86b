// SPDX-License-Identifier: Apache-2.0
#include "selection.hpp"

#include <algorithm>

#include "migrations/pending.hpp"

namespace tidegate::backup {
namespace {

using sdk::Result;

// Of each relation that is named, and of its partitions and heirs: what it is, and whether a change of its rows can
// reach other tables by a trigger, a rule, or a foreign key that cascades.
constexpr const char* kLook =
    "WITH RECURSIVE whole(id) AS (SELECT to_regclass(n)::oid FROM unnest($1::text[]) n WHERE to_regclass(n) IS NOT NULL "
    "UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN whole ON i.inhparent = whole.id) "
    "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind::text, "
    "EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) "
    "OR (c.relkind <> 'v' AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type <> '1')) "
    "OR EXISTS (SELECT FROM pg_catalog.pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f' "
    "AND (f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd'))) "
    "FROM whole JOIN pg_catalog.pg_class c ON c.oid = whole.id JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY 1";

constexpr const char* kCountAll =
    "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' "
    "AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')";

std::string array_element(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void merge(migrations::Touched& into, migrations::Touched more, const std::string& migration) {
  if (into.unsure.empty() && !more.unsure.empty()) into.unsure = "in migration " + migration + ", " + more.unsure;
  into.writes_rows = into.writes_rows || more.writes_rows;
  into.adds_foreign_key = into.adds_foreign_key || more.adds_foreign_key;
  for (auto& relation : more.relations)
    if (std::find(into.relations.begin(), into.relations.end(), relation) == into.relations.end())
      into.relations.push_back(std::move(relation));
}

}  // namespace

Result<Pending> read_plan(std::string_view json) {
  const auto plan = migrations::read_pending(json);
  if (!plan) return plan.error();
  Pending out;
  for (const auto& migration : *plan) {
    ++out.migrations;
    for (const auto& statement : migration.statements) merge(out.touched, migrations::touched(statement.sql), migration.name);
  }
  return out;
}

Result<Selection> select_all(sdk::Db& db, std::string why) {
  Selection out;
  out.all = true;
  out.why = std::move(why);
  const auto asked = db.query(kCountAll, {}, [&](const sdk::Row& row) { out.with_rows = std::stoul(std::string(row[0])); });
  if (!asked) return asked.error();
  return out;
}

Result<Selection> select_pending(sdk::Db& db, const Pending& pending) {
  const auto& touched = pending.touched;
  if (!touched.unsure.empty()) return select_all(db, touched.unsure);
  if (touched.writes_rows && touched.adds_foreign_key)
    return select_all(db, "rows are changed beside a new foreign key, which may cascade");
  std::string names;
  for (const auto& relation : touched.relations) {
    const auto quoted = (relation.schema.empty() ? "" : db.identifier(relation.schema) + ".") + db.identifier(relation.name);
    names += (names.empty() ? "" : ",") + array_element(quoted);
  }
  Selection out;
  std::string further;
  const auto asked = db.query(kLook, {"{" + names + "}"}, [&](const sdk::Row& row) {
    const auto kind = row[1];
    const bool table = kind == "r" || kind == "p";
    const bool reaches = kind == "v" || kind == "f" || (table && row[2] == "t");  // a view hands on to what is below it
    if (touched.writes_rows && reaches && further.empty()) further = std::string(row[0]);
    if (!table && kind != "m" && kind != "S") return;
    out.names.emplace_back(row[0]);
    if (kind == "r") ++out.with_rows;
  });
  if (!asked) return asked.error();
  if (!further.empty()) return select_all(db, "a change of rows in " + further + " can reach other tables");
  return out;
}

}  // namespace tidegate::backup
