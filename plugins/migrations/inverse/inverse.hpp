// SPDX-License-Identifier: Apache-2.0
//
// The SQL that undoes a change of the schema, from its description before and after: what is new is dropped, what was
// changed is changed back, what is gone is made again as it was. What it cannot bring back it says. Whether it is right is
// for the fingerprint to prove. Pure: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "migrations/fingerprint/description.hpp"

namespace tidegate::migrations::inverse {

enum class Grade { exact, exact_but_column_order, loses_data, irreversible };
std::string_view name_of(Grade grade);

struct Inverse {
  Grade grade = Grade::exact;
  std::vector<std::string> statements;  ///< in the order to run them; without semicolons
  std::vector<std::string> reasons;     ///< for a grade that is not exact, each with its object or statement
};

/// The text of a migration in the pieces that have to be described one by one: a rename, or what runs outside of a
/// transaction, by itself; the rest as long runs of statements. Empty when it cannot be split.
std::vector<std::string> pieces(std::string_view text);

/// Whether the statement, which may run in a transaction, still has to be described by itself: a rename.
bool stands_alone(std::string_view statement);

/// `statement` is what made the one into the other, or several of them: it tells a rename from a loss, and which rows were
/// changed. A rename is only known when it is the one statement, so renames are described by themselves.
Inverse invert(const fingerprint::Description& before, const fingerprint::Description& after, std::string_view statement);

}  // namespace tidegate::migrations::inverse
