// SPDX-License-Identifier: Apache-2.0
//
// What is pending, as tidegate.plan/1 of another stage says: for stages that look at the SQL before it runs. Stage
// thread; the values are plain data.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <tidegate/services.hpp>
#include <vector>

namespace tidegate::migrations {

struct PendingStatement {
  std::string sql;
  std::uint32_t line = 0;  ///< of the file; 0: not said
  bool transactional = true;
  std::uint32_t part = 0;  ///< those of one part, one after the other, run in one transaction
};

struct PendingMigration {
  std::string name;
  std::string file;  ///< may be empty
  bool transactional = true;
  std::vector<PendingStatement> statements;
  std::string checksum = {};  ///< of its file; may be empty
  bool begun = false;         ///< by an earlier run: `statements` are the rest
};

/// From the answer of tidegate.plan/1.
sdk::Result<std::vector<PendingMigration>> read_pending(std::string_view json);

}  // namespace tidegate::migrations
