// SPDX-License-Identifier: Apache-2.0
#include "migrations/catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tidegate::migrations::catalog {
namespace {

template <class List>
auto by_name(List& list, std::string_view name) -> decltype(&list[0]) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.name == name; });
  return found == list.end() ? nullptr : &*found;
}


// Of PostgreSQL and its usual extensions (pg_proc.provolatile of 15); sorted. A function that is in neither list and that
// nobody defined is taken for one of the user's own, which are volatile unless declared otherwise.
constexpr std::array kVolatile = std::to_array<std::string_view>(
    {"clock_timestamp", "currval", "gen_random_bytes", "gen_random_uuid", "gen_salt", "lastval", "nextval", "random", "random_normal", "set_config",
     "setseed", "setval", "timeofday", "txid_current", "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "uuidv4", "uuidv7"});
constexpr std::array kNotVolatile = std::to_array<std::string_view>(
    {"abs", "age", "array_agg", "array_append", "array_fill", "array_length", "array_to_string", "ascii", "btrim", "ceil", "char_length", "chr",
     "coalesce", "concat", "concat_ws", "convert_from", "convert_to", "current_database", "current_schema", "current_setting", "current_timestamp",
     "current_user", "date_part", "date_trunc", "decode", "digest", "encode", "extract", "floor", "format", "greatest", "hashtext", "initcap",
     "int4range", "int8range", "json_build_array", "json_build_object", "jsonb_build_array", "jsonb_build_object", "jsonb_set", "json_object",
     "jsonb_object", "least", "left", "length", "localtimestamp", "lower", "lpad", "ltrim", "make_date", "make_interval", "make_time",
     "make_timestamp", "make_timestamptz", "md5", "mod", "now", "nullif", "numrange", "overlay", "position", "power", "regexp_replace", "repeat",
     "replace", "reverse", "right", "round", "rpad", "rtrim", "session_user", "setweight", "sha256", "split_part", "sqrt", "statement_timestamp",
     "string_to_array", "strpos", "substr", "substring", "timezone", "to_char", "to_date", "to_json", "to_jsonb", "to_number", "to_timestamp",
     "to_tsvector", "transaction_timestamp", "translate", "trim", "trunc", "tstzrange", "tsrange", "daterange", "upper", "uuid_nil"});

}  // namespace

const Column* Relation::column(std::string_view wanted) const {
  return by_name(columns, wanted);
}
Column* Relation::column(std::string_view wanted) {
  return by_name(columns, wanted);
}
const Constraint* Relation::constraint(std::string_view wanted) const {
  return by_name(constraints, wanted);
}
const Index* Relation::index(std::string_view wanted) const {
  return by_name(indexes, wanted);
}

bool Relation::proven_not_null(std::string_view wanted) const {
  if (const auto* c = column(wanted); c != nullptr && c->not_null) return true;
  return std::any_of(constraints.begin(), constraints.end(), [&](const Constraint& c) {
    return c.kind == syntax::ConstraintKind::check && c.validated &&
           std::any_of(c.conditions.begin(), c.conditions.end(), [&](const auto& x) { return x.column == wanted && x.op == "not null"; });
  });
}

const Relation* Catalog::at(std::string_view key) const {
  const auto found = relations.find(key);
  return found == relations.end() ? nullptr : &found->second;
}
Relation* Catalog::at(std::string_view key) {
  const auto found = relations.find(key);
  return found == relations.end() ? nullptr : &found->second;
}

const Relation* Catalog::find(const Name& name) const {
  if (!name.schema.empty()) return at(name.schema + "." + name.name);
  if (const auto* temporary = at("pg_temp." + name.name); temporary != nullptr) return temporary;
  for (const auto& schema : search_path) {
    if (const auto* found = at(schema + "." + name.name); found != nullptr) return found;
  }
  return nullptr;
}
Relation* Catalog::find(const Name& name) {
  const auto* found = std::as_const(*this).find(name);
  return found == nullptr ? nullptr : at(found->key());
}

std::string Catalog::key_of(const Name& name) const {
  if (!name.schema.empty()) return name.schema + "." + name.name;
  return (search_path.empty() ? std::string("public") : search_path.front()) + "." + name.name;
}

FoundIndex Catalog::find_index(const Name& name) const {
  FoundIndex found;
  for (const auto& [key, relation] : relations) {
    if (!name.schema.empty() && relation.schema != name.schema) continue;
    if (name.schema.empty() && relation.schema != "pg_temp" &&
        std::find(search_path.begin(), search_path.end(), relation.schema) == search_path.end())
      continue;
    if (const auto* index = relation.index(name.name); index != nullptr) return {&relation, index};
  }
  return found;
}

const TypeFacts* Catalog::type(const syntax::Type& wanted) const {
  if (wanted.dimensions > 0) return nullptr;
  const auto look = [&](const std::string& key) -> const TypeFacts* {
    const auto found = types.find(key);
    return found == types.end() ? nullptr : &found->second;
  };
  if (!wanted.schema.empty()) return look(wanted.schema + "." + wanted.name);
  for (const auto& schema : search_path) {
    if (const auto* found = look(schema + "." + wanted.name); found != nullptr) return found;
  }
  return nullptr;
}

std::string Catalog::shown(const Relation& relation) const {
  return shown(Name{relation.schema, relation.name});
}
std::string Catalog::shown(const Name& name) const {
  const bool plain = name.schema.empty() || name.schema == "pg_temp" || (!search_path.empty() && name.schema == search_path.front());
  return plain ? name.name : name.schema + "." + name.name;
}

std::vector<std::pair<const Relation*, const Constraint*>> Catalog::references_to(std::string_view key) const {
  std::vector<std::pair<const Relation*, const Constraint*>> out;
  for (const auto& [other, relation] : relations) {
    for (const auto& c : relation.constraints) {
      if (c.kind == syntax::ConstraintKind::foreign_key && c.references == key) out.emplace_back(&relation, &c);
    }
  }
  return out;
}

std::optional<char> Catalog::volatility(const Name& function) const {
  if (const auto known = functions.find(function.name); known != functions.end()) return known->second;
  if (std::binary_search(kVolatile.begin(), kVolatile.end(), function.name)) return 'v';
  if (std::find(kNotVolatile.begin(), kNotVolatile.end(), function.name) != kNotVolatile.end()) return 's';
  return std::nullopt;
}

void Catalog::next_migration(bool deployed) {
  const auto age = [&](Birth& birth) {
    if (birth != Birth::existed) birth = deployed ? Birth::existed : Birth::earlier_pending;
  };
  std::erase_if(relations, [](const auto& item) { return item.second.temporary; });
  for (auto& [key, relation] : relations) {
    age(relation.birth);
    for (auto& index : relation.indexes) age(index.birth);
    for (auto& constraint : relation.constraints) age(constraint.birth);
  }
  for (auto& [key, type] : types) age(type.birth);
}

}  // namespace tidegate::migrations::catalog
