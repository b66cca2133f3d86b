// SPDX-License-Identifier: Apache-2.0
//
// How a migration ended whose connection was lost in the middle: asked on a second session, once the backend that ran
// it is surely gone. Stage thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>

#include "history.hpp"

namespace tidegate::apply {

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

/// Ends that backend if it is still there, and reads what its history row says. `logs` is noted in a row that stays open.
Lost find_out(const sdk::Host& host, const Place& place, const Backend& backend, const std::string& row_id, const std::string& logs);

}  // namespace tidegate::apply
