// SPDX-License-Identifier: Apache-2.0
//
// Settings laid over each other and their variables. Private to the layer. Pure functions: any thread.
#pragma once
#include <string>
#include <vector>

#include "manifest/model.hpp"
#include "pipeline/read.hpp"

namespace tidegate::pipeline {

/// `over` wins; tables are merged key by key, lists are replaced.
base::Value merged(const base::Value& under, const base::Value& over);

/// As expand, but an undefined variable has class not_found, so that it can be told from a reference written wrongly.
base::Result<std::string> expand_or_tell(std::string_view text, const base::Environment& variables, const base::Place& where);

struct Expanded {
  base::Value values;                  ///< the settings; those in `lost` are left out
  std::vector<base::Error> undefined;  ///< one for each text that could not be expanded
  std::vector<std::string> lost;       ///< top-level settings that hold such a text
};
/// Expands `${VAR}` in every text; secrets keep theirs, but their variables are looked up too.
Expanded expand_settings(const base::Value& given, const manifest::StageType& type, const base::Environment& variables);

/// Lays [with] under each stage and each notification, and `--set` over all; reports names that nothing has.
void apply_defaults_and_overrides(Reading& reading, const Catalogue& catalogue, const Overrides& overrides);

/// The file named in messages about values from the command line.
inline constexpr std::string_view kCommandLine = "--set";

}  // namespace tidegate::pipeline
