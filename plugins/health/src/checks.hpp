// SPDX-License-Identifier: Apache-2.0
//
// The built-in checks as SQL: all of them in one query while everything is well, so that they cost one round trip; apart
// only to say which one failed. Pure functions: any thread.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <tidegate/result.hpp>
#include <vector>

namespace tidegate::health {

using Quote = std::function<std::string(std::string_view)>;  ///< the database's own quoting of identifiers

/// A table as the pipeline names it.
struct TableName {
  std::string schema;  ///< empty: found by the session's search_path
  std::string table;
  [[nodiscard]] std::string shown() const { return schema.empty() ? table : schema + "." + table; }
  [[nodiscard]] std::string sql(const Quote& identifier) const {
    return schema.empty() ? identifier(table) : identifier(schema) + "." + identifier(table);
  }
};

/// "Order" or "billing.Invoice"; a part with a dot in it is written in double quotes, as in SQL. Capitals are kept.
sdk::Result<TableName> parse_table(std::string_view text);

/// Reads one row at most.
std::string read_query(const TableName& table, const Quote& identifier);

/// Rows of (schema, index, table, state), where state is invalid, building (somebody is at it right now) or incomplete
/// (a partitioned index without all its parts).
std::string invalid_index_query();

/// Rows of one column: "invalid" when it is worth asking invalid_index_query, which takes the server longer to plan than
/// all the rest to answer, and anything else for the tables that could be read.
std::string combined_query(const std::vector<TableName>& tables, bool invalid_indexes, const Quote& identifier);

/// Rows of one column: tables and views whose name differs from $1 in capitals only, ready to be written in a pipeline.
std::string similar_query();

}  // namespace tidegate::health
