// SPDX-License-Identifier: Apache-2.0
//
// How a run can end, and the exit code of each end: the one table (docs/commands.md shows it). Pure: any thread.
#pragma once
#include <string_view>

#include "base/error.hpp"

namespace tidegate::run {

enum class Outcome { succeeded, not_started, blocked, failed, rolled_back, kept, rollback_failed, cancelled };
std::string_view name_of(Outcome outcome);

/// Exit codes that are not an outcome's own.
inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitBlocked = 3;
inline constexpr int kExitFailed = 4;
inline constexpr int kExitKept = 5;
inline constexpr int kExitUnreachable = 6;
inline constexpr int kExitLocked = 7;
inline constexpr int kExitBug = 70;

/// The end of a run that stopped before its first change because of this error.
struct End {
  Outcome outcome = Outcome::succeeded;
  int exit = kExitOk;
};
End end_before_change(const base::Error& error);
/// A command that only asks (status, plan, resolve) ends with the same codes.
int exit_for(const base::Error& error);

}  // namespace tidegate::run
