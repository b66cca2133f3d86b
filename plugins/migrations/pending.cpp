// SPDX-License-Identifier: Apache-2.0
#include "migrations/pending.hpp"

#include "migrations/json_fields.hpp"

namespace tidegate::migrations {
namespace {

using Json = nlohmann::json;

}  // namespace

sdk::Result<std::vector<PendingMigration>> read_pending(std::string_view json) {
  const auto plan = Json::parse(json, nullptr, false);
  const sdk::Error wrong{sdk::Status::failed, "the plan of the pending migrations is not what tidegate.plan/1 says",
                         "report this to the author of the apply stage"};
  if (!plan.is_object() || !plan.contains("migrations") || !plan["migrations"].is_array()) return wrong;
  std::vector<PendingMigration> out;
  for (const auto& migration : plan["migrations"]) {
    if (!migration.is_object() || !migration.value("statements", Json()).is_array()) return wrong;
    auto& now = out.emplace_back(PendingMigration{text_in(migration, "name"), text_in(migration, "file"), flag_in(migration, "transactional"), {},
                                                  text_in(migration, "checksum"), migration.value("begun", Json()) == true});
    for (const auto& statement : migration["statements"]) {
      if (!statement.is_object() || !statement.value("sql", Json()).is_string()) return wrong;
      now.statements.push_back({statement["sql"].get<std::string>(), number_in(statement, "line"), flag_in(statement, "transactional"),
                                number_in(statement, "part")});
    }
  }
  return out;
}

}  // namespace tidegate::migrations
