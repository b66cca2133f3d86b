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
  base::Value values;                 ///< a table: durations as ms, sizes as bytes, defaults filled in; secrets left as written
  std::vector<base::Error> errors;    ///< unknown keys (with the nearest name), wrong types and values, missing ones; all of them
  std::vector<base::Error> warnings;  ///< deprecated settings
};

/// `given`: a table, possibly with `${VAR}` already expanded. `where`: the place blamed for a missing setting.
/// Relative texts of settings with `path` are joined to the folder of the file in their `where`, or to
/// `working_folder` when that file is empty or starts with `bundled`; so are those of defaults.
///
/// What a setting that was not given becomes: its default; nothing when it has none. The fields of a table that was
/// not given are not filled in.
CheckedSettings check_settings(const StageType& type, const base::Value& given, const base::Place& where,
                               const std::string& working_folder);

/// One value against one setting, as check_settings does for each: the value in the form that the plugin gets.
/// `name` is how messages call it. Adds to `errors`.
base::Value check_value(const Setting& setting, const std::string& name, const base::Value& given, const std::string& working_folder,
                        std::vector<base::Error>& errors);

/// Turns text, as a command line gives it (`--set`) or a `${VAR}` expands to, into the value that the setting's type
/// wants; text that does not fit stays text, so that check_settings names the mistake. Lists are split at commas.
base::Value setting_from_text(const Setting& setting, const std::string& text);

}  // namespace tidegate::manifest
