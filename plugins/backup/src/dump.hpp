// SPDX-License-Identifier: Apache-2.0
//
// One pg_dump into a file, verified before it has its final name. Writes files; stage thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>

#include "programs.hpp"
#include "selection.hpp"

namespace tidegate::backup {

struct Order {
  Programs programs;
  Selection selection;
  std::string folder, name;  ///< of the file
  std::int64_t lock_wait_ms = 30'000;
};

struct Made {
  std::string path;
  std::uintmax_t bytes = 0;
  std::size_t tables = 0;  ///< with their rows
};

/// The file is listed, its tables are counted, and all of it is read again. Nothing is left of one that failed.
sdk::Result<Made> dump(const sdk::Host& host, const Order& order);

}  // namespace tidegate::backup
