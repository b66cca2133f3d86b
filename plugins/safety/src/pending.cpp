// SPDX-License-Identifier: Apache-2.0
#include "pending.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tidegate/extensions.hpp>

namespace tidegate::safety {
namespace {

using sdk::Result;
using sdk::Status;

bool nobody_offers(const sdk::Error& error) {
  return error.code == Status::not_found || error.code == Status::unsupported;
}

std::vector<std::string> texts(const nlohmann::json& object, const char* key) {
  std::vector<std::string> out;
  for (const auto& item : object.value(key, nlohmann::json::array()))
    if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

/// True when the history says that there is nothing to ask the plan for.
Result<bool> settled_by_history(const sdk::Host& host, Pending& out) {
  const auto list = host.ask(TG_HISTORY, TG_HISTORY_LIST, TG_HISTORY_WITHOUT_ROWS);
  if (!list && nobody_offers(list.error())) return false;
  if (!list) return list.error();
  const auto history = nlohmann::json::parse(*list, nullptr, false);
  if (!history.is_object())
    return sdk::Error{Status::failed, "the history of migrations is not what tidegate.history/1 says",
                      "report this to the author of the apply stage"};
  out.names = texts(history, "pending");
  out.failed_stand = !history.value("failed", nlohmann::json::array()).empty();
  return out.names.empty() || out.failed_stand;
}

/// "public.orders_p*": a name with stars in it.
bool matches(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  for (auto rest = text.substr(star);; rest.remove_prefix(1)) {
    if (matches(pattern.substr(star + 1), rest)) return true;
    if (rest.empty()) return false;
  }
}

constexpr std::size_t kListed = 20;  // of what has drifted, one finding each

}  // namespace

Result<sdk::Verdict> check_drift(const sdk::Host& host, sdk::Report& report) {
  using sdk::Verdict;
  const auto action = host.text("drift.action", "warn");
  if (action == "ignore") return Verdict::pass;
  const auto said = host.ask(TG_HISTORY, TG_HISTORY_DRIFT);
  if (!said && nobody_offers(said.error())) return Verdict::pass;
  if (!said) return said.error();
  const auto drift = nlohmann::json::parse(*said, nullptr, false);
  const auto changes = drift.is_object() ? drift.value("changes", nlohmann::json::array()) : nlohmann::json::array();
  const auto ignored = host.texts("drift.except");
  const auto verdict = action == "block" ? Verdict::block : Verdict::warn;
  std::size_t found = 0;
  for (const auto& change : changes) {
    const auto object = change.value("object", std::string());
    if (std::any_of(ignored.begin(), ignored.end(), [&](const std::string& pattern) { return matches(pattern, object); })) continue;
    if (++found > kListed) continue;
    report.finding({verdict, "drift", "since the last change, past the migrations: " + change.value("text", std::string()), {}, 0, 0,
                    "put it into a migration or take it back; what changes by itself (partitions) belongs into drift.except", {}});
  }
  if (found > kListed) report.finding({verdict, "drift", "and " + std::to_string(found - kListed) + " more differences", {}, 0, 0, "`tidegate status` lists them", {}});
  return found == 0 ? Verdict::pass : verdict;
}

Result<Pending> ask_pending(const sdk::Host& host) {
  Pending out;
  const auto settled = settled_by_history(host, out);
  if (!settled) return settled.error();
  if (*settled) return out;
  const auto plan = host.ask(TG_PLAN, TG_PLAN_PENDING);
  if (!plan && nobody_offers(plan.error())) {
    out.known = false;
    return out;
  }
  if (!plan) return plan.error();
  auto migrations = migrations::read_pending(*plan);
  if (!migrations) return migrations.error();
  out.migrations = std::move(*migrations);
  out.names.clear();
  for (const auto& migration : out.migrations) out.names.push_back(migration.name);
  return out;
}

}  // namespace tidegate::safety
