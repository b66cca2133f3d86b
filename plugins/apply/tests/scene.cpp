// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"

#include "stage.hpp"

namespace tidegate::apply::test {

Scene::Scene() : migrations::test::Scene(&make, "apply.prisma", "apply") {}

json Scene::list() {
  read_only = true;
  auto answer = ask("tidegate.history/1", "list");
  read_only = false;
  if (!answer) throw std::runtime_error(answer.error().message);
  return *answer;
}

json Scene::plan() {
  read_only = true;
  auto answer = ask("tidegate.plan/1", "pending");
  read_only = false;
  if (!answer) throw std::runtime_error(answer.error().message);
  return *answer;
}

sdk::Error Scene::refused_plan() {
  read_only = true;
  auto answer = ask("tidegate.plan/1", "pending");
  read_only = false;
  return answer ? sdk::Error{sdk::Status::ok, ""} : answer.error();
}

}  // namespace tidegate::apply::test
