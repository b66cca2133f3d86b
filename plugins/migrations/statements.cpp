// SPDX-License-Identifier: Apache-2.0
#include "migrations/statements.hpp"

#include <pg_query.h>

#include <algorithm>

#include "migrations/lex.hpp"
#include "migrations/scanner.hpp"
#include "migrations/syntax/tree.hpp"

namespace tidegate::migrations {
namespace {

// The grammar proper keeps the whole tree in memory; beyond this the scanner alone splits.
constexpr std::size_t kLongestForGrammar = 1024 * 1024;

using syntax::text_of;

bool has_option(PgQuery__Node* const* options, std::size_t count, std::string_view name) {
  return syntax::option(count, options, name) != nullptr;
}

void note_table(Statement& s, const PgQuery__RangeVar* table) {
  if (table == nullptr) return;
  s.table_schema = text_of(table->schemaname);
  s.table = text_of(table->relname);
}
void note_object(Statement& s, const PgQuery__RangeVar* object) {
  if (object == nullptr) return;
  s.object_schema = text_of(object->schemaname);
  s.object = text_of(object->relname);
}

/// DROP INDEX takes a list of names, of which CONCURRENTLY allows one.
void note_dropped(Statement& s, const PgQuery__DropStmt& drop) {
  if (drop.n_objects != 1 || drop.objects[0]->node_case != PG_QUERY__NODE__NODE_LIST) return;
  const auto& name = *drop.objects[0]->list;
  const auto part = [&](std::size_t from_end) {
    const auto* item = name.n_items >= from_end ? name.items[name.n_items - from_end] : nullptr;
    return item != nullptr && item->node_case == PG_QUERY__NODE__NODE_STRING ? text_of(item->string->sval) : std::string{};
  };
  s.object = part(1);
  s.object_schema = part(2);
}

Concurrent reindex_kind(PgQuery__ReindexObjectType kind) {
  if (kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_INDEX) return Concurrent::reindex_index;
  return kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_TABLE ? Concurrent::reindex_table : Concurrent::reindex_many;
}

void classify_transaction(Statement& s, std::string_view sql, const PgQuery__TransactionStmt& t) {
  switch (t.kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START:
      s.control = Control::begin;
      if (t.n_options > 0) s.begin_options = sql;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
      s.control = t.chain ? Control::forbidden : Control::commit;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
      s.control = Control::rollback;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_PREPARE:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT_PREPARED:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_PREPARED:
      s.control = Control::forbidden;
      break;
    default:
      break;  // savepoints work inside our transaction
  }
}

void classify_tree(Statement& s, std::string_view sql, const PgQuery__Node& node) {
  const auto outside = [&](bool concurrently) {
    s.transactional = false;
    s.concurrently = concurrently;
  };
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
      classify_transaction(s, sql, *node.transaction_stmt);
      break;
    case PG_QUERY__NODE__NODE_INDEX_STMT:
      if (node.index_stmt->concurrent) {
        outside(true);
        s.concurrent = Concurrent::create_index;
        note_table(s, node.index_stmt->relation);
        s.object_schema = s.table_schema;
        s.object = text_of(node.index_stmt->idxname);
      }
      break;
    case PG_QUERY__NODE__NODE_DROP_STMT:
      if (node.drop_stmt->concurrent) {
        outside(true);
        s.concurrent = Concurrent::drop_index;
        note_dropped(s, *node.drop_stmt);
      }
      break;
    case PG_QUERY__NODE__NODE_REINDEX_STMT: {
      const auto& r = *node.reindex_stmt;
      const bool concurrently = has_option(r.params, r.n_params, "concurrently");
      const bool one =
          r.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_INDEX || r.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_TABLE;
      if (concurrently || !one) outside(concurrently);
      if (!concurrently) break;
      s.concurrent = reindex_kind(r.kind);
      if (s.concurrent == Concurrent::reindex_index) note_object(s, r.relation);
      if (s.concurrent == Concurrent::reindex_table) note_table(s, r.relation);
      break;
    }
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
      for (std::size_t i = 0; i < node.alter_table_stmt->n_cmds; ++i) {
        const auto* cmd = node.alter_table_stmt->cmds[i];
        if (cmd->node_case != PG_QUERY__NODE__NODE_ALTER_TABLE_CMD || cmd->alter_table_cmd->def == nullptr) continue;
        const auto* def = cmd->alter_table_cmd->def;
        if (def->node_case != PG_QUERY__NODE__NODE_PARTITION_CMD || !def->partition_cmd->concurrent) continue;
        outside(true);
        s.concurrent = Concurrent::detach;
        note_table(s, node.alter_table_stmt->relation);
        note_object(s, def->partition_cmd->name);
      }
      break;
    case PG_QUERY__NODE__NODE_VACUUM_STMT:
      if (node.vacuum_stmt->is_vacuumcmd) outside(false);
      break;
    case PG_QUERY__NODE__NODE_CLUSTER_STMT:
      if (node.cluster_stmt->relation == nullptr) outside(false);
      break;
    case PG_QUERY__NODE__NODE_ALTER_SYSTEM_STMT:
    case PG_QUERY__NODE__NODE_CREATEDB_STMT:
    case PG_QUERY__NODE__NODE_DROPDB_STMT:
    case PG_QUERY__NODE__NODE_CREATE_TABLE_SPACE_STMT:
    case PG_QUERY__NODE__NODE_DROP_TABLE_SPACE_STMT:
    case PG_QUERY__NODE__NODE_CREATE_SUBSCRIPTION_STMT:
    case PG_QUERY__NODE__NODE_ALTER_SUBSCRIPTION_STMT:
    case PG_QUERY__NODE__NODE_DROP_SUBSCRIPTION_STMT:
      outside(false);
      break;
    case PG_QUERY__NODE__NODE_ALTER_DATABASE_STMT:
      if (has_option(node.alter_database_stmt->options, node.alter_database_stmt->n_options, "tablespace")) outside(false);
      break;
    case PG_QUERY__NODE__NODE_ALTER_ENUM_STMT:
      if (text_of(node.alter_enum_stmt->old_val).empty()) s.enum_value = text_of(node.alter_enum_stmt->new_val);
      break;
    case PG_QUERY__NODE__NODE_DISCARD_STMT:
      s.control = Control::forbidden;
      break;  // would drop the advisory lock
    default:
      break;
  }
}

bool is_one_of(const std::string& word, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Only these need their tree; everything else runs in a transaction whatever it is.
bool matters(const std::vector<std::string>& words, std::string_view sql) {
  if (words.empty()) return false;
  const auto second = [&](std::initializer_list<std::string_view> list) { return words.size() > 1 && is_one_of(words[1], list); };
  if (is_one_of(words[0], {"begin", "commit", "end", "start", "rollback", "abort", "prepare", "vacuum", "cluster", "reindex", "discard"}))
    return true;
  if (is_one_of(words[0], {"create", "alter", "drop"}) && second({"system", "database", "tablespace", "subscription"})) return true;
  if (words[0] == "alter" && second({"type"})) return true;
  return has_word(sql, "concurrently");
}

void classify(Statement& s, std::string_view text) {
  const auto sql = s.in(text);
  const auto words = leading_words(sql, 3);
  if (!matters(words, sql)) return;
  bool read = false;
  syntax::with_stack_for(sql.size(), [&] {
    const auto tree = syntax::parse_tree(std::string(sql));
    const auto* statement = tree.statement();
    if (statement == nullptr) return;
    classify_tree(s, sql, *statement);
    read = true;
  });
  if (read) return;
  s.understood = false;
  if (words[0] == "vacuum") s.transactional = false;
  if (has_word(sql, "concurrently") && words[0] != "refresh") {
    s.transactional = false;
    s.concurrently = true;
    s.concurrent = Concurrent::unknown;
  }
}

/// Semicolons outside of quotes, comments and parentheses (CREATE RULE … DO (a; b)).
std::vector<std::pair<std::size_t, std::size_t>> pieces_by_semicolon(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  lexical::Scanner scanner(text);
  std::size_t begin = 0;
  int depth = 0;
  for (auto token = scanner.next();; token = scanner.next()) {
    const bool ends = token.kind == lexical::Kind::end || token.kind == lexical::Kind::trouble;
    if (token.text == "(") ++depth;
    if (token.text == ")") depth = std::max(depth - 1, 0);
    if (!ends && (token.kind != lexical::Kind::semicolon || depth > 0)) continue;
    const auto end = ends ? text.size() : token.at;
    if (end > begin) out.emplace_back(begin, end - begin);
    if (ends) return out;
    begin = token.at + 1;
  }
}

}  // namespace

std::optional<std::vector<Statement>> statements(std::string_view text) {
  const std::string copy(text);
  PgQuerySplitResult split{};
  bool by_grammar = copy.size() <= kLongestForGrammar;
  if (by_grammar) {  // knows SQL bodies of functions; the scanner does not, but goes on past what it cannot read
    split = pg_query_split_with_parser(copy.c_str());
    if (split.error != nullptr) {
      pg_query_free_split_result(split);
      by_grammar = false;
    }
  }
  // The scanner says whether the text can be split at all, and drops statements without a keyword: those are split here.
  if (!by_grammar) split = pg_query_split_with_scanner(copy.c_str());
  std::optional<std::vector<Statement>> out;
  if (split.error == nullptr) {
    out.emplace();
    std::vector<std::pair<std::size_t, std::size_t>> pieces;
    if (by_grammar) {
      for (int i = 0; i < split.n_stmts; ++i)
        pieces.emplace_back(static_cast<std::size_t>(split.stmts[i]->stmt_location), static_cast<std::size_t>(split.stmts[i]->stmt_len));
    } else {
      pieces = pieces_by_semicolon(text);
    }
    for (const auto& [offset, length] : pieces) {
      Statement s;
      s.offset = offset;
      s.length = std::min(length, text.size() - s.offset);
      if (s.length == 0) s.length = text.size() - s.offset;
      const std::size_t blank = std::min(blank_prefix(s.in(text)), s.length);
      s.offset += blank, s.length -= blank;
      while (s.length > 0 && std::string_view(" \t\r\n\f;").find(text[s.offset + s.length - 1]) != std::string_view::npos) --s.length;
      if (s.length == 0) continue;
      out->push_back(std::move(s));
    }
  }
  pg_query_free_split_result(split);
  if (out) {
    for (auto& s : *out) classify(s, text);
  }
  return out;
}

}  // namespace tidegate::migrations
