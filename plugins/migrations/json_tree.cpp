// SPDX-License-Identifier: Apache-2.0
#include "migrations/json_tree.hpp"

#include <pg_query.h>

namespace tidegate::migrations {
namespace {

using Json = nlohmann::json;

/// The tree is written by recursion (statements.cpp); what is longer is mostly data, and touches who knows what.
constexpr std::size_t kLongest = 32UL * 1024UL;

}  // namespace

JsonTree json_tree(std::string_view statement) {
  if (statement.size() > kLongest) return {nullptr, "a statement is too long to look into"};
  auto raw = pg_query_parse(std::string(statement).c_str());
  const Json tree = raw.error == nullptr ? Json::parse(raw.parse_tree, nullptr, false) : Json();
  pg_query_free_parse_result(raw);
  const bool one = tree.is_object() && tree.contains("stmts") && tree["stmts"].size() == 1 && tree["stmts"][0].contains("stmt") &&
                   tree["stmts"][0]["stmt"].size() == 1;
  if (!one) return {nullptr, "a statement is not understood"};
  return {tree["stmts"][0]["stmt"], {}};
}

std::vector<std::string> name_parts(const Json& list) {
  std::vector<std::string> out;
  for (const auto& item : list)
    if (item.contains("String")) out.push_back(item["String"].value("sval", ""));
  return out;
}

bool is_one_of(std::string_view words, std::string_view word) {
  return !word.empty() && words.find(" " + std::string(word) + " ") != std::string_view::npos;
}

}  // namespace tidegate::migrations
