// SPDX-License-Identifier: Apache-2.0
#include "migrations/way_back.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tidegate/extensions.hpp>

namespace tidegate::migrations {
namespace {

using Json = nlohmann::json;
using sdk::Db;
using sdk::Error;
using sdk::Result;
using sdk::Row;
using sdk::Status;

constexpr std::string_view kTable =
    "CREATE TABLE tidegate.inverses (name text NOT NULL, checksum text NOT NULL, reversible text NOT NULL, statements jsonb NOT NULL, "
    "reasons jsonb NOT NULL, made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), PRIMARY KEY (name, checksum));";

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const auto& item : list)
    if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string array_literal(Db& db, const std::vector<std::string>& list) {
  return db.literal(Json(list).dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

Result<std::vector<WayBack>> ways_back_rehearsed(const sdk::Host& host) {
  std::vector<WayBack> out;
  const auto said = host.ask(TG_REHEARSE, TG_REHEARSE_PROOF);
  if (!said && (said.error().code == Status::not_found || said.error().code == Status::unsupported)) return out;
  if (!said) return said.error();
  const auto answer = Json::parse(*said, nullptr, false);
  if (!answer.is_object() || !answer.contains("migrations") || !answer["migrations"].is_array())
    return Error{Status::internal, "what was rehearsed is not what " TG_REHEARSE " says", "report this to the author of the stage"};
  for (const auto& one : answer["migrations"]) {
    if (!one.is_object() || text_in(one, "reversible").empty()) continue;  // it failed
    out.push_back({text_in(one, "name"), text_in(one, "checksum"), text_in(one, "reversible"), text_in(one, "by") == "down.sql",
                   one.value("proven", Json()) == true, text_in(one, "unproven"), texts(one.value("inverse", Json())),
                   texts(one.value("reasons", Json()))});
  }
  return out;
}

Result<bool> keep_ways_back(Db& db, const std::vector<WayBack>& ways) {
  if (std::none_of(ways.begin(), ways.end(), [](const WayBack& way) { return way.proven && !way.by_file; })) return true;
  bool there = false, may = false;
  const auto asked = db.query(
      "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'inverses'), "
      "pg_catalog.has_schema_privilege(n.oid, 'CREATE') FROM pg_catalog.pg_namespace n WHERE n.nspname = 'tidegate'",
      {}, [&](const Row& row) { there = row[0] == "t", may = row[1] == "t"; });
  if (!asked) return asked.error();
  if (!there && !may) return false;
  std::string script = "BEGIN;";
  if (!there) script += kTable;
  for (const auto& way : ways) {
    if (!way.proven || way.by_file) continue;
    script += "INSERT INTO tidegate.inverses (name, checksum, reversible, statements, reasons) VALUES (" + db.literal(way.name) + "," +
              db.literal(way.checksum) + "," + db.literal(way.reversible) + "," + array_literal(db, way.statements) + "," +
              array_literal(db, way.reasons) +
              ") ON CONFLICT (name, checksum) DO UPDATE SET reversible = excluded.reversible, statements = excluded.statements, reasons = "
              "excluded.reasons, made_at = excluded.made_at;";
  }
  if (auto kept = db.script(script + "COMMIT"); !kept) {
    const auto error = kept.error();
    if (db.transaction() != TG_TXN_IDLE) (void)db.script("ROLLBACK");
    return error;
  }
  return true;
}

Result<std::vector<WayBack>> ways_back_kept(Db& db, const std::vector<std::string>& names) {
  std::vector<WayBack> out;
  bool there = false;
  const auto asked = db.query(
      "SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') FROM pg_catalog.pg_class c JOIN "
      "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'tidegate' AND c.relname = 'inverses'",
      {}, [&](const Row& row) { there = row[0] == "t"; });
  if (!asked) return asked.error();
  if (!there) return out;
  const auto read = db.query(
      "SELECT name, checksum, reversible, statements, reasons FROM tidegate.inverses WHERE name IN (SELECT pg_catalog.jsonb_array_elements_text($1::jsonb))",
      {Json(names).dump(-1, ' ', false, Json::error_handler_t::replace)}, [&](const Row& row) {
        out.push_back({std::string(row[0]), std::string(row[1]), std::string(row[2]), false, true, {},
                       texts(Json::parse(row[3], nullptr, false)), texts(Json::parse(row[4], nullptr, false))});
      });
  if (!read) return read.error();
  return out;
}

}  // namespace tidegate::migrations
