// SPDX-License-Identifier: Apache-2.0
//
// A stage of type apply.prisma on a real database, and the questions that it answers. One thread.
#pragma once
#include "migrations/tests/libpq_host.hpp"

namespace tidegate::apply::test {

using migrations::test::json;
using migrations::test::TestDatabase;

class Scene : public migrations::test::Scene {
 public:
  Scene();
  json list();
  json plan();
  sdk::Error refused_plan();
};

}  // namespace tidegate::apply::test
