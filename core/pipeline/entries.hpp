// SPDX-License-Identifier: Apache-2.0
//
// One [[stage]], [[rollback]] or [[notify]] from its table. Private to the layer. Pure functions: any thread.
#pragma once
#include "pipeline/read.hpp"

namespace tidegate::pipeline {

Stage read_stage(const base::Value& table, Reading& reading);
Stage read_rollback(const base::Value& table, Reading& reading);
Stage read_notification(const base::Value& table, Reading& reading);

/// The duration at the key, which reading it as 0 would make useless; nullopt without one. `owner`: "stage 'x'".
std::optional<std::chrono::milliseconds> read_duration(const base::Value& table, std::string_view key, const std::string& owner, Reading& reading);

/// The member when it is text; "" otherwise (a wrong type has been reported already).
std::string text_of(const base::Value& table, std::string_view key);
/// The member when it is a table; null otherwise.
const base::Value* table_of(const base::Value& table, std::string_view key);

}  // namespace tidegate::pipeline
