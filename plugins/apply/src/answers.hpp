// SPDX-License-Identifier: Apache-2.0
//
// The answers of the extensions tidegate.history/1 and tidegate.plan/1 as JSON. Pure: any thread.
#pragma once
#include <string>
#include <vector>

#include "project.hpp"

namespace tidegate::apply {

/// `rows`: with the applied ones. `newest`: with that many of the table's last rows, whatever became of them.
std::string list_json(const History& history, const Comparison& comparison, bool rows = true, std::size_t newest = 0);
/// Reads the texts that were not kept.
sdk::Result<std::string> plan_json(std::vector<Work>& works, const migrations::Folder& folder);

}  // namespace tidegate::apply
