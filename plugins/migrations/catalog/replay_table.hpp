// SPDX-License-Identifier: Apache-2.0
//
// Tables and indexes of a replay. Private to this folder.
#pragma once
#include "migrations/catalog/catalog.hpp"

namespace tidegate::migrations::catalog {

void create_table(Catalog& catalog, const syntax::CreateTable& create);
void alter_table(Catalog& catalog, const syntax::AlterTable& alter);
void create_index(Catalog& catalog, const syntax::CreateIndex& create);

}  // namespace tidegate::migrations::catalog
