// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"

#include "stage.hpp"

namespace tidegate::rollback::test {

Scene::Scene() : migrations::test::Scene(&make, "rollback.database", "rollback") {
  database.sql(
      "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name "
      "varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count "
      "int "
      "NOT NULL DEFAULT 0)");
}

void Scene::applied(const std::string& name, const std::string& up, const std::string& down_sql) {
  migration(name, up);
  if (!down_sql.empty()) down(name, down_sql);
  database.sql(up);
  database.sql(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count) VALUES "
      "(gen_random_uuid()::text, 'x', '" +
      name + "', clock_timestamp(), clock_timestamp(), 1)");
}

void Scene::down(const std::string& name, const std::string& sql) {
  tidegate::test::write_file(folder / (name + "/down.sql"), sql);
}

json Scene::can(const Names& names) {
  read_only = true;
  auto answer = ask("tidegate.undo/1", "can", json{{"names", names}}.dump());
  read_only = false;
  if (!answer) throw std::runtime_error(answer.error().message);
  return (*answer)["migrations"];
}

json Scene::undo(const Names& names) {
  auto answer = ask("tidegate.undo/1", "down", json{{"names", names}}.dump());
  if (!answer) throw std::runtime_error(answer.error().message);
  return *answer;
}

sdk::Error Scene::run_after(const Names& names) {
  context["run.applied"] = json(names).dump();
  return run();
}

std::string Scene::rows() {
  return value(
      "SELECT string_agg(migration_name || CASE WHEN rolled_back_at IS NOT NULL THEN ' rolled back' WHEN finished_at IS NULL THEN ' open' "
      "ELSE "
      "' applied' END, ', ' ORDER BY started_at) FROM _prisma_migrations");
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tidegate::rollback::test
