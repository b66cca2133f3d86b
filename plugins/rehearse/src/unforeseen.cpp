// SPDX-License-Identifier: Apache-2.0
#include "unforeseen.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace tidegate::rehearse {
namespace {

using Json = nlohmann::json;

/// The name alone, unquoted: the one side says "orders", the other public.orders.
std::string last_name(const std::string& relation) {
  const auto dot = relation.ends_with('"') ? relation.rfind(".\"") : relation.rfind('.');
  auto out = dot == std::string::npos ? relation : relation.substr(dot + 1);
  std::erase(out, '"');
  return out;
}

/// Names that are foretold to be written anew by the statement at that place.
std::set<std::string> foretold(const Json& effects, const std::string& migration, std::size_t statement) {
  std::set<std::string> out;
  for (const auto& one : effects.value("migrations", Json::array())) {
    if (one.value("name", std::string()) != migration) continue;
    const auto statements = one.value("statements", Json::array());
    if (statement >= statements.size()) continue;
    for (const auto& name : statements[statement].value("rewritten", Json::array()))
      if (name.is_string()) out.insert(last_name(name.get<std::string>()));
  }
  return out;
}

bool is_index(const Recorded& statement, const std::string& relation) {
  return std::any_of(statement.locks.begin(), statement.locks.end(),
                     [&](const auto& lock) { return lock.index && lock.relation == relation; });
}

}  // namespace

std::vector<Unforeseen> unforeseen_rewrites(std::string_view effects_json, const std::vector<Rehearsed>& rehearsed) {
  std::vector<Unforeseen> out;
  const auto effects = Json::parse(effects_json, nullptr, false);
  if (!effects.is_object()) return out;
  for (const auto& migration : rehearsed) {
    for (std::size_t i = 0; i < migration.statements.size(); ++i) {
      const auto& statement = migration.statements[i];
      const auto known = foretold(effects, migration.name, i);
      for (const auto& relation : statement.rewritten)
        if (!is_index(statement, relation) && !known.contains(last_name(relation)))
          out.push_back({relation, migration.file, statement.headline, statement.line});
    }
  }
  return out;
}

}  // namespace tidegate::rehearse
