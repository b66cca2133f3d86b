// SPDX-License-Identifier: Apache-2.0
//
// What differs between two descriptions of a schema, for people and programs. Pure: any thread.
#pragma once
#include "migrations/fingerprint/description.hpp"

namespace tidegate::migrations::fingerprint {

struct Change {
  enum class What { missing, added, changed };
  What what = What::changed;
  std::string kind, part_of, name;  ///< of the item
  std::string part_of_kind;         ///< "table" …; empty when it stands for itself
  std::string property;             ///< changed: of the definition
  std::string before, after;        ///< the property's; an empty one is not there, or is only there or not
  bool had = false, has = false;    ///< whether the property is there before and after
};

enum class Same { equal, but_column_order, different };
std::string_view name_of(Same same);  ///< "equal", "equal but for column order", "different"

struct Difference {
  Same same = Same::equal;
  std::vector<Change> changes;  ///< sorted; parts of an item that is missing or new as a whole are not listed
  std::vector<std::string> remarks;

  /// A line a change: "table public.orders: column total: type numeric(10,2) -> numeric(12,2)". Long values are cut.
  [[nodiscard]] std::string text() const;
  /// {"same","changes":[{"change","kind","part_of","name","property","before","after","text"}],"remarks":[…]}.
  [[nodiscard]] std::string json() const;
};
std::string text_of(const Change& change);

Difference difference(const Description& before, const Description& after);

}  // namespace tidegate::migrations::fingerprint
