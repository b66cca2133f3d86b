// SPDX-License-Identifier: Apache-2.0
#include "migrations/syntax/readers.hpp"

namespace tidegate::migrations::syntax {
namespace {

/// The table of a trigger, policy or rule, or the relation of a column: all parts of the list but the last.
Name owner_in(const Node* node) {
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_LIST || node->list->n_items < 2) return {};
  return name_of(node->list->n_items - 1, node->list->items);
}

bool belongs_to_table(Object kind) {
  return kind == Object::trigger || kind == Object::policy || kind == Object::rule;
}

void read_drop(const PgQuery__DropStmt& d, Reading& out) {
  Drop drop;
  drop.kind = object_of(d.remove_type);
  drop.if_exists = d.missing_ok != 0;
  drop.cascade = d.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  drop.concurrently = d.concurrent != 0;
  for (std::size_t i = 0; i < d.n_objects; ++i) {
    if (belongs_to_table(drop.kind)) {
      drop.on = owner_in(d.objects[i]);
      const auto& list = *d.objects[i]->list;
      drop.names.push_back({{}, string_of(list.items[list.n_items - 1])});
    } else {
      drop.names.push_back(object_name(d.objects[i]));
    }
  }
  out.actions.emplace_back(std::move(drop));
}

void read_rename(const PgQuery__RenameStmt& r, Reading& out) {
  Rename x;
  x.kind = object_of(r.rename_type);
  x.of = object_of(r.relation_type);
  x.new_name = text_of(r.newname);
  x.missing_ok = r.missing_ok != 0;
  if (r.relation != nullptr) {
    x.object = name_of(r.relation);
    x.part = text_of(r.subname);
  } else if (r.object != nullptr) {
    x.object = object_name(r.object);
    x.part = text_of(r.subname);
  } else {
    x.object.name = text_of(r.subname);  // schema, database, role
  }
  out.actions.emplace_back(std::move(x));
}

void read_comment(PgQuery__ObjectType type, const Node* object, Reading& out) {
  Comment c;
  c.kind = object_of(type);
  switch (c.kind) {
    case Object::column:
    case Object::constraint:
    case Object::trigger:
    case Object::policy:
    case Object::rule:
      c.object = owner_in(object);
      c.part = object_name(object).name;
      break;
    default:
      c.object = object_name(object);
  }
  out.actions.emplace_back(std::move(c));
}

AlterDomain::What domain_change(const PgQuery__AlterDomainStmt& a) {
  using What = AlterDomain::What;
  const auto subtype = text_of(a.subtype);
  switch (subtype.empty() ? '?' : subtype[0]) {
    case 'T':
      return a.def != nullptr ? What::set_default : What::drop_default;
    case 'N':
      return What::drop_not_null;
    case 'O':
      return What::set_not_null;
    case 'C':
      return What::add_constraint;
    case 'X':
      return What::drop_constraint;
    case 'V':
      return What::validate;
    default:
      return What::other;
  }
}

void read_owned_by(std::size_t n, List options, Name& table, std::string& column) {
  const auto* owned = option(n, options, "owned_by");
  if (owned == nullptr || owned->arg == nullptr) return;
  table = owner_in(owned->arg);
  column = object_name(owned->arg).name;
}

bool read_type(const Node& node, Reading& out) {
  CreateType t;
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_ENUM_STMT:
      t.what = CreateType::What::enumeration;
      t.type = name_of(node.create_enum_stmt->n_type_name, node.create_enum_stmt->type_name);
      t.values = strings(node.create_enum_stmt->n_vals, node.create_enum_stmt->vals);
      break;
    case PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT: {
      const auto& d = *node.create_domain_stmt;
      t.what = CreateType::What::domain;
      t.type = name_of(d.n_domainname, d.domainname);
      t.base = type_of(d.type_name);
      for (std::size_t i = 0; i < d.n_constraints; ++i) {
        if (d.constraints[i]->node_case == PG_QUERY__NODE__NODE_CONSTRAINT)
          t.constraints.push_back(constraint_of(*d.constraints[i]->constraint, out.sql));
      }
      break;
    }
    case PG_QUERY__NODE__NODE_COMPOSITE_TYPE_STMT:
      t.what = CreateType::What::composite;
      t.type = name_of(node.composite_type_stmt->typevar);
      break;
    case PG_QUERY__NODE__NODE_CREATE_RANGE_STMT:
      t.what = CreateType::What::range;
      t.type = name_of(node.create_range_stmt->n_type_name, node.create_range_stmt->type_name);
      break;
    case PG_QUERY__NODE__NODE_ALTER_ENUM_STMT: {
      const auto& e = *node.alter_enum_stmt;
      out.actions.emplace_back(AlterEnum{name_of(e.n_type_name, e.type_name), text_of(e.new_val), text_of(e.old_val),
                                         e.skip_if_new_val_exists != 0, !text_of(e.new_val_neighbor).empty()});
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_DOMAIN_STMT: {
      const auto& d = *node.alter_domain_stmt;
      AlterDomain a{domain_change(d), name_of(d.n_type_name, d.type_name), {}, text_of(d.name)};
      if (d.def != nullptr && d.def->node_case == PG_QUERY__NODE__NODE_CONSTRAINT) a.constraint = constraint_of(*d.def->constraint, out.sql);
      out.actions.emplace_back(std::move(a));
      return true;
    }
    default:
      return false;
  }
  out.actions.emplace_back(std::move(t));
  return true;
}

bool read_sequence(const Node& node, Reading& out) {
  if (node.node_case == PG_QUERY__NODE__NODE_CREATE_SEQ_STMT) {
    const auto& c = *node.create_seq_stmt;
    CreateSequence s{name_of(c.sequence), c.if_not_exists != 0, {}, {}};
    read_owned_by(c.n_options, c.options, s.owner_table, s.owner_column);
    out.actions.emplace_back(std::move(s));
    return true;
  }
  if (node.node_case == PG_QUERY__NODE__NODE_ALTER_SEQ_STMT) {
    const auto& a = *node.alter_seq_stmt;
    AlterSequence s{name_of(a.sequence), a.n_options == 1 && option(a.n_options, a.options, "owned_by") != nullptr, {}, {}};
    read_owned_by(a.n_options, a.options, s.owner_table, s.owner_column);
    out.actions.emplace_back(std::move(s));
    return true;
  }
  return false;
}

void read_publication(const char* name, bool create, std::size_t n, List objects, Reading& out) {
  PublicationTables p{text_of(name), create, {}};
  for (std::size_t i = 0; i < n; ++i) {
    if (objects[i]->node_case != PG_QUERY__NODE__NODE_PUBLICATION_OBJ_SPEC) continue;
    const auto* table = objects[i]->publication_obj_spec->pubtable;
    if (table != nullptr && table->relation != nullptr) p.tables.push_back(name_of(table->relation));
  }
  out.actions.emplace_back(std::move(p));
}

bool read_attached(const Node& node, Reading& out) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_TRIG_STMT: {
      const auto& t = *node.create_trig_stmt;
      out.actions.emplace_back(CreateTrigger{text_of(t.trigname), name_of(t.relation), name_of(t.n_funcname, t.funcname), name_of(t.constrrel),
                                             t.replace != 0, t.isconstraint != 0});
      return true;
    }
    case PG_QUERY__NODE__NODE_CREATE_POLICY_STMT:
      out.actions.emplace_back(PolicyChange{text_of(node.create_policy_stmt->policy_name), name_of(node.create_policy_stmt->table), true});
      return true;
    case PG_QUERY__NODE__NODE_ALTER_POLICY_STMT:
      out.actions.emplace_back(PolicyChange{text_of(node.alter_policy_stmt->policy_name), name_of(node.alter_policy_stmt->table), false});
      return true;
    case PG_QUERY__NODE__NODE_RULE_STMT:
      out.actions.emplace_back(CreateRule{text_of(node.rule_stmt->rulename), name_of(node.rule_stmt->relation), node.rule_stmt->replace != 0});
      return true;
    case PG_QUERY__NODE__NODE_CREATE_STATS_STMT: {
      const auto& s = *node.create_stats_stmt;
      CreateStatistics c;
      c.statistics = name_of(s.n_defnames, s.defnames);
      for (std::size_t i = 0; i < s.n_relations; ++i) c.tables.push_back(object_name(s.relations[i]));
      for (std::size_t i = 0; i < s.n_exprs; ++i) {
        if (s.exprs[i]->node_case == PG_QUERY__NODE__NODE_STATS_ELEM) c.columns.push_back(text_of(s.exprs[i]->stats_elem->name));
      }
      out.actions.emplace_back(std::move(c));
      return true;
    }
    case PG_QUERY__NODE__NODE_CREATE_PUBLICATION_STMT: {
      const auto& p = *node.create_publication_stmt;
      read_publication(p.pubname, true, p.n_pubobjects, p.pubobjects, out);
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_PUBLICATION_STMT: {
      const auto& p = *node.alter_publication_stmt;
      read_publication(p.pubname, false, p.n_pubobjects, p.pubobjects, out);
      return true;
    }
    default:
      return false;
  }
}

bool read_maintenance(const Node& node, Reading& out) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT: {
      const auto& t = *node.truncate_stmt;
      Truncate x;
      for (std::size_t i = 0; i < t.n_relations; ++i) x.tables.push_back(object_name(t.relations[i]));
      x.cascade = t.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
      x.restart_identity = t.restart_seqs != 0;
      out.actions.emplace_back(std::move(x));
      return true;
    }
    case PG_QUERY__NODE__NODE_REINDEX_STMT: {
      const auto& r = *node.reindex_stmt;
      using What = Reindex::What;
      What what = What::database;
      if (r.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_INDEX) what = What::index;
      if (r.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_TABLE) what = What::table;
      if (r.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_SCHEMA) what = What::schema;
      if (r.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_SYSTEM) what = What::system;
      out.actions.emplace_back(Reindex{what, r.relation != nullptr ? name_of(r.relation) : Name{{}, text_of(r.name)},
                                       option(r.n_params, r.params, "concurrently") != nullptr});
      return true;
    }
    case PG_QUERY__NODE__NODE_CLUSTER_STMT:
      out.actions.emplace_back(Cluster{name_of(node.cluster_stmt->relation), text_of(node.cluster_stmt->indexname)});
      return true;
    case PG_QUERY__NODE__NODE_VACUUM_STMT: {
      const auto& v = *node.vacuum_stmt;
      Vacuum x;
      for (std::size_t i = 0; i < v.n_rels; ++i) {
        if (v.rels[i]->node_case == PG_QUERY__NODE__NODE_VACUUM_RELATION) x.tables.push_back(name_of(v.rels[i]->vacuum_relation->relation));
      }
      const auto on = [&](const char* name) {
        const auto* o = option(v.n_options, v.options, name);
        return o != nullptr && (o->arg == nullptr || (constant_of(o->arg) != "false" && string_of(o->arg) != "off" && string_of(o->arg) != "false"));
      };
      x.vacuum = v.is_vacuumcmd != 0;
      x.full = on("full");
      x.analyze = !x.vacuum || on("analyze");
      out.actions.emplace_back(std::move(x));
      return true;
    }
    case PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT: {
      const auto& r = *node.refresh_mat_view_stmt;
      out.actions.emplace_back(Refresh{name_of(r.relation), r.concurrent != 0, r.skip_data == 0});
      return true;
    }
    case PG_QUERY__NODE__NODE_LOCK_STMT: {
      LockTable l;
      for (std::size_t i = 0; i < node.lock_stmt->n_relations; ++i) l.tables.push_back(object_name(node.lock_stmt->relations[i]));
      l.mode = node.lock_stmt->mode;
      out.actions.emplace_back(std::move(l));
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

Object object_of(PgQuery__ObjectType type) {
  switch (type) {
#define TG_OBJECT(theirs, ours)            \
  case PG_QUERY__OBJECT_TYPE__OBJECT_##theirs: \
    return Object::ours;
    TG_OBJECT(TABLE, table)
    TG_OBJECT(VIEW, view)
    TG_OBJECT(MATVIEW, materialized_view)
    TG_OBJECT(INDEX, index)
    TG_OBJECT(SEQUENCE, sequence)
    TG_OBJECT(FOREIGN_TABLE, foreign_table)
    TG_OBJECT(TYPE, type)
    TG_OBJECT(DOMAIN, domain)
    TG_OBJECT(COLUMN, column)
    TG_OBJECT(ATTRIBUTE, attribute)
    TG_OBJECT(TABCONSTRAINT, constraint)
    TG_OBJECT(DOMCONSTRAINT, domain_constraint)
    TG_OBJECT(TRIGGER, trigger)
    TG_OBJECT(POLICY, policy)
    TG_OBJECT(RULE, rule)
    TG_OBJECT(FUNCTION, function)
    TG_OBJECT(PROCEDURE, function)
    TG_OBJECT(ROUTINE, function)
    TG_OBJECT(AGGREGATE, function)
    TG_OBJECT(SCHEMA, schema)
    TG_OBJECT(DATABASE, database)
    TG_OBJECT(EXTENSION, extension)
    TG_OBJECT(STATISTIC_EXT, statistics)
    TG_OBJECT(PUBLICATION, publication)
    TG_OBJECT(SUBSCRIPTION, subscription)
    TG_OBJECT(ROLE, role)
    TG_OBJECT(EVENT_TRIGGER, event_trigger)
#undef TG_OBJECT
    default:
      return Object::other;
  }
}

bool read_object(const Node& node, Reading& out) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_DROP_STMT:
      read_drop(*node.drop_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_DROPDB_STMT:
      out.actions.emplace_back(Drop{Object::database, {{{}, text_of(node.dropdb_stmt->dbname)}}, {}, node.dropdb_stmt->missing_ok != 0});
      return true;
    case PG_QUERY__NODE__NODE_RENAME_STMT:
      read_rename(*node.rename_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT: {
      const auto& s = *node.alter_object_schema_stmt;
      out.actions.emplace_back(
          SetSchema{object_of(s.object_type), s.relation != nullptr ? name_of(s.relation) : object_name(s.object), text_of(s.newschema)});
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_OWNER_STMT: {
      const auto& o = *node.alter_owner_stmt;
      out.actions.emplace_back(SetOwner{object_of(o.object_type), o.relation != nullptr ? name_of(o.relation) : object_name(o.object)});
      return true;
    }
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
      read_comment(node.comment_stmt->objtype, node.comment_stmt->object, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT:
      out.actions.emplace_back(CreateExtension{text_of(node.create_extension_stmt->extname), node.create_extension_stmt->if_not_exists != 0});
      return true;
    default:
      return read_type(node, out) || read_sequence(node, out) || read_attached(node, out) || read_maintenance(node, out);
  }
}

}  // namespace tidegate::migrations::syntax
