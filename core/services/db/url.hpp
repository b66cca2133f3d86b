// SPDX-License-Identifier: Apache-2.0
//
// A connection URL of any tool, made into what libpq understands: parameters of Prisma and other tools are translated
// or left out with a warning, the scheme is checked before libpq sees the text (its own messages repeat passwords).
// Pure function: any thread.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tidegate::services::db {

struct ConnectionTarget {
  std::vector<std::pair<std::string, std::string>> parameters;  ///< libpq keyword and value, the password included
  std::string schema;    ///< Prisma's ?schema=, "" = not given
  std::string display;   ///< "host:port/database", safe to print
  std::string password;  ///< to redact
  bool pooled = false;   ///< looks like a transaction-mode pooler (host, port or pgbouncer=true)
  std::vector<std::string> warnings;
};

/// Accepts postgres:// and postgresql:// URLs and libpq keyword strings ("host=… dbname=…"). Errors have class config and
/// never repeat the text.
base::Result<ConnectionTarget> parse_connection(const std::string& text);

}  // namespace tidegate::services::db
