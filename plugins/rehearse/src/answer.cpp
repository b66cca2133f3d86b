// SPDX-License-Identifier: Apache-2.0
#include "answer.hpp"

#include <nlohmann/json.hpp>

namespace tidegate::rehearse {
namespace {

using Json = nlohmann::json;

Json json_of(const Recorded& statement) {
  auto locks = Json::array();
  for (const auto& lock : statement.locks) {
    locks.push_back({{"relation", lock.relation}, {"mode", lock.mode}});
    if (lock.index) locks.back()["index"] = true;
  }
  return {{"line", statement.line},    {"headline", statement.headline},   {"measured", statement.measured},
          {"locks", std::move(locks)}, {"rewritten", statement.rewritten}, {"scanned", statement.scanned}};
}

}  // namespace

std::string answer_json(const std::vector<Rehearsed>& rehearsed, int server_version) {
  auto migrations = Json::array();
  for (const auto& one : rehearsed) {
    auto statements = Json::array();
    for (const auto& statement : one.statements) statements.push_back(json_of(statement));
    migrations.push_back(
        {{"name", one.name}, {"checksum", one.checksum}, {"ms", one.ms}, {"error", nullptr}, {"statements", std::move(statements)}});
    auto& out = migrations.back();
    if (one.error) {
      out["error"] = one.error->message;
      continue;
    }
    out.update({{"reversible", migrations::inverse::name_of(one.grade)},
                {"by", one.by_file ? "down.sql" : "derived"},
                {"inverse", one.inverse},
                {"reasons", one.reasons},
                {"proven", one.proven},
                {"unproven", one.unproven}});
  }
  return Json{{"migrations", std::move(migrations)}, {"server_version", server_version}}.dump(-1, ' ', false,
                                                                                              Json::error_handler_t::replace);
}

}  // namespace tidegate::rehearse
