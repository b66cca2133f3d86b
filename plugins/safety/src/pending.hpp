// SPDX-License-Identifier: Apache-2.0
//
// What is pending, asked of the stages that know: first for the names, which the host has at hand, so that a run with
// nothing to do costs no question to the database. Stage thread.
#pragma once
#include <string>
#include <vector>

#include "migrations/pending.hpp"

namespace tidegate::safety {

struct Pending {
  bool known = true;          ///< false: no stage of the pipeline can say what is pending
  bool failed_stand = false;  ///< the history has a migration that began and did not end: nothing will run on top of it
  std::vector<std::string> names;
  std::vector<migrations::PendingMigration> migrations;
};

sdk::Result<Pending> ask_pending(const sdk::Host& host);

}  // namespace tidegate::safety
