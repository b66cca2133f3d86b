// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows toml++: a document as a Value tree with places. Pure function: any thread.
#pragma once
#include <string>
#include <string_view>

#include "base/value.hpp"

namespace tidegate::manifest {

/// Dates and times become text. A syntax error has its line and column.
base::Result<base::Value> parse_toml(std::string_view text, const std::string& file);

}  // namespace tidegate::manifest
