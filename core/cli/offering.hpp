// SPDX-License-Identifier: Apache-2.0
//
// For commands that ask one stage by its extension. Main thread.
#pragma once
#include <memory>
#include <string_view>

#include "cli/compose.hpp"

namespace tidegate::cli {

/// What to do where the pipeline has no such stage, and how to say it.
struct Otherwise {
  const char* bundled;       ///< the bundled pipeline that has one
  const char* does;          ///< "checks SQL files"
  const char* option;        ///< that names a pipeline
  bool replaces_own = false;  ///< also where the project has a file of its own: its connection and settings do not count then
};

/// The pipeline's own stage is asked, with its settings; where there is none and no pipeline was named, that of a bundled
/// one. Null with the exit code, and the error printed, when nobody offers it. `late`: connect only when the stage does.
std::unique_ptr<Job> job_offering(std::string_view extension, const Otherwise& otherwise, const Options& options, bool late, int& exit_code);

}  // namespace tidegate::cli
