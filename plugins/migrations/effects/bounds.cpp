// SPDX-License-Identifier: Apache-2.0
// Partition bounds against CHECK constraints: the part of PostgreSQL's predicate proofs that people use, one key column.
#include <algorithm>
#include <charconv>

#include "migrations/effects/effects.hpp"

namespace tidegate::migrations::effects {
namespace {

using catalog::Relation;
using syntax::Condition;
using syntax::PartitionBound;

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Numbers as numbers; other constants by their text, as dates in ISO form and names compare rightly.
int compare(const std::string& a, const std::string& b) {
  const auto x = number(a), y = number(b);
  if (x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  return a.compare(b);
}

std::vector<Condition> known_of(const Relation& relation, const std::string& column) {
  std::vector<Condition> out;
  for (const auto& c : relation.constraints) {
    if (c.kind != syntax::ConstraintKind::check || !c.validated) continue;
    std::copy_if(c.conditions.begin(), c.conditions.end(), std::back_inserter(out), [&](const auto& x) { return x.column == column; });
  }
  return out;
}

bool open(const std::vector<std::string>& end, std::string_view word) {
  return end.empty() || end.front() == word;
}

}  // namespace

bool proves_bound(const Relation& child, const Relation& parent, const PartitionBound& bound) {
  if (bound.is_default || parent.partition_key.size() != 1 || parent.partition_key.front().empty()) return false;
  const auto& column = parent.partition_key.front();
  const auto known = known_of(child, column);
  if (!child.proven_not_null(column)) return false;
  const auto any = [&](const auto& test) { return std::any_of(known.begin(), known.end(), test); };
  if (bound.strategy == 'r') {
    const bool low = open(bound.lower, "minvalue") || any([&](const Condition& c) {
                       return (c.op == ">=" || c.op == ">" || c.op == "=") && compare(c.constant, bound.lower.front()) >= 0;
                     });
    const bool high = open(bound.upper, "maxvalue") || any([&](const Condition& c) {
                        const int order = compare(c.constant, bound.upper.front());
                        return (c.op == "<" && order <= 0) || ((c.op == "<=" || c.op == "=") && order < 0);
                      });
    return low && high;
  }
  return bound.strategy == 'l' && any([&](const Condition& c) {
           return c.op == "=" && std::find(bound.values.begin(), bound.values.end(), c.constant) != bound.values.end();
         });
}

bool excludes_bound(const Relation& partition, const Relation& parent, const PartitionBound& bound) {
  if (bound.strategy != 'r' || parent.partition_key.size() != 1) return false;
  const auto known = known_of(partition, parent.partition_key.front());
  return std::any_of(known.begin(), known.end(), [&](const Condition& c) {
    const bool below = !open(bound.lower, "minvalue") && ((c.op == "<" && compare(c.constant, bound.lower.front()) <= 0) ||
                                                          (c.op == "<=" && compare(c.constant, bound.lower.front()) < 0));
    const bool above = !open(bound.upper, "maxvalue") && (c.op == ">=" || c.op == ">") && compare(c.constant, bound.upper.front()) >= 0;
    return below || above;
  });
}

const Relation* default_partition(const catalog::Catalog& catalog, const Relation& parent) {
  for (const auto& key : parent.children) {
    if (const auto* child = catalog.at(key); child != nullptr && child->partition && child->bound.is_default) return child;
  }
  return nullptr;
}

}  // namespace tidegate::migrations::effects
