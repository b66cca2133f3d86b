// SPDX-License-Identifier: Apache-2.0
#include "database/written.hpp"

#include <cstdlib>

#include "migrations/syntax/parse.hpp"

namespace tidegate::rollback {
namespace {

using migrations::syntax::Name;
using sdk::Db;
using sdk::Result;
using sdk::Row;

namespace syntax = migrations::syntax;

/// A table, or a column of one.
struct Vanishing {
  Name table;
  std::string column;
};

std::vector<Vanishing> vanishing(const std::vector<std::string>& statements) {
  std::vector<Vanishing> out;
  for (const auto& sql : statements) {
    for (const auto& action : syntax::parse(sql).actions) {
      if (const auto* drop = std::get_if<syntax::Drop>(&action); drop != nullptr && drop->kind == syntax::Object::table)
        for (const auto& name : drop->names) out.push_back({name, {}});
      if (const auto* alter = std::get_if<syntax::AlterTable>(&action); alter != nullptr && alter->kind == syntax::Object::table)
        for (const auto& command : alter->commands)
          if (command.what == syntax::Alter::drop_column) out.push_back({alter->table, command.name});
    }
  }
  return out;
}

std::string quoted(Db& db, const Name& name) {
  return (name.schema.empty() ? "" : db.identifier(name.schema) + ".") + db.identifier(name.name);
}

/// The condition under which a column's value is more than its default; "false" for a generated one.
Result<std::string> is_of_its_own(Db& db, const std::string& table, const std::string& column) {
  std::string out = db.identifier(column) + " IS NOT NULL";
  const auto asked = db.query(
      "SELECT a.attgenerated <> '', pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d "
      "ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attname = $2",
      {table, column}, [&](const Row& row) {
        if (row[0] == "t") out = "false";
        else if (!row.is_null(1)) out += " AND " + db.identifier(column) + " IS DISTINCT FROM (" + std::string(row[1]) + ")";
      });
  if (!asked) return asked.error();
  return out;
}

}  // namespace

Result<std::vector<Written>> rows_written(Db& db, const migrations::HistoryPlace& place, const std::string& row,
                                          const std::vector<std::string>& statements) {
  std::vector<Written> out;
  for (const auto& one : vanishing(statements)) {
    const auto table = quoted(db, one.table);
    std::string more;
    if (!one.column.empty()) {
      const auto own = is_of_its_own(db, table, one.column);
      if (!own) return own.error();
      more = " AND " + *own;
    }
    Written now{one.table.schema + (one.table.schema.empty() ? "" : ".") + one.table.name + (one.column.empty() ? "" : "." + one.column), 0, {}};
    const auto counted = db.script(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'; SELECT pg_catalog.count(*) FROM (SELECT FROM " + table +
            " WHERE pg_catalog.age(xmin) < (SELECT pg_catalog.age(xmin) FROM " + place.table + " WHERE id = " + db.literal(row) + ")" + more +
            " LIMIT " + std::to_string(kMostCounted) + ") counted; COMMIT",
        [&](const Row& r) { now.rows = std::atoll(std::string(r[0]).c_str()); });
    if (!counted) {
      now.rows = -1;
      now.why = counted.error().message;
      if (db.transaction() != TG_TXN_IDLE) (void)db.script("ROLLBACK");
      if (counted.error().code == sdk::Status::unavailable || counted.error().code == sdk::Status::cancelled) return counted.error();
    }
    if (now.rows != 0) out.push_back(std::move(now));
  }
  return out;
}

}  // namespace tidegate::rollback
