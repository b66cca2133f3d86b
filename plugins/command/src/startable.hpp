// SPDX-License-Identifier: Apache-2.0
//
// Whether a program is there to be started, looked at before the run says that it changes something: what cannot even
// start has changed nothing. The host looks again when it starts it. Reads the file system; any thread.
#pragma once
#include <optional>
#include <string>
#include <tidegate/result.hpp>

namespace tidegate::command {

/// `path`: the PATH of the program's own environment. nullopt: nothing stands against it.
std::optional<sdk::Error> why_not_startable(const std::string& program, const std::string& folder, const std::string& path);

}  // namespace tidegate::command
