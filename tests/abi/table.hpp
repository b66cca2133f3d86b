// SPDX-License-Identifier: Apache-2.0
//
// The layout of every struct that crosses the plugin boundary, as this build has it. Pure data: any thread.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

struct Row {
  std::string type, field;  ///< field "" is the struct itself
  std::size_t offset, size;
};

std::vector<Row> layout();

/// One row of the table file: "tg_run flags 4 4"; the struct itself: "tg_run - 0 72".
std::string to_text(const Row& row);
