// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "migrations/syntax/readers.hpp"

namespace tidegate::migrations::syntax {
namespace {

/// WHERE true, WHERE 1 = 1: says nothing.
bool always_true(const Node* where) {
  if (where == nullptr) return false;
  if (where->node_case == PG_QUERY__NODE__NODE_A_CONST) return constant_of(where) == "true";
  if (where->node_case != PG_QUERY__NODE__NODE_A_EXPR || where->a_expr->kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP) return false;
  const auto& e = *where->a_expr;
  const auto left = constant_of(e.lexpr), right = constant_of(e.rexpr);
  const bool constants = e.lexpr != nullptr && e.lexpr->node_case == PG_QUERY__NODE__NODE_A_CONST && e.rexpr != nullptr &&
                         e.rexpr->node_case == PG_QUERY__NODE__NODE_A_CONST;
  return constants && !left.empty() && left == right && e.n_name > 0 && string_of(e.name[0]) == "=";
}

Where where_of(const Node* where) {
  if (where == nullptr) return Where::none;
  return always_true(where) ? Where::always : Where::some;
}

void note_set_config(const PgQuery__FuncCall& call, Dml& out) {
  if (name_of(call.n_funcname, call.funcname).name != "set_config" || call.n_args < 2) return;
  out.set_config.emplace_back(constant_of(call.args[0]), constant_of(call.args[1]));
  out.set_config_local = call.n_args > 2 && constant_of(call.args[2]) == "true";
}

void note_targets(std::size_t n, List targets, Dml& out) {
  for (std::size_t i = 0; i < n; ++i) {
    if (targets[i]->node_case != PG_QUERY__NODE__NODE_RES_TARGET) continue;
    const auto name = text_of(targets[i]->res_target->name);
    if (std::find(out.columns.begin(), out.columns.end(), name) != out.columns.end() && targets[i]->res_target->n_indirection == 0)
      out.assigned_twice.push_back(name);
    out.columns.push_back(name);
  }
}

/// What else it reads, writes and calls.
void note_rest(const ProtobufCMessage& statement, Dml& out) {
  walk(&statement, [&](const ProtobufCMessage& m) {
    const auto* d = m.descriptor;
    if (d == &pg_query__func_call__descriptor) {
      const auto& call = as<PgQuery__FuncCall>(m);
      add_unique(out.functions, name_of(call.n_funcname, call.funcname));
      note_set_config(call, out);
    }
    if (&m != &statement) {
      if (d == &pg_query__insert_stmt__descriptor) add_unique(out.writes, name_of(as<PgQuery__InsertStmt>(m).relation));
      if (d == &pg_query__update_stmt__descriptor) add_unique(out.writes, name_of(as<PgQuery__UpdateStmt>(m).relation));
      if (d == &pg_query__delete_stmt__descriptor) add_unique(out.writes, name_of(as<PgQuery__DeleteStmt>(m).relation));
    }
    if (d == &pg_query__locking_clause__descriptor) out.for_update = true;
    return true;
  });
  for (auto& name : relations_below(&statement)) {
    if (!name.same(out.table)) out.reads.push_back(std::move(name));
  }
}

void read_writes_below(const ProtobufCMessage& statement, Reading& out);

void read_select(const PgQuery__SelectStmt& s, Reading& out) {
  if (s.into_clause != nullptr && s.into_clause->rel != nullptr) {
    CreateTableAs t;
    t.table = name_of(s.into_clause->rel);
    t.temporary = text_of(s.into_clause->rel->relpersistence) == "t";
    for (auto& name : relations_below(&s.base)) {
      if (!name.same(t.table)) t.reads.push_back(std::move(name));
    }
    out.actions.emplace_back(std::move(t));
    return;
  }
  Dml d;
  d.values = s.n_values_lists > 0;
  d.where = where_of(s.where_clause);
  note_rest(s.base, d);
  out.actions.emplace_back(std::move(d));
  read_writes_below(s.base, out);
}

template <class T>
void read_write(const T& s, Verb verb, Reading& out) {
  Dml d;
  d.verb = verb;
  d.table = name_of(s.relation);
  if constexpr (std::is_same_v<T, PgQuery__InsertStmt>) {
    note_targets(s.n_cols, s.cols, d);
    d.on_conflict = s.on_conflict_clause != nullptr;
    d.values = s.select_stmt == nullptr ||
               (s.select_stmt->node_case == PG_QUERY__NODE__NODE_SELECT_STMT && s.select_stmt->select_stmt->n_values_lists > 0);
  } else if constexpr (std::is_same_v<T, PgQuery__MergeStmt>) {
    d.where = Where::some;
  } else {
    d.where = where_of(s.where_clause);
    if constexpr (std::is_same_v<T, PgQuery__UpdateStmt>) note_targets(s.n_target_list, s.target_list, d);
  }
  note_rest(s.base, d);
  out.actions.emplace_back(std::move(d));
  read_writes_below(s.base, out);
}

/// WITH gone AS (DELETE …): each is an action of its own, and looks for those in itself.
void read_writes_below(const ProtobufCMessage& statement, Reading& out) {
  walk(&statement, [&](const ProtobufCMessage& m) {
    if (&m == &statement) return true;
    if (m.descriptor == &pg_query__insert_stmt__descriptor) return read_write(as<PgQuery__InsertStmt>(m), Verb::insert, out), false;
    if (m.descriptor == &pg_query__update_stmt__descriptor) return read_write(as<PgQuery__UpdateStmt>(m), Verb::update, out), false;
    if (m.descriptor == &pg_query__delete_stmt__descriptor) return read_write(as<PgQuery__DeleteStmt>(m), Verb::delete_, out), false;
    return true;
  });
}

void read_set(const PgQuery__VariableSetStmt& v, Reading& out) {
  SetVariable s;
  s.name = text_of(v.name);
  s.local = v.is_local != 0;
  s.reset = v.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET || v.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL ||
            v.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_DEFAULT;
  for (std::size_t i = 0; i < v.n_args; ++i) s.value += (i == 0 ? "" : ", ") + constant_of(v.args[i]);
  if (v.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI) {  // SET TRANSACTION and the like
    out.actions.emplace_back(Other{"VariableSetStmt"});
    return;
  }
  out.actions.emplace_back(std::move(s));
}

Transaction::What transaction_of(PgQuery__TransactionStmtKind kind) {
  using What = Transaction::What;
  switch (kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START:
      return What::begin;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
      return What::commit;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
      return What::rollback;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO:
      return What::savepoint;
    default:
      return What::other;
  }
}

void read_function(const PgQuery__CreateFunctionStmt& f, Reading& out) {
  CreateFunction c;
  c.function = name_of(f.n_funcname, f.funcname);
  c.replace = f.replace != 0;
  c.procedure = f.is_procedure != 0;
  c.trigger = f.return_type != nullptr && type_of(f.return_type).name == "trigger";
  c.language = "sql";
  if (const auto* language = option(f.n_options, f.options, "language"); language != nullptr) c.language = string_of(language->arg);
  if (const auto* volatility = option(f.n_options, f.options, "volatility"); volatility != nullptr) {
    const auto word = string_of(volatility->arg);
    c.volatility = word.empty() ? 'v' : word[0];
  }
  out.actions.emplace_back(std::move(c));
}

bool read_made_from_query(const Node& node, Reading& out) {
  if (node.node_case == PG_QUERY__NODE__NODE_VIEW_STMT) {
    CreateView v{name_of(node.view_stmt->view), node.view_stmt->replace != 0, {}};
    if (node.view_stmt->query != nullptr) v.reads = relations_below(&node.view_stmt->query->base);
    out.actions.emplace_back(std::move(v));
    return true;
  }
  if (node.node_case != PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT) return false;
  const auto& c = *node.create_table_as_stmt;
  CreateTableAs t;
  t.table = name_of(c.into->rel);
  t.temporary = text_of(c.into->rel->relpersistence) == "t";
  t.materialized_view = c.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW;
  t.if_not_exists = c.if_not_exists != 0;
  t.with_data = c.into->skip_data == 0;
  if (c.query != nullptr) t.reads = relations_below(&c.query->base);
  out.actions.emplace_back(std::move(t));
  return true;
}

}  // namespace

bool read_query(const Node& node, Reading& out) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
      read_select(*node.select_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      read_write(*node.insert_stmt, Verb::insert, out);
      return true;
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      read_write(*node.update_stmt, Verb::update, out);
      return true;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      read_write(*node.delete_stmt, Verb::delete_, out);
      return true;
    case PG_QUERY__NODE__NODE_MERGE_STMT:
      read_write(*node.merge_stmt, Verb::merge, out);
      return true;
    case PG_QUERY__NODE__NODE_COPY_STMT: {
      const auto& c = *node.copy_stmt;
      out.actions.emplace_back(CopyTable{name_of(c.relation), c.is_from != 0, c.is_program != 0, text_of(c.filename).empty()});
      return true;
    }
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
      read_set(*node.variable_set_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
      out.actions.emplace_back(Transaction{transaction_of(node.transaction_stmt->kind)});
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT:
      read_function(*node.create_function_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_DO_STMT: {
      const auto* language = option(node.do_stmt->n_args, node.do_stmt->args, "language");
      out.actions.emplace_back(Code{false, language == nullptr ? "plpgsql" : string_of(language->arg)});
      return true;
    }
    case PG_QUERY__NODE__NODE_CALL_STMT:
      out.actions.emplace_back(Code{true, {}});
      return true;
    default:
      return read_made_from_query(node, out);
  }
}

}  // namespace tidegate::migrations::syntax
