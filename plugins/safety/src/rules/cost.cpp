// SPDX-License-Identifier: Apache-2.0
#include "rules/cost.hpp"

#include <algorithm>
#include <cmath>

namespace tidegate::safety::rules {
namespace {

namespace syntax = migrations::syntax;
namespace catalog = migrations::catalog;
namespace effects = migrations::effects;

/// Bytes a second.
struct Rate {
  double slow, fast;
};
constexpr Rate kRead{100e6, 600e6}, kBuild{20e6, 100e6}, kRewrite{15e6, 80e6};
constexpr double kNotWorthSaying = 1;  // seconds

std::string size_text(std::int64_t bytes) {
  const auto b = static_cast<double>(bytes);
  if (b < 1e6) return std::to_string(std::lround(b / 1e3)) + " kB";
  if (b < 1e9) return std::to_string(std::lround(b / 1e6)) + " MB";
  return std::to_string(std::lround(b / 1e9)) + " GB";
}

/// It builds an index from what it reads.
bool builds(const syntax::Action& action) {
  if (std::holds_alternative<syntax::CreateIndex>(action)) return true;
  const auto* alter = std::get_if<syntax::AlterTable>(&action);
  if (alter == nullptr) return false;
  return std::any_of(alter->commands.begin(), alter->commands.end(), [](const syntax::AlterCommand& c) {
    using syntax::ConstraintKind;
    if (c.what != syntax::Alter::add_constraint || !c.constraint) return false;
    const auto kind = c.constraint->kind;
    return kind == ConstraintKind::unique || kind == ConstraintKind::primary_key || kind == ConstraintKind::exclusion;
  });
}

/// By the name as it is shown: what is read or rewritten is locked as well.
const catalog::Relation* relation_shown(std::string_view shown, const effects::Effects& all, const catalog::Catalog& catalog) {
  const auto lock =
      std::find_if(all.locks.begin(), all.locks.end(), [&](const effects::Lock& l) { return l.relation == shown && !l.key.empty(); });
  if (lock != all.locks.end()) return catalog.at(lock->key);
  const auto found =
      std::find_if(catalog.relations.begin(), catalog.relations.end(), [&](const auto& r) { return catalog.shown(r.second) == shown; });
  return found == catalog.relations.end() ? nullptr : &found->second;
}

}  // namespace

Cost cost_of(const catalog::Size& size, Work work) {
  const auto& rate = work == Work::rewrite ? kRewrite : work == Work::build ? kBuild : kRead;
  const auto bytes = work == Work::rewrite ? size.bytes + size.index_bytes : size.bytes;
  return {static_cast<double>(bytes) / rate.fast, static_cast<double>(bytes) / rate.slow, bytes};
}

std::optional<Cost> cost_of(const syntax::Action& action, const effects::Effects& effects, const catalog::Catalog& catalog) {
  Cost out;
  const auto add = [&](const std::string& shown, Work work) {
    const auto* relation = relation_shown(shown, effects, catalog);
    if (relation == nullptr) return catalog.complete;
    if (relation->is_new()) return true;
    if (relation->size) out.add(cost_of(*relation->size, work));
    return relation->size.has_value();
  };
  for (const auto& shown : effects.rewritten) {
    const bool index =
        std::any_of(effects.locks.begin(), effects.locks.end(), [&](const effects::Lock& l) { return l.relation == shown && l.index; });
    if (!index && !add(shown, Work::rewrite)) return std::nullopt;
  }
  const auto work = builds(action) ? Work::build : Work::read;
  for (const auto& shown : effects.scanned) {
    const bool rewritten = std::find(effects.rewritten.begin(), effects.rewritten.end(), shown) != effects.rewritten.end();
    if (!rewritten && !add(shown, work)) return std::nullopt;
  }
  return out;
}

std::string span_text(double seconds) {
  if (seconds < 90) return std::to_string(std::max(1L, std::lround(seconds))) + " s";
  if (seconds < 5400) return std::to_string(std::lround(seconds / 60)) + " min";
  return std::to_string(std::lround(seconds / 3600)) + " h";
}

std::string text_of(const Cost& cost) {
  if (cost.slow < kNotWorthSaying) return {};
  const auto from = span_text(cost.fast), to = span_text(cost.slow);
  return "about " + (from == to ? to : from + " to " + to) + " (" + size_text(cost.bytes) + ")";
}

}  // namespace tidegate::safety::rules
