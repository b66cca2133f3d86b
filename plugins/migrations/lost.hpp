// SPDX-License-Identifier: Apache-2.0
//
// How a migration ended whose connection was lost in the middle: asked on a second session, once the backend that ran
// it is surely gone. Stage thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>

#include "migrations/account.hpp"

namespace tidegate::migrations {

/// A server process; its pid alone may have been given to another since.
struct Backend {
  std::int32_t pid = 0;
  std::string started;  ///< as kBackendStart says; empty: not known
};

enum class Ending { unknown, nothing_stands, in_parts, committed };
struct Lost {
  Ending ending = Ending::unknown;
  std::string problem;  ///< why it is unknown, when something says so
};

/// Ends that backend if it is still there, and reads what the history says. `logs`, unless empty, is noted in a
/// row that stays open.
Lost find_out(const sdk::Host& host, const Backend& backend, const Account& account, const std::string& logs);

}  // namespace tidegate::migrations
