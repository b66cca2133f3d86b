// SPDX-License-Identifier: Apache-2.0
//
// The scratch copy: the target's schema without its rows, on a private server of the same major version. Stage thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/services.hpp>

namespace tidegate::rehearse {

struct Copy {
  sdk::Db db;
  std::string fresh_session;  ///< SQL: back to a session as a migration finds it, with the target's search_path
};

/// A session on the copy, fresh. The target is read by pg_dump (of the scratch server's own
/// version) and otherwise left alone. An error says why there is no copy: no server programs of that version, an extension
/// that is not installed here, something that the role may not read.
sdk::Result<Copy> scratch_copy(const sdk::Host& host, sdk::Db& target);

/// A dump as one simple-query message: without psql's commands. Pure.
std::string without_psql_commands(std::string_view dump);

}  // namespace tidegate::rehearse
