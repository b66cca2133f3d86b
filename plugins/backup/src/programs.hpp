// SPDX-License-Identifier: Apache-2.0
//
// Finds pg_dump and pg_restore of a PostgreSQL that is new enough for the server. Reads the file system and runs
// `pg_dump --version`; stage thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>

namespace tidegate::backup {

struct Programs {
  std::string folder;
  int major = 0;
};

/// The newest of: `bin_dir` alone if it is given, else /usr/lib/postgresql/N/bin, /usr/pgsql-N/bin and the folders of
/// PATH. An error when none is as new as the server: pg_dump refuses newer ones.
sdk::Result<Programs> find_programs(const sdk::Host& host, const std::string& bin_dir, int server_major);

}  // namespace tidegate::backup
