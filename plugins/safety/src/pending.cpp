// SPDX-License-Identifier: Apache-2.0
#include "pending.hpp"

#include <tidegate/extensions.hpp>

#include "migrations/json_fields.hpp"

namespace tidegate::safety {
namespace {

using sdk::Result;
using sdk::Status;

bool nobody_offers(const sdk::Error& error) {
  return error.code == Status::not_found || error.code == Status::unsupported;
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
  out.names = migrations::texts_in(history, "pending");
  out.failed_stand = !history.value("failed", nlohmann::json::array()).empty();
  return out.names.empty() || out.failed_stand;
}

}  // namespace

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
