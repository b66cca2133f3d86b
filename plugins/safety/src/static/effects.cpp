// SPDX-License-Identifier: Apache-2.0
#include "static/effects.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "rules/analyse.hpp"
#include "static/pending_text.hpp"
#include "static/settings.hpp"

namespace tidegate::safety {
namespace {

using nlohmann::json;
using sdk::Result;
namespace effects = migrations::effects;

json estimate_of(const rules::Cost& cost) {
  const auto ms = [](double seconds) { return static_cast<std::int64_t>(std::llround(seconds * 1e3)); };
  return {{"from_ms", ms(cost.fast)}, {"to_ms", ms(cost.slow)}, {"bytes", cost.bytes}};
}

json statement_of(const rules::StatementEffects& statement) {
  if (!statement.understood) return json::object();
  const auto& all = statement.effects;
  json locks = json::array(), tables = json::array();
  for (const auto& lock : all.locks) {
    if (lock.harmless) continue;
    json one{{"relation", lock.relation},
             {"mode", effects::name_of(lock.mode)},
             {"reads_wait", effects::reads_wait(lock.mode)},
             {"writes_wait", effects::writes_wait(lock.mode)}};
    if (lock.index) one["index"] = true;
    locks.push_back(std::move(one));
  }
  for (const auto& [relation, size] : statement.tables) {
    json table{{"relation", relation}, {"bytes", size.bytes + size.index_bytes}};
    if (size.rows >= 0) table["rows"] = std::llround(size.rows);
    tables.push_back(std::move(table));
  }
  // What these migrations make themselves is read and written without anybody noticing.
  const auto of_others = [&](const std::vector<std::string>& names) {
    std::vector<std::string> out;
    for (const auto& name : names)
      if (std::none_of(all.locks.begin(), all.locks.end(), [&](const auto& lock) { return lock.harmless && lock.relation == name; })) out.push_back(name);
    return out;
  };
  const auto rewritten = of_others(all.rewritten), scanned = of_others(all.scanned);
  json out{{"locks", std::move(locks)}, {"rewrite", !rewritten.empty()}, {"scan", !scanned.empty()},
           {"rewritten", rewritten},    {"scanned", scanned},            {"tables", std::move(tables)}};
  if (statement.cost) out["estimate"] = estimate_of(*statement.cost);
  return out;
}

}  // namespace

Result<std::string> effects_of_pending(const sdk::Host& host, const std::vector<migrations::PendingMigration>& pending) {
  const auto settings = static_settings(host);
  if (!settings) return settings.error();
  std::vector<migrations::syntax::Name> names;
  for (const auto& migration : pending)
    for (auto& name : names_in(statements_text(migration))) names.push_back(std::move(name));
  auto known = load_catalog(host, &names);
  if (!known) return known.error();
  rules::Analysis analysis(std::move(*known), settings->options);
  json migrations = json::array();
  for (const auto& migration : pending) {
    const auto report =
        analysis.migration(statements_text(migration), migration.file.empty() ? migration.name : migration.file, settings->policy);
    json statements = json::array();
    if (report.statements.size() == migration.statements.size())
      for (const auto& statement : report.statements) statements.push_back(statement_of(statement));
    else
      statements.insert(statements.end(), migration.statements.size(), json::object());
    migrations.push_back({{"name", migration.name}, {"statements", std::move(statements)}});
    analysis.next(false);
  }
  return json{{"migrations", std::move(migrations)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace tidegate::safety
