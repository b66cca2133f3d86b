// SPDX-License-Identifier: Apache-2.0
//
// The parts that statements are made of: names, types, expressions, columns, constraints. Each knows where it stands, in
// bytes of the statement's own text. Plain values: any thread.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::migrations::syntax {

/// Bytes of the statement's text. An empty one: the grammar does not say where.
struct Span {
  std::size_t offset = 0, length = 0;
  [[nodiscard]] std::string_view in(std::string_view statement) const {
    return offset > statement.size() ? std::string_view{} : statement.substr(offset, length);
  }
};

/// A name as it was written. An empty schema: by the search path.
struct Name {
  std::string schema, name;
  std::size_t at = 0;
  [[nodiscard]] bool empty() const { return name.empty(); }
  [[nodiscard]] bool same(const Name& other) const { return schema == other.schema && name == other.name; }
};

/// A type by the catalog's own word: int4, varchar, timestamptz. `pg_catalog` is left out; serial types keep their word.
struct Type {
  std::string schema, name;
  std::vector<std::string> modifiers;  ///< varchar(20): "20"; interval's fields as the grammar numbers them
  unsigned dimensions = 0;             ///< of an array
  std::size_t at = 0;
  [[nodiscard]] bool serial() const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool same(const Type& o) const {
    return schema == o.schema && name == o.name && modifiers == o.modifiers && (dimensions > 0) == (o.dimensions > 0);
  }
};

/// One of the conditions that an expression joins by AND, when it is of the form `column operator constant`.
struct Condition {
  std::string column, op;  ///< "not null", "=", "<", "<=", ">", ">="
  std::string constant;
};

/// What matters of an expression, without its tree.
struct Expression {
  std::size_t at = 0;
  bool constant = false, null = false;
  bool subquery = false;
  bool plain_column = false;        ///< a column's name alone, or one cast of it
  std::optional<Type> cast;         ///< the outermost cast
  std::vector<Name> functions;      ///< that it calls, in order
  std::vector<std::string> columns; ///< that it names
  std::vector<Name> relations;      ///< that its subqueries read
  std::vector<Condition> conditions;
  bool only_conditions = false;     ///< `conditions` say all that it says
};

enum class ConstraintKind { not_null, null, default_, identity, generated, check, primary_key, unique, exclusion, foreign_key };

struct Constraint {
  ConstraintKind kind = ConstraintKind::check;
  std::string name;  ///< may be empty: PostgreSQL makes one
  std::vector<std::string> columns;  ///< of a column's own constraint: that column
  bool not_valid = false, deferrable = false, initially_deferred = false, no_inherit = false, nulls_not_distinct = false;
  std::string using_index;
  std::string method;  ///< EXCLUDE USING …
  Name references;
  std::vector<std::string> referenced_columns;
  char on_update = 'a', on_delete = 'a';
  bool always = false;  ///< GENERATED ALWAYS
  std::optional<Expression> expression;
  Span at;
};

struct Column {
  std::string name;
  Type type;
  std::string collation;
  std::vector<Constraint> constraints;
  Span at;
  [[nodiscard]] const Constraint* constraint(ConstraintKind kind) const;
};

struct IndexKey {
  std::string column;  ///< empty: an expression
  std::string opclass, collation;
  std::optional<Expression> expression;
};

struct PartitionBound {
  bool is_default = false;
  char strategy = 0;  ///< r, l, h
  std::vector<std::string> lower, upper, values;  ///< constants as written, without quotes; "minvalue", "maxvalue"
  std::size_t at = 0;
};

}  // namespace tidegate::migrations::syntax
