// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include <optional>
#include <tidegate/extensions.hpp>

#include "history.hpp"

namespace tidegate::health {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

/// The server looked at the query and refused it: a fact about the schema. Anything else (a lock, a lost connection, no
/// time left) says nothing about it, and the check could not run.
bool about_the_schema(const Error& error) {
  return error.code == Status::failed || (error.code == Status::denied && !error.sqlstate.empty());
}

}  // namespace

Result<std::vector<TableName>> DatabaseChecks::read_tables() const {
  std::vector<TableName> out;
  for (const auto& text : host_.texts("tables")) {
    auto table = parse_table(text);
    if (!table) return table.error();
    out.push_back(std::move(*table));
  }
  return out;
}

Result<void> DatabaseChecks::run(Findings& found) {
  found_ = &found;
  const auto tables = read_tables();
  if (!tables) return tables.error();
  auto db = host_.db("main", TG_DB_FRESH);
  if (!db) return db.error();
  if (auto done = check_built_in(*db, *tables); !done) return done.error();
  if (auto done = check_assertions(*db); !done) return done.error();
  return check_history();
}

std::string DatabaseChecks::summary() const {
  std::string out = "a connection";
  if (const auto n = host_.count("tables"); n != 0) out += ", " + count_of(n, "table", "tables");
  if (invalid_indexes()) out += ", indexes";
  if (history_checked_) out += ", history";
  if (const auto n = host_.count("assert"); n != 0) out += ", " + count_of(n, "assertion", "assertions");
  return out;
}

Result<void> DatabaseChecks::check_built_in(sdk::Db& db, const std::vector<TableName>& tables) {
  const Quote identifier = [&db](std::string_view name) { return db.identifier(name); };
  std::vector<std::vector<std::string>> indexes;
  const auto take = [&](const sdk::Row& row) {
    indexes.push_back({std::string(row[0]), std::string(row[1]), std::string(row[2]), std::string(row[3])});
  };
  bool look_at_indexes = false;
  const auto all = db.query(combined_query(tables, invalid_indexes(), identifier), {},
                            [&](const sdk::Row& row) { look_at_indexes = look_at_indexes || row[0] == "invalid"; });
  if (!all) {
    if (tables.empty() || !about_the_schema(all.error())) return all.error();
    // One of the tables: which, and is it the only one?
    for (const auto& table : tables)
      if (auto done = check_table(db, table, identifier); !done) return done.error();
    look_at_indexes = invalid_indexes();
  }
  if (look_at_indexes)
    if (auto done = db.query(invalid_index_query(), {}, take); !done) return done.error();
  for (const auto& index : indexes) tell_index(index, identifier);
  return {};
}

Result<void> DatabaseChecks::check_table(sdk::Db& db, const TableName& table, const Quote& identifier) {
  const auto read = db.query(read_query(table, identifier));
  if (read) return {};
  const Error& error = read.error();
  if (!about_the_schema(error)) return error;
  const bool missing = error.sqlstate == "42P01" || error.sqlstate == "3F000";  // undefined_table, invalid_schema_name
  if (!missing) {
    found_->add(Verdict::block, "table-not-readable", "the table " + table.shown() + " cannot be read: " + error.message,
                error.code == Status::denied ? "grant the role that deploys SELECT on it, and USAGE on its schema" : error.hint);
    return {};
  }
  std::vector<std::string> similar;
  const auto looked = db.query(similar_query(), {table.table}, [&](const sdk::Row& row) { similar.emplace_back(row[0]); });
  if (!looked) return looked.error();
  found_->add(Verdict::block, "table-missing", "the table " + table.shown() + " does not exist",
              similar.empty() ? "check the migrations that should have made it, or the setting 'tables'"
                              : "there is " + names(similar) + ": check the setting 'tables'");
  return {};
}

void DatabaseChecks::tell_index(const std::vector<std::string>& index, const Quote& identifier) {
  const std::string name = index[0] + "." + index[1];
  const std::string on = " on " + index[2];
  const std::string quoted = identifier(index[0]) + "." + identifier(index[1]);
  if (index[3] == "building")
    found_->add(Verdict::warn, "index-invalid", "the index " + name + on + " is being built right now and not valid yet",
                "look again when it is done");
  else if (index[3] == "incomplete")
    found_->add(Verdict::warn, "index-invalid", "the partitioned index " + name + on + " does not have a part for every partition",
                "create the missing ones and attach them with ALTER INDEX " + quoted + " ATTACH PARTITION");
  else
    found_->add(Verdict::block, "index-invalid",
                "the index " + name + on +
                    " is invalid, as a CREATE INDEX CONCURRENTLY that failed leaves it: writes maintain it and queries do not use it",
                "DROP INDEX CONCURRENTLY " + quoted + " and create it again, or REINDEX INDEX CONCURRENTLY " + quoted);
}

Result<void> DatabaseChecks::check_assertions(sdk::Db& db) {
  for (std::uint32_t i = 0, n = host_.count("assert"); i < n; ++i) {
    if (host_.cancelled()) return Error{Status::cancelled, "interrupted before all assertions were checked"};
    const std::string path = "assert." + std::to_string(i) + ".";
    const std::string sql = host_.text(path + "sql");
    const std::string name = host_.text(path + "name");
    const std::string what = "the assertion " + (name.empty() ? std::to_string(i + 1) + " (" + sql + ")" : "'" + name + "'");
    std::size_t rows = 0;
    std::optional<std::string> value;
    const auto asked = db.query(sql, {}, [&](const sdk::Row& row) {
      if (rows++ == 0 && row.columns() != 0 && !row.is_null(0)) value = std::string(row[0]);
    });
    if (!asked && !about_the_schema(asked.error())) return asked.error();
    const std::string expected = host_.text(path + "expect", "t");
    const std::string fix = "look at what the migrations did, or correct the assertion in the pipeline: " + sql;
    if (!asked)
      found_->add(Verdict::block, "assertion-failed", what + " could not be evaluated: " + asked.error().message, fix);
    else if (rows != 1)
      found_->add(Verdict::block, "assertion-failed", what + " gave " + count_of(rows, "row", "rows") + "; one is expected", fix);
    else if (value != expected)
      found_->add(Verdict::block, "assertion-failed",
                  what + " gave " + (value ? "'" + *value + "'" : "NULL") + "; '" + expected + "' is expected", fix);
  }
  return {};
}

Result<void> DatabaseChecks::check_history() {
  history_checked_ = false;
  if (!host_.flag("history", true)) return {};
  const auto answer = host_.ask(TG_HISTORY, TG_HISTORY_LIST, TG_HISTORY_WITHOUT_ROWS);
  if (!answer) {
    // A pipeline without such a stage, or a host that does not let this one ask: nothing to hold against anything.
    if (answer.error().code == Status::not_found || answer.error().code == Status::unsupported) return {};
    return answer.error();
  }
  const auto history = read_history(*answer);
  if (!history) return history.error();
  history_checked_ = true;
  if (!history->failed.empty())
    found_->add(Verdict::block, "history-incomplete",
                count_of(history->failed.size(), "migration is", "migrations are") + " recorded as failed: " + names(history->failed),
                "put right what they did, then: tidegate resolve --applied NAME or --rolled-back NAME");
  if (!history->pending.empty())
    found_->add(Verdict::block, "history-incomplete",
                count_of(history->pending.size(), "migration is", "migrations are") + " still pending: " + names(history->pending),
                "tidegate run applies them");
  return {};
}

}  // namespace tidegate::health
