// SPDX-License-Identifier: Apache-2.0
//
// `when` from the file's values. Private to the layer. Pure function: any thread.
#pragma once
#include <string>
#include <vector>

#include "pipeline/model.hpp"

namespace tidegate::pipeline {

/// `table`: context keys, also as nested tables (environment.name without quotes), with what they must be.
std::vector<Condition> read_conditions(const base::Value& table, const std::string& stage, std::vector<base::Error>& errors,
                                       std::vector<base::Error>& warnings);

}  // namespace tidegate::pipeline
