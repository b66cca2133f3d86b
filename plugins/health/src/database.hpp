// SPDX-License-Identifier: Apache-2.0
//
// DatabaseChecks: asks the database, on a connection that is opened for it and closed after it, and the stage that keeps
// the history. All that is wrong is found, not just the first; an error means that a check could not run. Owned by one
// stage; its thread.
#pragma once
#include <string>
#include <vector>

#include "checks.hpp"
#include "findings.hpp"

namespace tidegate::health {

class DatabaseChecks {
 public:
  explicit DatabaseChecks(const sdk::Host& host) : host_(host) {}
  [[nodiscard]] sdk::Result<std::vector<TableName>> read_tables() const;
  sdk::Result<void> run(Findings& found);
  /// What run() looked at, in words.
  [[nodiscard]] std::string summary() const;

 private:
  [[nodiscard]] bool invalid_indexes() const { return host_.flag("invalid_indexes", true); }
  sdk::Result<void> check_built_in(sdk::Db& db, const std::vector<TableName>& tables);
  sdk::Result<void> check_table(sdk::Db& db, const TableName& table, const Quote& identifier);
  void tell_index(const std::vector<std::string>& index, const Quote& identifier);
  sdk::Result<void> check_assertions(sdk::Db& db);
  sdk::Result<void> check_history();

  sdk::Host host_;
  Findings* found_ = nullptr;  // of the call that is under way
  bool history_checked_ = false;
};

}  // namespace tidegate::health
