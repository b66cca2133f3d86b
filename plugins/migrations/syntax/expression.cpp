// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "migrations/syntax/parse.hpp"
#include "migrations/syntax/tree.hpp"

namespace tidegate::migrations::syntax {
namespace {

const Node* without_casts(const Node* node) {
  while (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) node = node->type_cast->arg;
  return node;
}

std::string column_of(const Node* node) {
  node = without_casts(node);
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF || node->column_ref->n_fields == 0) return {};
  const auto* last = node->column_ref->fields[node->column_ref->n_fields - 1];
  return last->node_case == PG_QUERY__NODE__NODE_STRING ? text_of(last->string->sval) : std::string{};
}

bool is_constant(const Node* node) {
  node = without_casts(node);
  return node != nullptr && node->node_case == PG_QUERY__NODE__NODE_A_CONST && node->a_const->isnull == 0;
}

std::string mirrored(const std::string& op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  return op == ">=" ? "<=" : op;
}

/// The conditions that AND joins; false when one of them is of another form.
bool conditions_of(const Node* node, std::vector<Condition>& out) {
  if (node == nullptr) return false;
  if (node->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR && node->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
    bool all = true;
    for (std::size_t i = 0; i < node->bool_expr->n_args; ++i) all = conditions_of(node->bool_expr->args[i], out) && all;
    return all;
  }
  if (node->node_case == PG_QUERY__NODE__NODE_NULL_TEST) {
    const auto column = column_of(node->null_test->arg);
    if (column.empty() || node->null_test->nulltesttype != PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL) return false;
    out.push_back({column, "not null", {}});
    return true;
  }
  if (node->node_case != PG_QUERY__NODE__NODE_A_EXPR) return false;
  const auto& e = *node->a_expr;
  if (e.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN) {
    const auto column = column_of(e.lexpr);
    if (column.empty() || e.rexpr == nullptr || e.rexpr->node_case != PG_QUERY__NODE__NODE_LIST || e.rexpr->list->n_items != 2) return false;
    List ends = e.rexpr->list->items;
    if (!is_constant(ends[0]) || !is_constant(ends[1])) return false;
    out.push_back({column, ">=", constant_of(ends[0])});
    out.push_back({column, "<=", constant_of(ends[1])});
    return true;
  }
  if (e.kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP || e.n_name == 0) return false;
  const auto op = string_of(e.name[e.n_name - 1]);
  if (op != "=" && op != "<" && op != "<=" && op != ">" && op != ">=") return false;
  if (const auto column = column_of(e.lexpr); !column.empty() && is_constant(e.rexpr)) {
    out.push_back({column, op, constant_of(e.rexpr)});
    return true;
  }
  if (const auto column = column_of(e.rexpr); !column.empty() && is_constant(e.lexpr)) {
    out.push_back({column, mirrored(op), constant_of(e.lexpr)});
    return true;
  }
  return false;
}

}  // namespace

Expression expression_of(const Node* node) {
  Expression out;
  if (node == nullptr) return out;
  std::size_t first = std::string::npos;
  const auto see = [&](int location) {
    if (location >= 0) first = std::min(first, static_cast<std::size_t>(location));
  };
  walk(node, [&](const ProtobufCMessage& m) {
    const auto* d = m.descriptor;
    if (d == &pg_query__a__const__descriptor) see(as<PgQuery__AConst>(m).location);
    if (d == &pg_query__a__expr__descriptor) see(as<PgQuery__AExpr>(m).location);
    if (d == &pg_query__type_cast__descriptor) see(as<PgQuery__TypeCast>(m).location);
    if (d == &pg_query__func_call__descriptor) {
      const auto& call = as<PgQuery__FuncCall>(m);
      see(call.location);
      auto name = name_of(call.n_funcname, call.funcname);
      if (name.schema == "pg_catalog") name.schema.clear();
      name.at = offset_of(call.location);
      out.functions.push_back(std::move(name));
    }
    if (d == &pg_query__sqlvalue_function__descriptor) {
      see(as<PgQuery__SQLValueFunction>(m).location);
      out.functions.push_back({{}, "current_timestamp", offset_of(as<PgQuery__SQLValueFunction>(m).location)});  // all are stable
    }
    if (d == &pg_query__column_ref__descriptor) {
      const auto& ref = as<PgQuery__ColumnRef>(m);
      see(ref.location);
      if (ref.n_fields > 0 && ref.fields[ref.n_fields - 1]->node_case == PG_QUERY__NODE__NODE_STRING) {
        const auto column = string_of(ref.fields[ref.n_fields - 1]);
        if (std::find(out.columns.begin(), out.columns.end(), column) == out.columns.end()) out.columns.push_back(column);
      }
    }
    if (d == &pg_query__sub_link__descriptor) {
      see(as<PgQuery__SubLink>(m).location);
      out.subquery = true;
    }
    return true;
  });
  out.at = first == std::string::npos ? 0 : first;
  if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) out.cast = type_of(node->type_cast->type_name);
  const bool one_cast = node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST;
  const auto* inner = one_cast ? node->type_cast->arg : node;
  out.plain_column = inner != nullptr && inner->node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
  const auto* bare = without_casts(node);
  out.null = bare != nullptr && bare->node_case == PG_QUERY__NODE__NODE_A_CONST && bare->a_const->isnull != 0;
  out.constant = out.functions.empty() && out.columns.empty() && !out.subquery;
  if (out.subquery) out.relations = relations_below(&node->base);
  out.only_conditions = conditions_of(node, out.conditions);
  return out;
}

std::optional<Expression> parse_expression(std::string_view text) {
  std::optional<Expression> out;
  const std::string sql = "SELECT " + std::string(text);
  with_stack_for(sql.size(), [&] {
    const auto tree = parse_tree(sql);
    const auto* statement = tree.statement();
    if (statement == nullptr || statement->node_case != PG_QUERY__NODE__NODE_SELECT_STMT || statement->select_stmt->n_target_list != 1) return;
    const auto* target = statement->select_stmt->target_list[0];
    if (target->node_case == PG_QUERY__NODE__NODE_RES_TARGET) out = expression_of(target->res_target->val);
  });
  return out;
}

}  // namespace tidegate::migrations::syntax
