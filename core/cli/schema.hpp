// SPDX-License-Identifier: Apache-2.0
//
// The pipeline file's format as editors and readers want it: a JSON Schema with the settings of the plugins found, and
// the reference's tables. Both are read off the tables that parse the file. Pure functions; any thread.
#pragma once
#include <string>
#include <vector>

#include "loader/registry.hpp"

namespace tidegate::cli {

/// JSON Schema, draft 2020-12. What it refuses, `validate` refuses too.
base::Value pipeline_schema(const std::vector<loader::Plugin>& plugins);

/// The keys of each section as tables in Markdown.
std::string pipeline_reference();

}  // namespace tidegate::cli
