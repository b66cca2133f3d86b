// SPDX-License-Identifier: Apache-2.0
// Which changes of a type PostgreSQL makes without touching the rows: those whose cast is binary compatible, or that its
// planner support functions see through (varchar_support, numeric_support, timestamp_support …).
#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "migrations/effects/effects.hpp"

namespace tidegate::migrations::effects {
namespace {

using syntax::Type;

constexpr long kFullPrecision = 6;  // MAX_TIMESTAMP_PRECISION, MAX_INTERVAL_PRECISION

long modifier(const Type& type, std::size_t i) {
  return i < type.modifiers.size() ? std::strtol(type.modifiers[i].c_str(), nullptr, 10) : -1;
}

bool is_text(const std::string& name) {
  return name == "text" || name == "varchar";
}

/// Changes of the name alone for which no function is called (pg_cast.castmethod = 'b'), beside text and varchar.
bool binary_compatible(const std::string& from, const std::string& to) {
  static constexpr std::array kPairs = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"cidr", "inet"}, {"int4", "oid"}, {"oid", "int4"}, {"text", "citext"}, {"citext", "text"}, {"varchar", "citext"}, {"citext", "varchar"},
       {"oid", "regclass"}, {"regclass", "oid"}, {"oid", "regtype"}, {"regtype", "oid"}, {"oid", "regproc"}, {"regproc", "oid"}, {"bit", "varbit"},
       {"xml", "text"}, {"xml", "varchar"}, {"regclass", "int4"}, {"int4", "regclass"}, {"name", "text"}});
  return std::any_of(kPairs.begin(), kPairs.end(), [&](const auto& p) { return p.first == from && p.second == to && from != "name"; });
}

bool same_operators(const std::string& from, const std::string& to) {
  return from == to || (is_text(from) && is_text(to)) || (from == "cidr" && to == "inet");
}

/// The limit of varchar or varbit: none, or not below the old one.
bool length_grows(const Type& from, const Type& to) {
  return to.modifiers.empty() || (!from.modifiers.empty() && modifier(to, 0) >= modifier(from, 0));
}

bool numeric_grows(const Type& from, const Type& to) {
  if (to.modifiers.empty()) return true;
  if (from.modifiers.empty()) return false;
  const auto scale = [](const Type& t) { return std::max(modifier(t, 1), 0L); };
  return scale(to) == scale(from) && modifier(to, 0) >= modifier(from, 0);
}

bool precision_grows(const Type& from, const Type& to) {
  const auto precision = [](const Type& t) { return t.modifiers.empty() ? kFullPrecision : modifier(t, t.modifiers.size() - 1); };
  if (from.name == "interval" && from.modifiers.size() != to.modifiers.size() && !to.modifiers.empty()) return false;
  return precision(to) >= precision(from);
}

int integer_width(const std::string& name) {
  return name == "int2" ? 2 : name == "int4" ? 4 : name == "int8" ? 8 : 0;
}

bool loses(const Type& from, const Type& to) {
  if (const int a = integer_width(from.name), b = integer_width(to.name); a != 0 && b != 0) return b < a;
  if (from.name == to.name) {
    if (from.name == "varchar" || from.name == "varbit") return !length_grows(from, to);
    if (from.name == "bpchar" || from.name == "bit") return modifier(to, 0) < modifier(from, 0);
    if (from.name == "numeric") {
      if (to.modifiers.empty()) return false;
      if (from.modifiers.empty()) return true;
      const auto scale = [](const Type& t) { return std::max(modifier(t, 1), 0L); };
      return scale(to) < scale(from) || modifier(to, 0) - scale(to) < modifier(from, 0) - scale(from);
    }
    return !precision_grows(from, to);
  }
  if (is_text(from.name) && is_text(to.name)) return to.name == "varchar" && !length_grows(from, to);
  if (from.name == "timestamptz" && to.name == "timestamp") return true;
  if ((from.name == "float8" || from.name == "numeric") && (integer_width(to.name) != 0 || to.name == "float4")) return true;
  if ((from.name == "timestamp" || from.name == "timestamptz") && (to.name == "date" || to.name == "time")) return true;
  if (from.name == "inet" && to.name == "cidr") return true;
  return from.name == "text" && to.name == "bpchar";
}

/// A domain stands for its base type, when it says nothing itself.
Type base_of(const catalog::Catalog& catalog, Type type, bool& constrained) {
  for (int depth = 0; depth < 8; ++depth) {
    const auto* facts = catalog.type(type);
    if (facts == nullptr || facts->kind != catalog::TypeFacts::Kind::domain) break;
    constrained |= facts->constrained;
    type = facts->base;
  }
  return type;
}

}  // namespace

TypeChange type_change(const catalog::Catalog& catalog, const catalog::Column* old, const syntax::AlterCommand& command) {
  TypeChange out;
  const auto& wanted = command.column->type;
  if (old == nullptr) {
    out.known = false;
    out.rewrite = true;
    out.index_kept = false;
    return out;
  }
  bool constrained = false, ignored = false;
  const auto from = base_of(catalog, old->type, ignored);
  const auto to = base_of(catalog, wanted, constrained);
  const auto& collation = command.column->collation;
  out.index_kept = same_operators(from.name, to.name) && (collation.empty() || collation == old->collation);
  out.narrowing = (from.dimensions > 0) == (to.dimensions > 0) && loses(from, to);
  // USING an expression of its own: PostgreSQL looks whether it is more than a cast of the column.
  if (command.expression && !command.expression->plain_column) {
    out.rewrite = true;
    return out;
  }
  if (command.expression && command.expression->cast && !command.expression->cast->same(wanted)) {
    bool more = false;
    const auto through = base_of(catalog, *command.expression->cast, more);
    if (!(is_text(through.name) && is_text(to.name)) && through.name != to.name) {
      out.rewrite = true;
      return out;
    }
  }
  if (constrained && !wanted.same(old->type)) {
    out.rewrite = true;
    return out;
  }
  if (from.dimensions > 0 || to.dimensions > 0) {
    out.rewrite = !from.same(to);
  } else if (from.name == to.name && from.schema == to.schema) {
    if (from.modifiers == to.modifiers) return out;
    if (to.name == "varchar" || to.name == "varbit") {
      out.rewrite = !length_grows(from, to);
    } else if (to.name == "numeric") {
      out.rewrite = !numeric_grows(from, to);
    } else if (to.name == "timestamp" || to.name == "timestamptz" || to.name == "time" || to.name == "timetz" || to.name == "interval") {
      out.rewrite = !precision_grows(from, to);
    } else {
      out.rewrite = true;
    }
  } else if (is_text(from.name) && is_text(to.name)) {
    out.rewrite = to.name == "varchar" && !length_grows(from, to);
  } else if ((from.name == "timestamp" && to.name == "timestamptz") || (from.name == "timestamptz" && to.name == "timestamp")) {
    out.rewrite = !(catalog.utc.value_or(false) && precision_grows(from, to));
  } else {
    out.rewrite = !(binary_compatible(from.name, to.name) && to.modifiers.empty());
  }
  return out;
}

}  // namespace tidegate::migrations::effects
