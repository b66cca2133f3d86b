// SPDX-License-Identifier: Apache-2.0
#include "live/targets.hpp"

#include <algorithm>

namespace tidegate::safety {
namespace {

using migrations::Demand;
using migrations::Presence;
using migrations::RelationName;

/// Without a schema a name may mean the other one: then they are taken for one.
bool may_be_same(const RelationName& a, const RelationName& b) {
  return a.name == b.name && (a.schema == b.schema || a.schema.empty() || b.schema.empty());
}

bool is_among(const std::vector<RelationName>& all, const RelationName& name) {
  return std::any_of(all.begin(), all.end(), [&](const RelationName& one) { return may_be_same(one, name); });
}

class Collector {
 public:
  void add(const migrations::PendingMigration& migration, const migrations::PendingStatement& statement) {
    const Place place{migration.name, migration.file, statement.line};
    const auto found = migrations::demands(statement.sql);
    if (!found.unsure.empty() && out_.unsure.empty()) out_.unsure = "in migration " + migration.name + ", " + found.unsure;
    if (found.concurrently && !out_.concurrently) {
      out_.concurrently = true;
      out_.concurrently_at = place;
    }
    out_.new_schema = out_.new_schema || found.new_schema;
    if (found.creates) out_.creates_in.insert(found.creates_in);
    for (const auto& demand : found.relations) add(demand, place);
    // What code does that cannot be read, the SQL after it may rely on.
    certain_ = certain_ && found.unsure.empty();
  }
  Targets take() { return std::move(out_); }

 private:
  void add(const Demand& demand, const Place& place) {
    const bool ours = is_among(ours_, demand.relation);
    if (!ours) {
      lock(demand, place);
      if (certain_) expect(demand, place);
    }
    if (demand.creates) ours_.push_back(demand.relation);
    if (!demand.new_name.empty()) ours_.push_back({demand.relation.schema, demand.new_name});
    if (demand.drops && demand.owner && demand.typed_columns.empty()) gone_.push_back(demand.relation);
    for (const auto& column : demand.new_columns) our_columns_.push_back({demand.relation.name, column});
  }

  void lock(const Demand& demand, const Place& place) {
    if (demand.lock == migrations::Lock::none) return;
    auto found = std::find_if(out_.relations.begin(), out_.relations.end(), [&](const Target& t) { return t.name == demand.relation; });
    if (found == out_.relations.end()) {
      out_.relations.emplace_back().name = demand.relation;
      found = out_.relations.end() - 1;
    }
    if (demand.lock > found->lock) {
      found->lock = demand.lock;
      found->place = place;
    }
    found->owner = found->owner || demand.owner;
    found->drops = found->drops || demand.drops;
    found->renames = found->renames || demand.renames;
    found->rewrites = found->rewrites || demand.rewrites;
    found->builds_index = found->builds_index || demand.builds_index;
    if (!demand.privilege.empty()) found->privileges.insert(demand.privilege);
    found->typed_columns.insert(found->typed_columns.end(), demand.typed_columns.begin(), demand.typed_columns.end());
  }

  void expect(const Demand& demand, const Place& place) {
    using What = Expectation::What;
    const auto add_one = [&](What what, const std::string& name) {
      out_.expected.push_back({what, demand.relation, name, place, demand.lock == migrations::Lock::share_update_exclusive});
    };
    const auto is_ours = [&](const std::string& column) {
      return std::any_of(our_columns_.begin(), our_columns_.end(),
                         [&](const auto& one) { return one.first == demand.relation.name && one.second == column; });
    };
    if (demand.presence == Presence::there) add_one(What::relation, {});
    if (demand.presence == Presence::not_there && !is_among(gone_, demand.relation)) add_one(What::no_relation, {});
    for (const auto& column : demand.needed_columns)
      if (!is_ours(column)) add_one(What::column, column);
    // A column that this statement or an earlier one drops or renames may be made anew.
    for (const auto& column : demand.needed_columns) touched_columns_.insert(demand.relation.name + "." + column);
    for (const auto& column : demand.new_columns)
      if (!is_ours(column) && !touched_columns_.contains(demand.relation.name + "." + column)) add_one(What::no_column, column);
    if (!demand.index.empty()) add_one(What::no_index, demand.index);
  }

  Targets out_;
  bool certain_ = true;
  std::vector<RelationName> ours_, gone_;
  std::vector<std::pair<std::string, std::string>> our_columns_;
  std::set<std::string> touched_columns_;
};

}  // namespace

bool Targets::rewrites() const {
  return std::any_of(relations.begin(), relations.end(), [](const Target& t) { return t.rewrites; });
}

Targets targets_of(const std::vector<migrations::PendingMigration>& pending) {
  Collector collector;
  for (const auto& migration : pending)
    for (const auto& statement : migration.statements) collector.add(migration, statement);
  return collector.take();
}

}  // namespace tidegate::safety
