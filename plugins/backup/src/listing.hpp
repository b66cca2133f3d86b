// SPDX-License-Identifier: Apache-2.0
//
// What PostgreSQL's programs print, read. Pure: any thread.
#pragma once
#include <string_view>

namespace tidegate::backup {

/// How many tables' rows a line of `pg_restore --list` stands for: 1 for an entry TABLE DATA, else 0.
int tables_in_entry(std::string_view line);

/// 15 of "pg_dump (PostgreSQL) 15.18 (Debian …)"; 0: that is no version.
int major_of(std::string_view version);

}  // namespace tidegate::backup
