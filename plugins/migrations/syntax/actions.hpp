// SPDX-License-Identifier: Apache-2.0
//
// What one statement does, in a small typed model on which effects, rules, replay and inverses stand. Only the readers of
// this folder see the parser's own tree. Plain values: any thread.
#pragma once
#include <memory>
#include <variant>

#include "migrations/syntax/parts.hpp"

namespace tidegate::migrations::syntax {

enum class Object {
  table, view, materialized_view, index, sequence, foreign_table, type, domain, column, constraint, attribute, trigger, policy, rule,
  function, schema, database, extension, statistics, publication, subscription, role, event_trigger, enum_value, domain_constraint, other
};

struct CreateTable {
  Name table;
  bool if_not_exists = false, temporary = false, unlogged = false;
  std::vector<Column> columns;
  std::vector<Constraint> constraints;
  std::vector<Name> inherits, like;
  Name partition_of;
  PartitionBound bound;
  char partition_strategy = 0;  ///< of PARTITION BY: r, l, h; 0: not partitioned
  std::vector<std::string> partition_key;
  bool of_type = false;
};
/// CREATE TABLE … AS, SELECT INTO, CREATE MATERIALIZED VIEW.
struct CreateTableAs {
  Name table;
  bool materialized_view = false, if_not_exists = false, temporary = false, with_data = true;
  std::vector<Name> reads;
};

enum class Alter {
  add_column, drop_column, set_default, drop_default, set_not_null, drop_not_null, set_type, add_constraint, drop_constraint,
  validate_constraint, alter_constraint, set_statistics, set_column_options, set_storage, set_compression, add_identity, set_identity,
  drop_identity, drop_expression, owner, cluster_on, without_cluster, set_logged, set_unlogged, set_access_method, set_tablespace,
  set_options, enable_trigger, disable_trigger, enable_rule, disable_rule, inherit, no_inherit, of_type, not_of, replica_identity,
  enable_row_security, disable_row_security, force_row_security, no_force_row_security, attach_partition, detach_partition, other
};
struct AlterCommand {
  Alter what = Alter::other;
  Span at;
  std::string name;  ///< column, constraint, trigger, rule, index, option's target
  bool missing_ok = false, cascade = false, concurrently = false, finalize = false;
  std::optional<Column> column;          ///< add_column; set_type: the new type
  std::optional<Constraint> constraint;  ///< add_constraint, add_identity
  std::optional<Expression> expression;  ///< set_default, USING of set_type
  Name other;                            ///< partition, parent
  PartitionBound bound;
  std::vector<std::string> options;      ///< names of set_options
};
struct AlterTable {
  Object kind = Object::table;
  Name table;
  bool only = false, missing_ok = false;
  std::vector<AlterCommand> commands;
};

struct CreateIndex {
  Name index;  ///< may be empty
  Name table;
  bool unique = false, concurrently = false, if_not_exists = false, only = false, nulls_not_distinct = false;
  std::string method;
  std::vector<IndexKey> keys;
  std::vector<std::string> include;
  std::optional<Expression> predicate;
};

struct Drop {
  Object kind = Object::other;
  std::vector<Name> names;
  Name on;  ///< the table of a trigger, policy or rule, whose name is then in `names`
  bool if_exists = false, cascade = false, concurrently = false;
};
struct Rename {
  Object kind = Object::other;
  Object of = Object::table;  ///< the kind of relation that a column or constraint belongs to
  Name object;                ///< the relation of a column, constraint, trigger …
  std::string part, new_name; ///< `part`: that column …; empty when the object itself is renamed
  bool missing_ok = false;
};
struct SetSchema {
  Object kind = Object::other;
  Name object;
  std::string schema;
};
struct SetOwner {
  Object kind = Object::other;
  Name object;
};

struct Truncate {
  std::vector<Name> tables;
  bool cascade = false, restart_identity = false;
};
struct Reindex {
  enum class What { index, table, schema, system, database } what = What::index;
  Name object;
  bool concurrently = false;
};
struct Cluster {
  Name table;  ///< empty: all
  std::string index;
};
struct Vacuum {
  std::vector<Name> tables;  ///< empty: all
  bool vacuum = true, full = false, analyze = false;
};
struct Refresh {
  Name view;
  bool concurrently = false, with_data = true;
};
struct CreateView {
  Name view;
  bool replace = false;
  std::vector<Name> reads;
};
struct CreateTrigger {
  std::string trigger;
  Name table, function, from;
  bool replace = false, constraint = false;
};
struct PolicyChange {
  std::string policy;
  Name table;
  bool create = true;
};
struct CreateRule {
  std::string rule;
  Name table;
  bool replace = false;
};
struct LockTable {
  std::vector<Name> tables;
  int mode = 8;  ///< PostgreSQL's number, 1 AccessShareLock to 8 AccessExclusiveLock
};
struct Comment {
  Object kind = Object::other;
  Name object;  ///< the relation of a column, constraint …
  std::string part;
};
struct CreateStatistics {
  Name statistics;
  std::vector<Name> tables;
  std::vector<std::string> columns;
};
struct CreateType {
  enum class What { enumeration, domain, composite, range, other } what = What::other;
  Name type;
  std::vector<std::string> values;
  std::optional<Type> base;
  std::vector<Constraint> constraints;
};
struct AlterEnum {
  Name type;
  std::string value, renamed_from;
  bool if_not_exists = false, placed = false;
};
struct AlterDomain {
  enum class What { set_default, drop_default, set_not_null, drop_not_null, add_constraint, drop_constraint, validate, other } what = What::other;
  Name domain;
  std::optional<Constraint> constraint;
  std::string name;
};
struct CreateSequence {
  Name sequence;
  bool if_not_exists = false;
  Name owner_table;
  std::string owner_column;
};
struct AlterSequence {
  Name sequence;
  bool owner_only = false;  ///< OWNED BY alone
  Name owner_table;
  std::string owner_column;
};
struct PublicationTables {
  std::string publication;
  bool create = false;
  std::vector<Name> tables;
};
struct CopyTable {
  Name table;
  bool from = true, program = false, client = false;
};

enum class Verb { insert, update, delete_, merge, select };
enum class Where { none, always, some };
struct Dml {
  Verb verb = Verb::select;
  Name table;
  Where where = Where::none;
  std::vector<std::string> columns;      ///< INSERT's list, UPDATE's targets
  std::vector<std::string> assigned_twice;
  std::vector<Name> reads, writes;       ///< other relations: FROM, USING, subqueries; data-modifying CTEs
  std::vector<Name> functions;           ///< that are called
  std::vector<std::pair<std::string, std::string>> set_config;  ///< name, value; by SELECT set_config(…)
  bool set_config_local = false;
  bool for_update = false, values = false, on_conflict = false;
};

struct SetVariable {
  std::string name, value;
  bool local = false, reset = false;  ///< reset: RESET, SET … TO DEFAULT; name "" : RESET ALL
};
struct Transaction {
  enum class What { begin, commit, rollback, savepoint, other } what = What::other;
};

struct CreateFunction {
  Name function;
  bool replace = false, procedure = false, trigger = false;
  std::string language;
  char volatility = 'v';
};
struct CreateSchema {
  std::string schema;
  bool if_not_exists = false;
};
struct CreateExtension {
  std::string extension;
  bool if_not_exists = false;
};
/// A statement that is understood and has none of the effects that are modelled here: GRANT, SHOW, PREPARE, SET CONSTRAINTS …
struct Other {
  std::string tag;  ///< GrantStmt: the grammar's own name
};

/// DO, and what is called by CALL: code whose text is elsewhere or in a string.
struct Code {
  bool call = false;
  std::string language = "plpgsql";
};

using Action = std::variant<CreateTable, CreateTableAs, AlterTable, CreateIndex, Drop, Rename, SetSchema, SetOwner, Truncate, Reindex, Cluster,
                            Vacuum, Refresh, CreateView, CreateTrigger, PolicyChange, CreateRule, LockTable, Comment, CreateStatistics, CreateType,
                            AlterEnum, AlterDomain, CreateSequence, AlterSequence, PublicationTables, CopyTable, Dml, SetVariable, Transaction,
                            CreateFunction, CreateSchema, CreateExtension, Code, Other>;

template <class... F>
struct Cases : F... {
  using F::operator()...;
};

}  // namespace tidegate::migrations::syntax
