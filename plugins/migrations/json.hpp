// SPDX-License-Identifier: Apache-2.0
//
// Writing JSON by hand where a thousand rows must cost nothing to speak of. Pure: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::migrations {

/// Appends the text as a JSON string. Bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);
std::string json_list(const std::vector<std::string>& texts);

}  // namespace tidegate::migrations
