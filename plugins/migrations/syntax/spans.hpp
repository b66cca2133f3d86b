// SPDX-License-Identifier: Apache-2.0
//
// Where the parts of a statement end, which the grammar does not keep: by tokens. Private to this folder. Any thread.
#pragma once
#include <string_view>
#include <vector>

#include "migrations/syntax/parts.hpp"

namespace tidegate::migrations::syntax {

/// From `start` to the comma or closing bracket that ends this item of a list, or the end of the text; blanks trimmed.
Span item_at(std::string_view sql, std::size_t start);
/// The items of a list that goes to the end of the text: of ALTER TABLE after the table's name at `name_at`.
std::vector<Span> items_after_name(std::string_view sql, std::size_t name_at);
/// Identifiers longer than the 63 bytes that PostgreSQL keeps.
std::vector<std::string> long_identifiers(std::string_view sql);

}  // namespace tidegate::migrations::syntax
