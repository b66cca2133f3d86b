// SPDX-License-Identifier: Apache-2.0
//
// One statement to what it does. Never fails and never crashes: a statement that cannot be read says why, and stays a
// statement that nobody knows. Any thread with a usual stack.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "migrations/syntax/actions.hpp"

namespace tidegate::migrations::syntax {

/// Code within code: the body of DO or of a function.
struct Body {
  bool present = false;
  bool understood = false;
  std::string why;              ///< when it is not
  bool dynamic = false;         ///< EXECUTE of a text made at run time
  std::size_t dynamic_line = 0; ///< in the body, 1-based
  std::vector<std::string> statements;  ///< its static SQL, each one statement; of a function in SQL all of it as one
};

struct Parsed {
  bool understood = false;
  std::string why;       ///< the parser's own words when it is not
  std::size_t at = 0;    ///< byte of the trouble
  std::vector<Action> actions;  ///< one, but for CREATE SCHEMA with elements and WITH that writes; empty when not understood
  Body body;
  std::vector<std::string> long_identifiers;  ///< that PostgreSQL would cut at 63 bytes
};

Parsed parse(std::string_view statement);

/// An expression by itself, as pg_get_expr and pg_get_constraintdef print it.
std::optional<Expression> parse_expression(std::string_view text);

}  // namespace tidegate::migrations::syntax
