// SPDX-License-Identifier: Apache-2.0
//
// A stage of type rollback.database on a real database in which migrations are applied as Prisma does it. One thread.
#pragma once
#include "migrations/tests/libpq_host.hpp"

namespace tidegate::rollback::test {

using migrations::test::json;
using Names = std::vector<std::string>;

class Scene : public migrations::test::Scene {
 public:
  Scene();
  /// Writes the files, runs `up`, and gives it a finished row. An empty `down`: no file.
  void applied(const std::string& name, const std::string& up, const std::string& down);
  /// The down.sql alone.
  void down(const std::string& name, const std::string& sql);
  json can(const Names& names);
  json undo(const Names& names);
  sdk::Error run_after(const Names& names);
  /// "1_a applied, 2_b rolled back": the rows in order.
  std::string rows();
  bool has(const std::string& relation) { return value("SELECT to_regclass('" + relation + "') IS NOT NULL") == "t"; }
};

bool says(const std::string& text, const std::string& part);

}  // namespace tidegate::rollback::test
