// SPDX-License-Identifier: Apache-2.0
//
// The patterns that manifests give for texts. Each is compiled once a process: that costs as much as the rest of a small
// manifest, and plugins have the same ones in common. Any thread.
#pragma once
#include <optional>
#include <string>

namespace tidegate::manifest {

/// Why this is no regular expression; nullopt when it is one.
std::optional<std::string> wrong_with_pattern(const std::string& pattern);
/// The whole text matches. False as well for a text that is too long or too complex to say.
bool matches_pattern(const std::string& pattern, const std::string& text);

}  // namespace tidegate::manifest
