// SPDX-License-Identifier: Apache-2.0
//
// A Catalog from a server, by one query that answers one JSON text: the named relations, with what hangs together with them
// (partitions, foreign keys' other sides, views, sequences), and all types and functions of the user's own.
#pragma once
#include <string>
#include <tidegate/result.hpp>
#include <vector>

#include "migrations/catalog/catalog.hpp"

namespace tidegate::migrations::catalog {

/// $1: the names, as a JSON list of [schema or "", name]; relations, indexes and types alike. `null`: everything.
/// One row, one column. Reads catalogs and statistics alone. To be run with jit off: its estimates are far too high.
std::string_view load_query();
std::string load_argument(const std::vector<Name>& names);
sdk::Result<Catalog> load(std::string_view json);

/// Every name that these actions could mean.
std::vector<Name> names_in(const std::vector<syntax::Action>& actions);

}  // namespace tidegate::migrations::catalog
