// SPDX-License-Identifier: Apache-2.0
#include <pg_query.h>

#include <nlohmann/json.hpp>

#include "migrations/syntax/readers.hpp"

namespace tidegate::migrations::syntax {
namespace {

using nlohmann::json;

/// The text of an expression that is one string constant: EXECUTE 'alter table …'.
std::optional<std::string> constant_text(const std::string& expression) {
  const auto tree = parse_tree("SELECT " + expression);
  const auto* statement = tree.statement();
  if (statement == nullptr || statement->node_case != PG_QUERY__NODE__NODE_SELECT_STMT || statement->select_stmt->n_target_list != 1)
    return std::nullopt;
  const auto* target = statement->select_stmt->target_list[0];
  if (target->node_case != PG_QUERY__NODE__NODE_RES_TARGET || target->res_target->val == nullptr) return std::nullopt;
  const auto* value = target->res_target->val;
  if (value->node_case != PG_QUERY__NODE__NODE_A_CONST || value->a_const->val_case != PG_QUERY__A__CONST__VAL_SVAL) return std::nullopt;
  return constant_of(value);
}

std::string query_in(const json& expression) {
  const auto* e = &expression;
  if (e->is_object() && e->contains("PLpgSQL_expr")) e = &(*e)["PLpgSQL_expr"];
  return e->is_object() ? e->value("query", std::string{}) : std::string{};
}

void read_dynamic(const json& statement, const char* member, Body& out) {
  const auto query = statement.contains(member) ? query_in(statement[member]) : std::string{};
  if (auto text = constant_text(query)) {
    out.statements.push_back(std::move(*text));
    return;
  }
  out.dynamic = true;
  if (out.dynamic_line == 0) out.dynamic_line = statement.value("lineno", std::size_t{0});
}

/// Every statement below, in order, with a list in place of the call stack: code nests as deep as its author likes.
void read_statements(const json& functions, Body& out) {
  std::vector<const json*> todo{&functions};
  while (!todo.empty()) {
    const json& value = *todo.back();
    todo.pop_back();
    if (!value.is_structured()) continue;
    std::vector<const json*> children;
    for (const auto& [key, child] : value.items()) {
      if (key == "PLpgSQL_stmt_execsql") out.statements.push_back(query_in(child.value("sqlstmt", json{})));
      if (key == "PLpgSQL_stmt_perform") out.statements.push_back(query_in(child.value("expr", json{})));
      if (key == "PLpgSQL_stmt_fors" || key == "PLpgSQL_stmt_return_query") out.statements.push_back(query_in(child.value("query", json{})));
      if (key == "PLpgSQL_stmt_dynexecute") read_dynamic(child, "query", out);
      if (key == "PLpgSQL_stmt_dynfors") read_dynamic(child, "query", out);
      if (key == "PLpgSQL_stmt_call") out.dynamic = true;
      children.push_back(&child);
    }
    todo.insert(todo.end(), children.rbegin(), children.rend());
  }
  std::erase(out.statements, std::string{});
}

/// The body of a function in SQL, several statements perhaps; nullopt: BEGIN ATOMIC, which is a tree.
std::optional<std::string> sql_text(const PgQuery__CreateFunctionStmt& function) {
  const auto* as = option(function.n_options, function.options, "as");
  if (as == nullptr || as->arg == nullptr || as->arg->node_case != PG_QUERY__NODE__NODE_LIST || as->arg->list->n_items != 1) return std::nullopt;
  return string_of(as->arg->list->items[0]);
}

/// PostgreSQL's grammar takes a function or a DO without one.
bool has_text(const Node& node) {
  if (node.node_case == PG_QUERY__NODE__NODE_DO_STMT) return option(node.do_stmt->n_args, node.do_stmt->args, "as") != nullptr;
  const auto& function = *node.create_function_stmt;
  return option(function.n_options, function.options, "as") != nullptr;
}

}  // namespace

Body read_body(const Node& node, const std::string& sql) {
  Body out;
  std::string language = "plpgsql";
  if (node.node_case == PG_QUERY__NODE__NODE_DO_STMT) {
    if (const auto* o = option(node.do_stmt->n_args, node.do_stmt->args, "language"); o != nullptr) language = string_of(o->arg);
  } else if (node.node_case == PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT) {
    const auto& f = *node.create_function_stmt;
    const auto* o = option(f.n_options, f.options, "language");
    language = o == nullptr ? "sql" : string_of(o->arg);
  } else {
    return out;
  }
  out.present = true;
  if (language == "sql") {
    if (auto text = sql_text(*node.create_function_stmt)) out.statements.push_back(std::move(*text));
    out.understood = !out.statements.empty();
    if (!out.understood) out.why = "its body is not a text";
    return out;
  }
  if (language != "plpgsql") {
    out.why = "its language is " + language;
    return out;
  }
  if (!has_text(node)) {  // on which the parser ends the process
    out.why = "it has no body";
    return out;
  }
  const auto raw = pg_query_parse_plpgsql(sql.c_str());
  if (raw.error != nullptr) {
    out.why = raw.error->message;
  } else if (const auto functions = json::parse(raw.plpgsql_funcs, nullptr, false); functions.is_discarded()) {
    out.why = "the parser's answer could not be read";
  } else {
    out.understood = true;
    read_statements(functions, out);
  }
  pg_query_free_plpgsql_parse_result(raw);
  return out;
}

}  // namespace tidegate::migrations::syntax
