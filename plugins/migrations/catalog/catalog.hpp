// SPDX-License-Identifier: Apache-2.0
//
// Catalog: what is known of the database that a statement meets: relations with their columns, indexes, constraints and
// dependents, types, functions. Filled by replaying a history (replay.hpp), from a server (load.hpp), or by both, one on top of
// the other. A plain value with one owner; const use from any thread.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrations/syntax/actions.hpp"

namespace tidegate::migrations::catalog {

using syntax::Name;

/// Since when a thing is there, as seen from the migration that is looked at.
enum class Birth { existed, earlier_pending, here };

struct Column {
  std::string name;
  syntax::Type type;
  std::string collation;
  bool not_null = false, has_default = false, generated = false, identity = false;
};

struct Index {
  std::string name;
  std::vector<syntax::IndexKey> keys;
  std::vector<std::string> columns;  ///< all that it depends on: keys, INCLUDE, expressions, predicate
  bool unique = false, primary = false, valid = true, partial = false, expressions = false;
  std::string method = "btree";
  std::string constraint;  ///< that it stands for
  Birth birth = Birth::existed;
};

struct Constraint {
  std::string name;
  syntax::ConstraintKind kind = syntax::ConstraintKind::check;
  std::vector<std::string> columns;
  bool validated = true;
  std::string index;
  std::string references;  ///< the other relation's key
  std::vector<std::string> referenced_columns;
  std::vector<syntax::Condition> conditions;
  Birth birth = Birth::existed;
};

struct Trigger {
  std::string name, function;  ///< the function's name, without its schema
};

struct Size {
  double rows = -1;                   ///< the planner's estimate; -1: unknown, never analysed
  std::int64_t bytes = 0, index_bytes = 0;
  double writes = -1;                 ///< rows written a second, since it was last analysed; -1: unknown
};

struct Relation {
  std::string schema, name;
  char kind = 'r';  ///< pg_class.relkind
  Birth birth = Birth::existed;
  bool temporary = false, unlogged = false, owner_is_me = true;
  std::string access_method = "heap", tablespace;
  std::vector<Column> columns;
  std::vector<Index> indexes;
  std::vector<Constraint> constraints;
  std::vector<Trigger> triggers;
  std::vector<std::pair<std::string, std::vector<std::string>>> statistics;  ///< extended ones: name, columns
  std::vector<std::string> parents, children;  ///< keys; inheritance and partitions
  bool partition = false;
  syntax::PartitionBound bound;
  char partition_strategy = 0;
  std::vector<std::string> partition_key;
  std::vector<std::string> reads, dependents;  ///< keys: what a view reads; views that read this
  std::string owned_by;                        ///< a sequence: its table's key
  std::optional<Size> size;

  [[nodiscard]] std::string key() const { return schema + "." + name; }
  [[nodiscard]] bool is_new() const { return birth != Birth::existed; }
  [[nodiscard]] bool has_storage() const { return kind == 'r' || kind == 'm' || kind == 't'; }
  [[nodiscard]] const Column* column(std::string_view wanted) const;
  Column* column(std::string_view wanted);
  [[nodiscard]] const Constraint* constraint(std::string_view wanted) const;
  [[nodiscard]] const Index* index(std::string_view wanted) const;
  /// A valid CHECK, or the column itself, says that it holds no NULL.
  [[nodiscard]] bool proven_not_null(std::string_view column) const;
};

struct TypeFacts {
  enum class Kind { enumeration, domain, other } kind = Kind::other;
  syntax::Type base;
  bool constrained = false, not_null = false;
  std::vector<std::string> values;
  Birth birth = Birth::existed;
};

struct FoundIndex {
  const Relation* table = nullptr;
  const Index* index = nullptr;
};

class Catalog {
 public:
  /// True: what is not in here is not there. False: it is just not known (a file by itself).
  bool complete = false;
  /// True when the facts are a server's: sizes are worth asking for.
  bool from_server = false;
  std::vector<std::string> search_path{"public"};
  std::optional<bool> utc;  ///< the session's TimeZone is UTC
  int server_version = 0;   ///< 150018; 0: unknown

  std::map<std::string, Relation, std::less<>> relations;
  std::map<std::string, TypeFacts, std::less<>> types;
  std::map<std::string, char, std::less<>> functions;  ///< name without schema: v, s, i

  [[nodiscard]] const Relation* find(const Name& name) const;
  Relation* find(const Name& name);
  [[nodiscard]] const Relation* at(std::string_view key) const;
  Relation* at(std::string_view key);
  /// The key under which a new object of this name would stand.
  [[nodiscard]] std::string key_of(const Name& name) const;
  [[nodiscard]] FoundIndex find_index(const Name& name) const;
  [[nodiscard]] const TypeFacts* type(const syntax::Type& type) const;
  /// As people write it: without the schema that is the first of the search path.
  [[nodiscard]] std::string shown(const Relation& relation) const;
  [[nodiscard]] std::string shown(const Name& name) const;
  /// Foreign keys of other tables to this one: table and constraint.
  [[nodiscard]] std::vector<std::pair<const Relation*, const Constraint*>> references_to(std::string_view key) const;
  /// v, s or i; nullopt: nobody knows the function.
  [[nodiscard]] std::optional<char> volatility(const Name& function) const;
  /// What was new is no longer: another migration begins. `deployed`: the ones so far count as applied.
  void next_migration(bool deployed);
};

}  // namespace tidegate::migrations::catalog
