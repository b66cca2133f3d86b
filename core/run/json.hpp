// SPDX-License-Identifier: Apache-2.0
//
// Value to JSON text and back; the one place of the host's core that knows nlohmann-json. Pure functions: any thread.
#pragma once
#include <string>
#include <string_view>

#include "base/value.hpp"

namespace tidegate::run {

/// One line, keys in the table's order; invalid UTF-8 becomes U+FFFD.
std::string to_json(const base::Value& value);
base::Result<base::Value> from_json(std::string_view text);

}  // namespace tidegate::run
