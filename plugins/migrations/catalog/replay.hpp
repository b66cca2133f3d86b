// SPDX-License-Identifier: Apache-2.0
//
// What a statement leaves behind in a Catalog. So a folder of migrations is known without a database, and a pending
// migration sees what those before it made. Never fails: what is not known is left as it is.
#pragma once
#include "migrations/catalog/catalog.hpp"

namespace tidegate::migrations::catalog {

void replay(Catalog& catalog, const syntax::Action& action);

/// PostgreSQL's own choice of a name: t_a_b_idx; `key`, `fkey`, `check`, `excl`, `pkey` (which takes no columns), `seq`.
std::string chosen_name(const Catalog& catalog, const Relation& table, const std::vector<std::string>& columns, std::string_view label);

}  // namespace tidegate::migrations::catalog
