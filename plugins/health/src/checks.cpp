// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

namespace tidegate::health {
namespace {

/// One part of a name, quoted or not; moves `text` past it. False when it is not one.
bool take_part(std::string_view& text, std::string& part) {
  if (!text.starts_with('"')) {
    const auto dot = text.find('.');
    part = text.substr(0, dot);
    text.remove_prefix(part.size());
    return !part.empty() && part.find('"') == std::string::npos;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      part += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      part += '"';
      ++i;
    } else {
      text.remove_prefix(i + 1);
      return !part.empty();
    }
  }
  return false;
}

}  // namespace

sdk::Result<TableName> parse_table(std::string_view text) {
  const std::string given(text);
  TableName out;
  bool good = take_part(text, out.table);
  if (good && text.starts_with('.')) {
    text.remove_prefix(1);
    out.schema = std::move(out.table);
    out.table.clear();
    good = take_part(text, out.table);
  }
  if (good && text.empty()) return out;
  return sdk::Error{sdk::Status::config, "'" + given + "' in the setting 'tables' is not the name of a table",
                    "write table or schema.table; a part that contains a dot goes in double quotes"};
}

std::string read_query(const TableName& table, const Quote& identifier) {
  return "SELECT 1 FROM " + table.sql(identifier) + " LIMIT 1";
}

std::string invalid_index_query() {
  // Who builds an index of another role is not told (index_relid is NULL then); that role's lock on the table is.
  return R"(SELECT n.nspname::text, c.relname::text, t.relname::text,
       CASE WHEN c.relkind = 'I' THEN 'incomplete'
            WHEN EXISTS (SELECT FROM pg_stat_progress_create_index p
                         WHERE p.datid = (SELECT oid FROM pg_database WHERE datname = current_database())
                           AND (p.index_relid = i.indexrelid
                                OR (p.index_relid IS NULL
                                    AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = p.pid AND l.relation = i.indrelid AND l.database = p.datid
                                                AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted)))) THEN 'building'
            ELSE 'invalid' END
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND n.nspname !~ '^pg_')";
}

std::string combined_query(const std::vector<TableName>& tables, bool invalid_indexes, const Quote& identifier) {
  std::string out;
  const auto add = [&](const std::string& query) { out += (out.empty() ? "" : "\nUNION ALL\n") + query; };
  if (invalid_indexes) add("SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_index WHERE NOT indisvalid) THEN 'invalid' END");
  for (const auto& table : tables) add("SELECT (" + read_query(table, identifier) + ")::text");
  return out.empty() ? "SELECT 1" : out;
}

std::string similar_query() {
  return R"(SELECT n.nspname || '.' || c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE lower(c.relname) = lower($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
LIMIT 3)";
}

}  // namespace tidegate::health
