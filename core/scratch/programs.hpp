// SPDX-License-Identifier: Apache-2.0
//
// Finds PostgreSQL's own programs on this machine. Reads the file system and asks `pg_config`; any thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/world.hpp"

namespace tidegate::scratch {

/// A folder with `initdb` and `postgres`.
struct Programs {
  std::string bin_dir;
  int major = 0;
};

/// The first match of: `bin_dir`, TIDEGATE_PG_BIN, the newest /usr/lib/postgresql/N/bin or /usr/pgsql-N/bin, pg_config,
/// PATH. `major` 0: any. not_found says where it looked and what to install.
base::Result<Programs> find_programs(int major, const std::string& bin_dir, const base::Environment& variables);

/// Runs a program and gives what it printed; nullopt when it could not be run or failed.
std::optional<std::string> output_of(const std::vector<std::string>& argv);

}  // namespace tidegate::scratch
