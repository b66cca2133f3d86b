// SPDX-License-Identifier: Apache-2.0
#include "static/drift.hpp"

#include <algorithm>
#include <tidegate/extensions.hpp>

#include "migrations/json_fields.hpp"
#include "rules/policy.hpp"

namespace tidegate::safety {
namespace {

using sdk::Result;
using sdk::Status;
using sdk::Verdict;

constexpr std::size_t kListed = 20;  // of what has drifted, one finding each

}  // namespace

Result<Verdict> check_drift(const sdk::Host& host, sdk::Report& report) {
  const auto action = host.text("drift.action", "warn");
  if (action == "ignore") return Verdict::pass;
  const auto said = host.ask(TG_HISTORY, TG_HISTORY_DRIFT);
  if (!said && (said.error().code == Status::not_found || said.error().code == Status::unsupported)) return Verdict::pass;
  if (!said) return said.error();
  const auto drift = nlohmann::json::parse(*said, nullptr, false);
  const auto changes = drift.is_object() ? drift.value("changes", nlohmann::json::array()) : nlohmann::json::array();
  const auto ignored = host.texts("drift.except");
  const auto verdict = action == "block" ? Verdict::block : Verdict::warn;
  std::size_t found = 0;
  for (const auto& change : changes) {
    const auto object = migrations::text_in(change, "object");
    if (std::any_of(ignored.begin(), ignored.end(), [&](const std::string& pattern) { return rules::glob_matches(pattern, object); })) continue;
    if (++found > kListed) continue;
    report.finding({verdict, "drift", "since the last change, past the migrations: " + migrations::text_in(change, "text"), {}, 0, 0,
                    "put it into a migration or take it back; what changes by itself (partitions) belongs into drift.except", {}});
  }
  if (found > kListed) report.finding({verdict, "drift", "and " + std::to_string(found - kListed) + " more differences", {}, 0, 0, "`tidegate status` lists them", {}});
  return found == 0 ? Verdict::pass : verdict;
}

}  // namespace tidegate::safety
