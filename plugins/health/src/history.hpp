// SPDX-License-Identifier: Apache-2.0
//
// What the stage that keeps the history of migrations says is left to do. Pure function: any thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/result.hpp>
#include <vector>

namespace tidegate::health {

struct Incomplete {
  std::vector<std::string> pending, failed;
};

/// From the answer to `list` of tidegate.history/1; entries are names, or objects with a name.
sdk::Result<Incomplete> read_history(std::string_view json);

}  // namespace tidegate::health
