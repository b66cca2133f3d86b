// SPDX-License-Identifier: Apache-2.0
//
// The statements of a migration by PostgreSQL's own grammar (libpg_query, version 15). A statement that this grammar does
// not know is not an error: it may come from a newer server, and is judged by its words. Any thread with a usual stack.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::migrations {

enum class Control { none, begin, commit, rollback, forbidden };

/// What a CONCURRENTLY statement does, and so what it may leave half done.
enum class Concurrent { none, create_index, drop_index, reindex_index, reindex_table, reindex_many, detach, unknown };

struct Statement {
  std::size_t offset = 0, length = 0;  ///< bytes of the text, without leading comments and without the semicolon
  bool understood = true;              ///< by the grammar
  bool transactional = true;           ///< may run inside a transaction block
  bool concurrently = false;           ///< waits by design: runs without lock_timeout and statement_timeout
  Control control = Control::none;
  std::string begin_options;  ///< BEGIN … with these words
  std::string enum_value;     ///< ALTER TYPE … ADD VALUE: the new one, unquoted
  Concurrent concurrent = Concurrent::none;
  std::string table_schema, table;    ///< CREATE INDEX, REINDEX TABLE, DETACH PARTITION (from this one) CONCURRENTLY
  std::string object_schema, object;  ///< the index of CREATE (may have no name), DROP, REINDEX INDEX; the partition of DETACH
  [[nodiscard]] std::string_view in(std::string_view text) const { return text.substr(offset, length); }
};

/// Splits the text and says of each statement how it has to be run. nullopt: it cannot be split (an unterminated quote).
std::optional<std::vector<Statement>> statements(std::string_view text);

}  // namespace tidegate::migrations
