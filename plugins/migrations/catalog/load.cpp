// SPDX-License-Identifier: Apache-2.0
#include "migrations/catalog/load.hpp"

#include <nlohmann/json.hpp>

#include "migrations/syntax/parse.hpp"

namespace tidegate::migrations::catalog {
namespace {

using nlohmann::json;
using syntax::ConstraintKind;

/// A key's value; the fallback also when it is null.
template <class T>
T get(const json& object, const char* key, T fallback) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? fallback : found->template get<T>();
}

std::vector<std::string> list(const json& object, const char* key) {
  return get(object, key, std::vector<std::string>{});
}

/// Types as format_type prints them; few are different, so each is parsed once.
class Types {
 public:
  const syntax::Type& operator()(const std::string& text) {
    const auto [found, added] = known_.try_emplace(text);
    if (added) {
      const auto expression = syntax::parse_expression("NULL::" + text);
      if (expression && expression->cast) found->second = *expression->cast;
      found->second.at = 0;
    }
    return found->second;
  }

 private:
  std::map<std::string, syntax::Type> known_;
};

std::vector<syntax::Condition> conditions_of(const std::string& definition) {
  const auto parsed = syntax::parse("ALTER TABLE t ADD " + definition);
  if (parsed.actions.size() != 1) return {};
  const auto* alter = std::get_if<syntax::AlterTable>(&parsed.actions[0]);
  if (alter == nullptr || alter->commands.size() != 1 || !alter->commands[0].constraint || !alter->commands[0].constraint->expression) return {};
  return alter->commands[0].constraint->expression->conditions;
}

syntax::PartitionBound bound_of(const std::string& text) {
  const auto parsed = syntax::parse("ALTER TABLE p ATTACH PARTITION c " + text);
  if (parsed.actions.size() != 1) return {};
  const auto* alter = std::get_if<syntax::AlterTable>(&parsed.actions[0]);
  return alter == nullptr || alter->commands.size() != 1 ? syntax::PartitionBound{} : alter->commands[0].bound;
}

Index index_of(const json& from) {
  Index out;
  out.name = get(from, "n", std::string{});
  out.unique = get(from, "u", false);
  out.primary = get(from, "p", false);
  out.valid = get(from, "v", true);
  out.method = get(from, "m", std::string("btree"));
  out.partial = get(from, "where", false);
  out.expressions = get(from, "x", false);
  out.constraint = get(from, "c", std::string{});
  out.columns = list(from, "cols");
  for (const auto& key : list(from, "keys")) out.keys.push_back({key, {}, {}, {}});
  return out;
}

Constraint constraint_of(const json& from) {
  Constraint out;
  out.name = get(from, "n", std::string{});
  const auto kind = get(from, "t", std::string("c"));
  out.kind = kind == "f"   ? ConstraintKind::foreign_key
             : kind == "p" ? ConstraintKind::primary_key
             : kind == "u" ? ConstraintKind::unique
             : kind == "x" ? ConstraintKind::exclusion
                           : ConstraintKind::check;
  out.validated = get(from, "v", true);
  out.index = get(from, "i", std::string{});
  out.references = get(from, "ref", std::string{});
  out.columns = list(from, "cols");
  out.referenced_columns = list(from, "rcols");
  if (const auto definition = get(from, "def", std::string{}); !definition.empty()) out.conditions = conditions_of(definition);
  return out;
}

Relation relation_of(const json& from, Types& types) {
  Relation out;
  out.schema = get(from, "s", std::string{});
  out.name = get(from, "n", std::string{});
  out.kind = get(from, "k", std::string("r"))[0];
  out.unlogged = get(from, "u", false);
  out.owner_is_me = get(from, "mine", true);
  out.access_method = get(from, "am", std::string("heap"));
  out.tablespace = get(from, "ts", std::string{});
  const auto items = [&](const char* key) { return get(from, key, json::array()); };
  for (const auto& c : items("cols")) {
    Column column{c[0].get<std::string>(), types(c[1].get<std::string>()), {}, c[2].get<bool>(), c[3].get<bool>(), c[4].get<bool>(), c[5].get<bool>()};
    if (!c[6].is_null()) column.collation = c[6].get<std::string>();
    out.columns.push_back(std::move(column));
  }
  for (const auto& i : items("idx")) out.indexes.push_back(index_of(i));
  for (const auto& c : items("con")) out.constraints.push_back(constraint_of(c));
  for (const auto& t : items("trg")) out.triggers.push_back({t[0].get<std::string>(), t[1].get<std::string>()});
  for (const auto& s : items("stat"))
    out.statistics.emplace_back(s[0].get<std::string>(), s[1].is_null() ? std::vector<std::string>{} : s[1].get<std::vector<std::string>>());
  out.parents = list(from, "parents");
  out.children = list(from, "children");
  if (const auto bound = get(from, "bound", std::string{}); !bound.empty()) {
    out.partition = true;
    out.bound = bound_of(bound);
  }
  if (const auto strategy = get(from, "strategy", std::string{}); !strategy.empty()) out.partition_strategy = strategy[0];
  out.partition_key = list(from, "pkey");
  out.reads = list(from, "reads");
  out.dependents = list(from, "dependents");
  out.owned_by = get(from, "owned", std::string{});
  if (const auto size = items("size"); size.size() == 4)
    out.size = Size{size[0].get<double>(), size[1].get<std::int64_t>(), size[2].get<std::int64_t>(), size[3].is_number() ? size[3].get<double>() : -1};
  return out;
}

Catalog catalog_of(const json& from) {
  Catalog out;
  out.from_server = true;
  out.complete = true;  // what was named and is not there, is not there
  out.server_version = get(from, "version", 0);
  out.utc = get(from, "utc", false);
  out.search_path = list(from, "path");
  Types types;
  for (const auto& r : get(from, "relations", json::array())) {
    auto relation = relation_of(r, types);
    auto key = relation.key();
    out.relations.emplace(std::move(key), std::move(relation));
  }
  for (const auto& t : get(from, "types", json::array())) {
    TypeFacts facts;
    facts.kind = get(t, "k", std::string{}) == "d" ? TypeFacts::Kind::domain : TypeFacts::Kind::enumeration;
    if (const auto base = get(t, "base", std::string{}); !base.empty()) facts.base = types(base);
    facts.not_null = get(t, "nn", false);
    facts.constrained = facts.not_null || get(t, "con", false);
    facts.values = list(t, "values");
    out.types.emplace(get(t, "s", std::string{}) + "." + get(t, "n", std::string{}), std::move(facts));
  }
  const auto functions = get(from, "functions", json::object());
  for (const auto& [name, volatility] : functions.items()) out.functions.emplace(name, volatility.get<std::string>()[0]);
  return out;
}

}  // namespace

std::string load_argument(const std::vector<Name>& names) {
  auto out = json::array();
  for (const auto& name : names) out.push_back({name.schema, name.name});
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

sdk::Result<Catalog> load(std::string_view text) {
  const auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object()) return sdk::Error{sdk::Status::failed, "the catalog's answer could not be read"};
  try {
    return catalog_of(parsed);
  } catch (const json::exception& e) {
    return sdk::Error{sdk::Status::failed, std::string("the catalog's answer has another shape than expected: ") + e.what()};
  }
}

}  // namespace tidegate::migrations::catalog
