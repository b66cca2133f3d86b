// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "migrations/catalog/load.hpp"

namespace tidegate::migrations::catalog {
namespace {

using namespace syntax;

class Names {
 public:
  std::vector<Name> list;

  void add(const Name& name) {
    if (!name.empty() && std::none_of(list.begin(), list.end(), [&](const Name& n) { return n.same(name); })) list.push_back({name.schema, name.name, 0});
  }
  void add(const std::vector<Name>& names) {
    for (const auto& name : names) add(name);
  }
  void add(const Type& type) { add(Name{type.schema, type.name}); }
  void add(const std::optional<Expression>& e) {
    if (!e) return;
    add(e->functions);
    add(e->relations);
    if (e->cast) add(*e->cast);
  }
  void add(const syntax::Constraint& c) {
    add(c.references);
    add(c.expression);
    if (!c.using_index.empty()) add(Name{{}, c.using_index});
  }
  void add(const syntax::Column& c) {
    add(c.type);
    for (const auto& constraint : c.constraints) add(constraint);
  }

  void of(const CreateTable& a) {
    add(a.table), add(a.inherits), add(a.like), add(a.partition_of);
    for (const auto& c : a.columns) add(c);
    for (const auto& c : a.constraints) add(c);
  }
  void of(const CreateTableAs& a) { add(a.table), add(a.reads); }
  void of(const AlterTable& a) {
    add(a.table);
    for (const auto& c : a.commands) {
      add(c.other), add(c.expression);
      if (c.column) add(*c.column);
      if (c.constraint) add(*c.constraint);
    }
  }
  void of(const CreateIndex& a) { add(a.table), add(a.index); }
  void of(const Drop& a) { add(a.names), add(a.on); }
  void of(const Rename& a) { add(a.object); }
  void of(const SetSchema& a) { add(a.object); }
  void of(const SetOwner& a) { add(a.object); }
  void of(const Truncate& a) { add(a.tables); }
  void of(const Reindex& a) { add(a.object); }
  void of(const Cluster& a) { add(a.table); }
  void of(const Vacuum& a) { add(a.tables); }
  void of(const Refresh& a) { add(a.view); }
  void of(const CreateView& a) { add(a.view), add(a.reads); }
  void of(const CreateTrigger& a) { add(a.table), add(a.from), add(a.function); }
  void of(const PolicyChange& a) { add(a.table); }
  void of(const CreateRule& a) { add(a.table); }
  void of(const LockTable& a) { add(a.tables); }
  void of(const Comment& a) { add(a.object); }
  void of(const CreateStatistics& a) { add(a.tables); }
  void of(const CreateType& a) {
    add(a.type);
    if (a.base) add(*a.base);
  }
  void of(const AlterEnum& a) { add(a.type); }
  void of(const AlterDomain& a) { add(a.domain); }
  void of(const CreateSequence& a) { add(a.sequence), add(a.owner_table); }
  void of(const AlterSequence& a) { add(a.sequence), add(a.owner_table); }
  void of(const PublicationTables& a) { add(a.tables); }
  void of(const CopyTable& a) { add(a.table); }
  void of(const Dml& a) { add(a.table), add(a.reads), add(a.writes), add(a.functions); }
  template <class T>
  void of(const T&) {}
};

}  // namespace

std::vector<Name> names_in(const std::vector<Action>& actions) {
  Names names;
  for (const auto& action : actions) std::visit([&](const auto& one) { names.of(one); }, action);
  return std::move(names.list);
}

}  // namespace tidegate::migrations::catalog
