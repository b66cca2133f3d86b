// SPDX-License-Identifier: Apache-2.0
//
// One statement as libpg_query's JSON, for those that look at a few members of it. Private to this library. Any thread
// with a usual stack.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "migrations/touched.hpp"

namespace tidegate::migrations {

struct JsonTree {
  nlohmann::json node;  ///< {"AlterTableStmt": {…}}; null when there is none
  std::string why;      ///< there is none
  [[nodiscard]] const std::string& type() const { return node.begin().key(); }
  [[nodiscard]] const nlohmann::json& body() const { return node.begin().value(); }
};

JsonTree json_tree(std::string_view statement);

/// touched() of a tree that is there.
Touched touched_in(const JsonTree& tree);

/// "name" of [{"String":{"sval":"schema"}},{"String":{"sval":"name"}}], each part.
std::vector<std::string> name_parts(const nlohmann::json& list);

/// `word` stands in `words`, which are separated by blanks, with one at both ends.
bool is_one_of(std::string_view words, std::string_view word);

}  // namespace tidegate::migrations
