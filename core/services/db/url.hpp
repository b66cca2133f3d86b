// SPDX-License-Identifier: Apache-2.0
//
// A connection URL of any tool, made into what libpq understands: parameters of Prisma and other tools are translated
// or left out with a warning, the scheme is checked before libpq sees the text (its own messages repeat passwords).
// Reads the PG… environment for defaults as libpq does; any thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tidegate::services::db {

struct ConnectionTarget {
  std::vector<std::pair<std::string, std::string>> parameters;  ///< libpq keyword and value, the password included
  std::string schema;                                           ///< Prisma's ?schema=, "" = not given
  std::vector<std::string> search_path;                      ///< in force from the start; ?schema= alone, or ?currentSchema= of other tools
  std::optional<std::chrono::milliseconds> connect_timeout;  ///< ?connect_timeout=; 0: none
  std::string text;                                          ///< as it was given, the password included
  std::string display;                                       ///< "host:port/database", safe to print
  std::string password;                                      ///< to redact
  std::string password_as_written;                           ///< to redact: as it stands in the URL, escapes and all
  bool pooled = false;                                       ///< looks like a transaction-mode pooler (host, port or pgbouncer=true)
  std::vector<std::string> warnings;
};

/// Accepts postgres:// and postgresql:// URLs and libpq keyword strings ("host=… dbname=…"). Errors have class config and
/// never repeat the text.
base::Result<ConnectionTarget> parse_connection(const std::string& text);

}  // namespace tidegate::services::db
