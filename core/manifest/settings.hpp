// SPDX-License-Identifier: Apache-2.0
//
// Checks the settings that a pipeline gives a stage against the type's schema and fills in defaults. Pure functions:
// any thread.
#pragma once
#include <string>
#include <vector>

#include "manifest/model.hpp"

namespace tidegate::manifest {

struct CheckedSettings {
  base::Value values;               ///< a table: durations as ms, sizes as bytes, defaults filled in; secrets left as written
  std::vector<base::Error> errors;  ///< unknown keys (with the nearest name), wrong types and values, missing ones; all of them
  std::vector<base::Error> warnings;  ///< deprecated settings
};

/// `given`: a table, possibly with `${VAR}` already expanded. `where`: the place blamed for a missing setting.
/// Relative texts of settings with `path` are joined to the folder of the file in their `where`, or to
/// `working_folder` when that file is empty or `bundled`.
CheckedSettings check_settings(const StageType& type, const base::Value& given, const base::Place& where,
                               const std::string& working_folder);

/// Turns text, as a command line gives it (`--set`), into the value that the setting's type wants; text that does not
/// fit stays text, so that check_settings names the mistake.
base::Value setting_from_text(const Setting& setting, const std::string& text);

}  // namespace tidegate::manifest
