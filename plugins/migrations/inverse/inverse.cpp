// SPDX-License-Identifier: Apache-2.0
#include "migrations/inverse/inverse.hpp"

#include <set>
#include <tuple>

#include "migrations/fingerprint/difference.hpp"
#include "migrations/inverse/state.hpp"

namespace tidegate::migrations::inverse {
namespace {

using fingerprint::Change;

/// An inherited part goes and comes with its parent's.
bool comes_back_last(const State& before, const Change& change) {
  const auto order = before.column_order(change.part_of);
  return !order.empty() && order.back() != change.name;
}

}  // namespace

Inverse invert(const fingerprint::Description& before, const fingerprint::Description& after, std::string_view statement) {
  Work work;
  const State was(before), is(after);
  judge_rows(was, statement, work);
  if (take_back_name(before, after, statement, work)) return work.finish();
  std::set<std::tuple<std::string, std::string, std::string>> changed;
  for (const auto& c : fingerprint::difference(before, after).changes) {
    const auto* old = was.find(c.kind, c.part_of, c.name);
    const auto* now = is.find(c.kind, c.part_of, c.name);
    if (c.what == Change::What::added && now != nullptr) {
      drop(*now, is, work);
    } else if (c.what == Change::What::missing && old != nullptr) {
      make(*old, was, work);
      if ((c.kind == "column" || c.kind == "attribute") && comes_back_last(was, c))
        work.at_least(Grade::exact_but_column_order, "column " + old->identity() + " comes back as the last one");
    } else if (c.what == Change::What::changed && changed.emplace(c.kind, c.part_of, c.name).second) {
      if (old != nullptr && now != nullptr)
        change(*old, *now, was, is, work);
      else
        work.at_least(Grade::irreversible, fingerprint::text_of(c) + " is not known how to change back");
    }
  }
  return work.finish();
}

}  // namespace tidegate::migrations::inverse
