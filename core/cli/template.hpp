// SPDX-License-Identifier: Apache-2.0
//
// The templates of `plugin new`: text with words to fill in and parts for some of them alone. Pure functions: any thread.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tidegate::cli {

/// Fills in a template. `@key@` becomes the value of the key. Lines from "@if A B@" to "@end@" stay when A or B is in `is`;
/// such parts may stand in one another. The error names the line of a key that has no value or of a part without an end.
base::Result<std::string> fill_template(std::string_view text, const std::map<std::string, std::string>& values,
                                        const std::set<std::string>& is);

/// "working_hours" to "WorkingHours".
std::string camel_case(std::string_view name);

}  // namespace tidegate::cli
