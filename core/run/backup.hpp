// SPDX-License-Identifier: Apache-2.0
//
// What a stage made before the change, to restore from. Plain data: any thread.
#pragma once
#include <string>
#include <vector>

#include "base/value.hpp"

namespace tidegate::run {

struct Backup {
  std::string stage;   ///< its id
  std::string handle;  ///< as the stage calls it: a file, a restore point
};

/// [{"stage","handle"}], as run.finished, status and serve have it.
inline base::Array to_array(const std::vector<Backup>& backups) {
  base::Array out;
  for (const auto& backup : backups) out.emplace_back(base::Table{{"stage", backup.stage}, {"handle", backup.handle}});
  return out;
}

}  // namespace tidegate::run
