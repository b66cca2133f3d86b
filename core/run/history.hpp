// SPDX-License-Identifier: Apache-2.0
//
// The answers of tidegate.history/1 and tidegate.plan/1 as the host reads them. Plain values: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"

namespace tidegate::run {

struct History {
  struct Applied {
    std::string name, applied_at;
  };
  struct Begun {
    std::string name;
    std::int64_t done = 0;  ///< parts that stand
  };
  std::vector<Applied> applied;
  std::vector<Begun> begun;  ///< pending, too: a run goes on with them
  std::vector<std::string> pending, failed, edited, missing;
  std::string json;    ///< the answer as it came, for other stages that ask
  std::string newest;  ///< identifies the newest row; part of the plan's hash
};

/// From the JSON of `list`; an error of class internal when it is not of the documented form.
base::Result<History> read_history(std::string_view json);

struct PlannedStatement {
  std::string sql;
  std::int64_t line = 0;
  bool transactional = true;
};
struct PlannedMigration {
  std::string name, checksum, file;
  bool transactional = true;
  std::vector<PlannedStatement> statements;
};
/// From the JSON of `pending`.
base::Result<std::vector<PlannedMigration>> read_plan(std::string_view json);

/// The names that `after` has as applied, begun or failed and `before` had not, or not as far: what of a run stands.
std::vector<std::string> standing(const History& before, const History& after);

base::Array to_array(const std::vector<std::string>& names);

}  // namespace tidegate::run
