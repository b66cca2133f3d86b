// SPDX-License-Identifier: Apache-2.0
#include "migrations/way_back.hpp"

#include <algorithm>
#include <tidegate/extensions.hpp>

#include "migrations/journal_table.hpp"
#include "migrations/json_fields.hpp"

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

std::vector<std::string> texts(std::string_view json) {
  Json object;
  object["list"] = Json::parse(json, nullptr, false);
  return texts_in(object, "list");
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
                   one.value("proven", Json()) == true, text_in(one, "unproven"), texts_in(one, "inverse"), texts_in(one, "reasons")});
  }
  return out;
}

Result<bool> keep_ways_back(Db& db, const std::vector<WayBack>& ways) {
  if (std::none_of(ways.begin(), ways.end(), [](const WayBack& way) { return way.proven && !way.by_file; })) return true;
  const auto table = journal_table(db, "inverses");
  if (!table) return table.error();
  if (!table->there && !table->may_make) return false;
  std::string script;
  for (const auto& way : ways) {
    if (!way.proven || way.by_file) continue;
    script += "INSERT INTO tidegate.inverses (name, checksum, reversible, statements, reasons) VALUES (" + db.literal(way.name) + "," +
              db.literal(way.checksum) + "," + db.literal(way.reversible) + "," + array_literal(db, way.statements) + "," +
              array_literal(db, way.reasons) +
              ") ON CONFLICT (name, checksum) DO UPDATE SET reversible = excluded.reversible, statements = excluded.statements, reasons = "
              "excluded.reasons, made_at = excluded.made_at;";
  }
  if (auto kept = change_journal_table(db, *table, kTable, script); !kept) return kept.error();
  return true;
}

Result<std::vector<WayBack>> ways_back_kept(Db& db, const std::vector<std::string>& names) {
  std::vector<WayBack> out;
  const auto table = journal_table(db, "inverses");
  if (!table) return table.error();
  if (!table->may_read) return out;
  const auto read = db.query(
      "SELECT name, checksum, reversible, statements, reasons FROM tidegate.inverses WHERE name IN (SELECT pg_catalog.jsonb_array_elements_text($1::jsonb))",
      {Json(names).dump(-1, ' ', false, Json::error_handler_t::replace)}, [&](const Row& row) {
        out.push_back({std::string(row[0]), std::string(row[1]), std::string(row[2]), false, true, {},
                       texts(row[3]), texts(row[4])});
      });
  if (!read) return read.error();
  return out;
}

}  // namespace tidegate::migrations
