// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "migrations/syntax/readers.hpp"
#include "migrations/syntax/spans.hpp"

namespace tidegate::migrations::syntax {
namespace {

ConstraintKind kind_of(PgQuery__ConstrType type) {
  switch (type) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_NULL:
      return ConstraintKind::null;
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
      return ConstraintKind::not_null;
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
      return ConstraintKind::default_;
    case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
      return ConstraintKind::identity;
    case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
      return ConstraintKind::generated;
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
      return ConstraintKind::primary_key;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
      return ConstraintKind::unique;
    case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION:
      return ConstraintKind::exclusion;
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
      return ConstraintKind::foreign_key;
    default:
      return ConstraintKind::check;
  }
}

bool is_attribute(PgQuery__ConstrType type) {  // DEFERRABLE and the like, which the grammar keeps as constraints of their own
  return type >= PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRABLE;
}

PartitionBound bound_of(const PgQuery__PartitionBoundSpec* spec) {
  PartitionBound out;
  if (spec == nullptr) return out;
  const auto constants = [](std::size_t n, List list) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(constant_of(list[i]));
    return values;
  };
  out.is_default = spec->is_default != 0;
  out.strategy = text_of(spec->strategy).empty() ? '\0' : spec->strategy[0];
  out.lower = constants(spec->n_lowerdatums, spec->lowerdatums);
  out.upper = constants(spec->n_upperdatums, spec->upperdatums);
  out.values = constants(spec->n_listdatums, spec->listdatums);
  out.at = offset_of(spec->location);
  return out;
}

void read_create(const PgQuery__CreateStmt& c, Reading& out) {
  CreateTable t;
  t.table = name_of(c.relation);
  t.if_not_exists = c.if_not_exists != 0;
  const auto persistence = text_of(c.relation->relpersistence);
  t.temporary = persistence == "t";
  t.unlogged = persistence == "u";
  t.of_type = c.of_typename != nullptr;
  const auto element = [&](const Node* node) {
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) t.columns.push_back(column_of(*node->column_def, out.sql));
    if (node->node_case == PG_QUERY__NODE__NODE_CONSTRAINT) {
      t.constraints.push_back(constraint_of(*node->constraint, out.sql));
      t.constraints.back().at = item_at(out.sql, offset_of(node->constraint->location));
    }
    if (node->node_case == PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE) t.like.push_back(name_of(node->table_like_clause->relation));
  };
  for (std::size_t i = 0; i < c.n_table_elts; ++i) element(c.table_elts[i]);
  for (std::size_t i = 0; i < c.n_constraints; ++i) element(c.constraints[i]);
  for (std::size_t i = 0; i < c.n_inh_relations; ++i) t.inherits.push_back(object_name(c.inh_relations[i]));
  if (c.partbound != nullptr && !t.inherits.empty()) {
    t.partition_of = t.inherits.front();
    t.inherits.clear();
    t.bound = bound_of(c.partbound);
  }
  if (c.partspec != nullptr) {
    t.partition_strategy = text_of(c.partspec->strategy).empty() ? 'r' : c.partspec->strategy[0];
    for (std::size_t i = 0; i < c.partspec->n_part_params; ++i) {
      const auto* part = c.partspec->part_params[i];
      if (part->node_case == PG_QUERY__NODE__NODE_PARTITION_ELEM) t.partition_key.push_back(text_of(part->partition_elem->name));
    }
  }
  out.actions.emplace_back(std::move(t));
}

Alter alter_of(PgQuery__AlterTableType type, bool has_def) {
  switch (type) {
#define TG_ALTER(theirs, ours)                \
  case PG_QUERY__ALTER_TABLE_TYPE__AT_##theirs: \
    return Alter::ours;
    TG_ALTER(AddColumn, add_column)
    TG_ALTER(DropColumn, drop_column)
    TG_ALTER(SetNotNull, set_not_null)
    TG_ALTER(DropNotNull, drop_not_null)
    TG_ALTER(AlterColumnType, set_type)
    TG_ALTER(AddConstraint, add_constraint)
    TG_ALTER(DropConstraint, drop_constraint)
    TG_ALTER(ValidateConstraint, validate_constraint)
    TG_ALTER(AlterConstraint, alter_constraint)
    TG_ALTER(SetStatistics, set_statistics)
    TG_ALTER(SetOptions, set_column_options)
    TG_ALTER(ResetOptions, set_column_options)
    TG_ALTER(SetStorage, set_storage)
    TG_ALTER(SetCompression, set_compression)
    TG_ALTER(AddIdentity, add_identity)
    TG_ALTER(SetIdentity, set_identity)
    TG_ALTER(DropIdentity, drop_identity)
    TG_ALTER(DropExpression, drop_expression)
    TG_ALTER(ChangeOwner, owner)
    TG_ALTER(ClusterOn, cluster_on)
    TG_ALTER(DropCluster, without_cluster)
    TG_ALTER(SetLogged, set_logged)
    TG_ALTER(SetUnLogged, set_unlogged)
    TG_ALTER(SetAccessMethod, set_access_method)
    TG_ALTER(SetTableSpace, set_tablespace)
    TG_ALTER(SetRelOptions, set_options)
    TG_ALTER(ResetRelOptions, set_options)
    TG_ALTER(ReplaceRelOptions, set_options)
    TG_ALTER(EnableTrig, enable_trigger)
    TG_ALTER(EnableAlwaysTrig, enable_trigger)
    TG_ALTER(EnableReplicaTrig, enable_trigger)
    TG_ALTER(EnableTrigAll, enable_trigger)
    TG_ALTER(EnableTrigUser, enable_trigger)
    TG_ALTER(DisableTrig, disable_trigger)
    TG_ALTER(DisableTrigAll, disable_trigger)
    TG_ALTER(DisableTrigUser, disable_trigger)
    TG_ALTER(EnableRule, enable_rule)
    TG_ALTER(EnableAlwaysRule, enable_rule)
    TG_ALTER(EnableReplicaRule, enable_rule)
    TG_ALTER(DisableRule, disable_rule)
    TG_ALTER(AddInherit, inherit)
    TG_ALTER(DropInherit, no_inherit)
    TG_ALTER(AddOf, of_type)
    TG_ALTER(DropOf, not_of)
    TG_ALTER(ReplicaIdentity, replica_identity)
    TG_ALTER(EnableRowSecurity, enable_row_security)
    TG_ALTER(DisableRowSecurity, disable_row_security)
    TG_ALTER(ForceRowSecurity, force_row_security)
    TG_ALTER(NoForceRowSecurity, no_force_row_security)
    TG_ALTER(AttachPartition, attach_partition)
    TG_ALTER(DetachPartition, detach_partition)
    TG_ALTER(DetachPartitionFinalize, detach_partition)
#undef TG_ALTER
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
      return has_def ? Alter::set_default : Alter::drop_default;
    default:
      return Alter::other;
  }
}

AlterCommand command_of(const PgQuery__AlterTableCmd& c, std::string_view sql) {
  AlterCommand out;
  out.what = alter_of(c.subtype, c.def != nullptr);
  out.name = text_of(c.name);
  out.missing_ok = c.missing_ok != 0;
  out.cascade = c.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  out.finalize = c.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartitionFinalize;
  const Node* def = c.def;
  if (def == nullptr) return out;
  switch (def->node_case) {
    case PG_QUERY__NODE__NODE_COLUMN_DEF:
      out.column = column_of(*def->column_def, sql);
      if (out.what == Alter::set_type) {
        out.column->name = out.name;
        if (def->column_def->raw_default != nullptr) out.expression = expression_of(def->column_def->raw_default);
      } else {
        out.name = out.column->name;
      }
      break;
    case PG_QUERY__NODE__NODE_CONSTRAINT:
      out.constraint = constraint_of(*def->constraint, sql);
      if (out.what == Alter::add_constraint) out.name = out.constraint->name;
      break;
    case PG_QUERY__NODE__NODE_PARTITION_CMD:
      out.other = name_of(def->partition_cmd->name);
      out.bound = bound_of(def->partition_cmd->bound);
      out.concurrently = def->partition_cmd->concurrent != 0;
      break;
    case PG_QUERY__NODE__NODE_RANGE_VAR:
      out.other = name_of(def->range_var);
      break;
    case PG_QUERY__NODE__NODE_LIST:
      for (std::size_t i = 0; i < def->list->n_items; ++i) {
        const auto* item = def->list->items[i];
        if (item->node_case == PG_QUERY__NODE__NODE_DEF_ELEM) out.options.push_back(text_of(item->def_elem->defname));
      }
      break;
    default:
      if (out.what == Alter::set_default) out.expression = expression_of(def);
      break;
  }
  return out;
}

void read_alter(const PgQuery__AlterTableStmt& a, Reading& out) {
  AlterTable t;
  t.kind = object_of(a.objtype);
  t.table = name_of(a.relation);
  t.only = a.relation->inh == 0;
  t.missing_ok = a.missing_ok != 0;
  const auto spans = items_after_name(out.sql, t.table.at);
  for (std::size_t i = 0; i < a.n_cmds; ++i) {
    if (a.cmds[i]->node_case != PG_QUERY__NODE__NODE_ALTER_TABLE_CMD) continue;
    t.commands.push_back(command_of(*a.cmds[i]->alter_table_cmd, out.sql));
    t.commands.back().at = spans.size() == a.n_cmds ? spans[i] : Span{0, out.sql.size()};
  }
  out.actions.emplace_back(std::move(t));
}

void read_index(const PgQuery__IndexStmt& i, Reading& out) {
  CreateIndex x;
  x.table = name_of(i.relation);
  x.index = {x.table.schema, text_of(i.idxname), 0};
  x.unique = i.unique != 0;
  x.concurrently = i.concurrent != 0;
  x.if_not_exists = i.if_not_exists != 0;
  x.only = i.relation->inh == 0;
  x.nulls_not_distinct = i.nulls_not_distinct != 0;
  x.method = text_of(i.access_method);
  for (std::size_t k = 0; k < i.n_index_params; ++k) {
    if (i.index_params[k]->node_case != PG_QUERY__NODE__NODE_INDEX_ELEM) continue;
    const auto& e = *i.index_params[k]->index_elem;
    IndexKey key{text_of(e.name), name_of(e.n_opclass, e.opclass).name, name_of(e.n_collation, e.collation).name, {}};
    if (e.expr != nullptr) key.expression = expression_of(e.expr);
    x.keys.push_back(std::move(key));
  }
  for (std::size_t k = 0; k < i.n_index_including_params; ++k) {
    const auto* node = i.index_including_params[k];
    if (node->node_case == PG_QUERY__NODE__NODE_INDEX_ELEM) x.include.push_back(text_of(node->index_elem->name));
  }
  if (i.where_clause != nullptr) x.predicate = expression_of(i.where_clause);
  out.actions.emplace_back(std::move(x));
}

}  // namespace

const Constraint* Column::constraint(ConstraintKind kind) const {
  const auto found = std::find_if(constraints.begin(), constraints.end(), [&](const Constraint& c) { return c.kind == kind; });
  return found == constraints.end() ? nullptr : &*found;
}

Constraint constraint_of(const PgQuery__Constraint& c, std::string_view) {
  Constraint out;
  out.kind = kind_of(c.contype);
  out.name = text_of(c.conname);
  out.columns = out.kind == ConstraintKind::foreign_key ? strings(c.n_fk_attrs, c.fk_attrs) : strings(c.n_keys, c.keys);
  out.not_valid = c.skip_validation != 0;
  out.deferrable = c.deferrable != 0;
  out.initially_deferred = c.initdeferred != 0;
  out.no_inherit = c.is_no_inherit != 0;
  out.nulls_not_distinct = c.nulls_not_distinct != 0;
  out.using_index = text_of(c.indexname);
  out.method = text_of(c.access_method);
  out.references = name_of(c.pktable);
  out.referenced_columns = strings(c.n_pk_attrs, c.pk_attrs);
  const auto action = [](const char* text) { return text == nullptr || *text == '\0' ? 'a' : *text; };
  out.on_update = action(c.fk_upd_action);
  out.on_delete = action(c.fk_del_action);
  out.always = text_of(c.generated_when) == "a";
  for (std::size_t i = 0; i < c.n_exclusions; ++i) {
    const auto* pair = c.exclusions[i];
    if (pair->node_case != PG_QUERY__NODE__NODE_LIST || pair->list->n_items == 0) continue;
    const auto* element = pair->list->items[0];
    if (element->node_case == PG_QUERY__NODE__NODE_INDEX_ELEM) out.columns.push_back(text_of(element->index_elem->name));
  }
  if (c.raw_expr != nullptr) out.expression = expression_of(c.raw_expr);
  if (out.kind == ConstraintKind::check && out.expression) out.columns = out.expression->columns;
  out.at = {offset_of(c.location), 0};
  return out;
}

Column column_of(const PgQuery__ColumnDef& def, std::string_view sql) {
  Column out;
  out.name = text_of(def.colname);
  out.type = type_of(def.type_name);
  if (def.coll_clause != nullptr) out.collation = name_of(def.coll_clause->n_collname, def.coll_clause->collname).name;
  out.at = item_at(sql, offset_of(def.location));
  for (std::size_t i = 0; i < def.n_constraints; ++i) {
    if (def.constraints[i]->node_case != PG_QUERY__NODE__NODE_CONSTRAINT) continue;
    const auto& c = *def.constraints[i]->constraint;
    if (!out.constraints.empty() && out.constraints.back().at.length == 0) {
      auto& before = out.constraints.back().at;
      before.length = std::max(offset_of(c.location), before.offset) - before.offset;
    }
    if (is_attribute(c.contype)) continue;
    out.constraints.push_back(constraint_of(c, sql));
    auto& constraint = out.constraints.back();
    if (constraint.kind != ConstraintKind::check || constraint.columns.empty()) constraint.columns = {out.name};
  }
  if (!out.constraints.empty() && out.constraints.back().at.length == 0) {
    auto& last = out.constraints.back().at;
    const auto end = out.at.offset + out.at.length;
    last.length = end > last.offset ? end - last.offset : 0;
  }
  return out;
}

bool read_table(const Node& node, Reading& out) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_STMT:
      read_create(*node.create_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FOREIGN_TABLE_STMT:
      read_create(*node.create_foreign_table_stmt->base_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
      read_alter(*node.alter_table_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_INDEX_STMT:
      read_index(*node.index_stmt, out);
      return true;
    default:
      return false;
  }
}

}  // namespace tidegate::migrations::syntax
