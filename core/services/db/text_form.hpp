// SPDX-License-Identifier: Apache-2.0
//
// The two written forms of a connection, URL and keyword list, taken apart into names and values without judging them.
// Own parsers, since libpq's refuse unknown names and repeat passwords in their messages. Pure functions: any thread.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tidegate::services::db {

struct Written {
  std::vector<std::pair<std::string, std::string>> parameters;  ///< libpq's names for host, port, user, password and dbname; decoded
  std::string password_as_written;
};

/// `text` is trimmed. Errors have class config and never repeat any of it but the scheme.
base::Result<Written> take_apart(const std::string& text);

}  // namespace tidegate::services::db
