// SPDX-License-Identifier: Apache-2.0
//
// Finds the file of a program as a shell would, and says why there is none. Reads the file system; any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tidegate::services::process {

/// The file to execute for `name`. With a slash it is that file, relative to `cwd` (empty: the working folder);
/// otherwise the first executable of that name in PATH. Empty and relative entries of PATH are passed over: a program
/// is not picked up from the folder that a deploy happens to run in.
base::Result<std::string> find_program(const std::string& name, const std::string& cwd, std::string_view path);

/// The value of PATH in "NAME=value" entries, or the host's own.
std::string path_of(const std::vector<std::string>& env);

}  // namespace tidegate::services::process
