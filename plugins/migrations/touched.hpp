// SPDX-License-Identifier: Apache-2.0
//
// Which relations a statement may change, as far as its text tells: every one that it names, so rather too many than too
// few; and whether the text tells all (a function, a trigger, CASCADE reach further). Pure: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::migrations {

struct RelationName {
  std::string schema;  ///< empty: by the search_path
  std::string name;
  bool operator==(const RelationName&) const = default;
};

struct Touched {
  std::string unsure;             ///< why the text does not tell everything; empty: it does
  bool writes_rows = false;       ///< so triggers, rules and cascading foreign keys of the tables matter
  bool adds_foreign_key = false;  ///< which may cascade, and is not in the catalog yet
  std::vector<RelationName> relations;
};

/// Of one statement.
Touched touched(std::string_view sql);

}  // namespace tidegate::migrations
