// SPDX-License-Identifier: Apache-2.0
#include "migrations/fingerprint/catalog.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "migrations/fingerprint/catalog_sql.hpp"
#include "migrations/lex.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

using sdk::Db;
using sdk::Error;
using sdk::Result;
using sdk::Row;
using sdk::Status;

enum Column : std::uint32_t { kKind, kPartOf, kName, kPosition, kProperties, kColumns };

/// A database may hold bytes that are no UTF-8 (SQL_ASCII); a description is text, so they become "\\xff".
std::string readable(std::string_view text) {
  std::string out;
  for (auto bad = first_invalid_utf8(text); bad != std::string_view::npos; bad = first_invalid_utf8(text)) {
    constexpr char kDigits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(text[bad]);
    out.append(text.substr(0, bad)).append("\\x").append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 15U]);
    text.remove_prefix(bad + 1);
  }
  return out.append(text);
}

/// Properties come with U+001E between them; further lines of a value get their tab here.
std::string definition_of(std::string_view properties) {
  std::string out;
  out.reserve(properties.size());
  for (const char c : properties) {
    if (c == '\x1e') {
      out += '\n';
      continue;
    }
    out += c;
    if (c == '\n') out += '\t';
  }
  return readable(out);
}

class Reading {
 public:
  void take(const Row& row) {
    if (row.columns() != kColumns) return;  // of the statements around ours
    if (row[kKind] == "remark") {
      remarks_.emplace_back(row[kName]);
      return;
    }
    if (!row.is_null(kPosition)) {
      int position = 0;
      const auto text = row[kPosition];
      std::from_chars(text.data(), text.data() + text.size(), position);
      columns_[readable(row[kPartOf])].emplace_back(position, readable(row[kName]));
    }
    items_.push_back({std::string(row[kKind]), readable(row[kPartOf]), readable(row[kName]), definition_of(row[kProperties])});
  }
  Description finish(int server_version) {
    for (auto& [relation, columns] : columns_) {
      std::sort(columns.begin(), columns.end());
      std::string order;
      for (const auto& [position, name] : columns) order += (order.empty() ? "" : ", ") + name;
      items_.push_back({std::string(kColumnOrder), relation, {}, std::move(order)});
    }
    return {server_version, std::move(items_), std::move(remarks_)};
  }

 private:
  std::vector<Item> items_;
  std::vector<std::string> remarks_;
  std::map<std::string, std::vector<std::pair<int, std::string>>> columns_;
};

Error failure(const Error& from) {
  Error out = from;
  out.message = "the schema cannot be described: " + from.message;
  if (from.sqlstate == "42501")
    out.hint = "the role must be able to read the system catalogs, as every role can by default: GRANT SELECT on the one named";
  else if (from.code == Status::locked)
    out.hint = "another session holds a lock on a relation that a view or rule reads: try again when its change is done";
  return out;
}

constexpr const char* kSavepoint = "tidegate_fingerprint";

/// In a session that may write: the statement between ours, so that no setting of it stays.
Result<void> scripted(Db& db, const std::string& sql, const Db::OnRow& on_row) {
  const std::string settings = "SET LOCAL search_path = pg_catalog, pg_temp;SET LOCAL jit = off;";
  const bool nested = db.transaction() == TG_TXN_OPEN;
  const std::string mark = kSavepoint;
  const std::string back = nested ? "ROLLBACK TO SAVEPOINT " + mark + ";RELEASE SAVEPOINT " + mark : "ROLLBACK";
  auto done = db.script(
      (nested ? "SAVEPOINT " + mark : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") + ";" + settings + sql + ";" + back, on_row);
  if (!done && db.transaction() == TG_TXN_FAILED) {
    if (auto undone = db.script(back); !undone) return undone.error();
  }
  return done;
}

}  // namespace

Result<Description> describe(Db& db, const Without& without) {
  CatalogSql sql;
  sql.version = db.server_version();
  sql.history_schema = db.literal(without.history_schema);
  sql.history_table = db.literal(without.history_table);
  const auto statement = sql.statement();
  Reading reading;
  const auto take = [&](const Row& row) { reading.take(row); };
  auto done = scripted(db, statement, take);
  // The host refuses script() in a session that only reads, without asking the server.
  if (!done && done.error().code == Status::denied && done.error().sqlstate.empty()) done = db.query(statement, {}, take);
  if (!done) return failure(done.error());
  return reading.finish(sql.version);
}

}  // namespace tidegate::migrations::fingerprint
