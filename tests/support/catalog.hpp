// SPDX-License-Identifier: Apache-2.0
//
// What a database holds, read from its catalogs: for servers newer than the installed pg_dump, which refuses those. Knows
// less than pg_dump does (no privileges, publications, operators), and says the same twice about the same. Any thread.
#pragma once
#include <string>

namespace tidegate::test {

/// Schema, and with `rows` the rows, one line each in a settled order; without schema tidegate and _prisma_migrations.
std::string catalog_text(const std::string& url, bool rows);

}  // namespace tidegate::test
