// SPDX-License-Identifier: Apache-2.0
#include "run/outcome.hpp"

#include <array>

namespace tidegate::run {

using base::Status;

std::string_view name_of(Outcome outcome) {
  constexpr std::array<std::string_view, 8> names = {"succeeded", "not_started", "blocked",         "failed",
                                                     "rolled_back", "kept",      "rollback_failed", "cancelled"};
  return names[static_cast<std::size_t>(outcome)];
}

End end_before_change(const base::Error& error) {
  switch (error.code) {
    case Status::config:
    case Status::not_found:
    case Status::unsupported: return {Outcome::not_started, kExitUsage};
    case Status::unavailable: return {Outcome::not_started, kExitUnreachable};
    case Status::locked: return {Outcome::not_started, kExitLocked};
    case Status::internal: return {Outcome::not_started, kExitBug};
    case Status::ok:
    case Status::failed:
    case Status::cancelled:
    case Status::deadline:
    case Status::conflict:
    case Status::denied: break;
  }
  return {Outcome::blocked, kExitBlocked};
}

int exit_for(const base::Error& error) { return end_before_change(error).exit; }

}  // namespace tidegate::run
