// SPDX-License-Identifier: Apache-2.0
//
// From the parser's tree to actions, a file a family of statements. Each reader takes a node and adds what it does, or
// leaves it to the next. Private to this folder.
#pragma once
#include "migrations/syntax/parse.hpp"
#include "migrations/syntax/tree.hpp"

namespace tidegate::migrations::syntax {

struct Reading {
  std::string_view sql;
  std::vector<Action>& actions;
};

bool read_table(const Node& node, Reading& out);   ///< CREATE TABLE, ALTER TABLE, CREATE INDEX
bool read_object(const Node& node, Reading& out);  ///< DROP, ALTER … RENAME, types, sequences, triggers, maintenance
bool read_query(const Node& node, Reading& out);   ///< INSERT … SELECT, views, COPY, SET
Body read_body(const Node& node, const std::string& sql);

Column column_of(const PgQuery__ColumnDef& def, std::string_view sql);
Constraint constraint_of(const PgQuery__Constraint& c, std::string_view sql);
Object object_of(PgQuery__ObjectType type);

}  // namespace tidegate::migrations::syntax
