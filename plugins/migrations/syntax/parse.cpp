// SPDX-License-Identifier: Apache-2.0
#include "migrations/syntax/parse.hpp"

#include "migrations/lex.hpp"
#include "migrations/syntax/readers.hpp"
#include "migrations/syntax/spans.hpp"
#include "migrations/syntax/tree.hpp"

namespace tidegate::migrations::syntax {
namespace {

/// The grammar's own name of a statement: pg_query.GrantStmt.
std::string tag_of(const Node& node) {
  const auto* message = reinterpret_cast<const ProtobufCMessage*>(node.alias);
  return message == nullptr ? "Statement" : std::string(message->descriptor->short_name);
}

void read_statement(const Node& node, Reading& out) {
  if (node.node_case == PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT) {
    const auto& s = *node.create_schema_stmt;
    out.actions.emplace_back(CreateSchema{text_of(s.schemaname), s.if_not_exists != 0});
    for (std::size_t i = 0; i < s.n_schema_elts; ++i) read_statement(*s.schema_elts[i], out);
    return;
  }
  if (node.node_case == PG_QUERY__NODE__NODE_EXPLAIN_STMT) {  // EXPLAIN ANALYZE runs it
    const auto& e = *node.explain_stmt;
    if (option(e.n_options, e.options, "analyze") != nullptr && e.query != nullptr) return read_statement(*e.query, out);
  }
  if (read_table(node, out) || read_object(node, out) || read_query(node, out)) return;
  out.actions.emplace_back(Other{tag_of(node)});
}

void parse_here(const std::string& sql, Parsed& out) {
  const auto tree = parse_tree(sql);
  const auto* statement = tree.statement();
  if (statement == nullptr) {
    out.why = !tree.error.empty() ? tree.error : "not one statement";
    out.at = tree.at;
    return;
  }
  Reading reading{sql, out.actions};
  read_statement(*statement, reading);
  out.body = read_body(*statement, sql);
  out.understood = true;
}

}  // namespace

Parsed parse(std::string_view statement) {
  Parsed out;
  if (const auto nul = statement.find('\0'); nul != std::string_view::npos) {
    out.why = "a NUL byte";
    out.at = nul;
    return out;
  }
  if (const auto bad = first_invalid_utf8(statement); bad != std::string_view::npos) {
    out.why = "not valid UTF-8";
    out.at = bad;
    return out;
  }
  const std::string sql(statement);
  if (!with_stack_for(sql.size(), [&] { parse_here(sql, out); })) out.why = "longer than 1 MB";
  out.long_identifiers = long_identifiers(statement);
  return out;
}

}  // namespace tidegate::migrations::syntax
