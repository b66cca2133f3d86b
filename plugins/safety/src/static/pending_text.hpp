// SPDX-License-Identifier: Apache-2.0
//
// The texts of what is pending, and what the server knows of the relations that they name. Stage thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/catalog/catalog.hpp"
#include "migrations/pending.hpp"

namespace tidegate::safety {

sdk::Result<std::string> read_file(const std::string& path);

/// The planned statements, one after the other and nothing else.
std::string statements_text(const migrations::PendingMigration& migration);

/// The file as it was written, where it still has these statements; else the statements one after the other.
struct Text {
  std::string text;
  bool file = false;
};
Text text_of(const migrations::PendingMigration& migration);

/// Every name that the statements of the text could mean.
std::vector<migrations::syntax::Name> names_in(std::string_view text);

/// One query. null: everything that there is.
sdk::Result<migrations::catalog::Catalog> load_catalog(const sdk::Host& host, const std::vector<migrations::syntax::Name>* names);

}  // namespace tidegate::safety
