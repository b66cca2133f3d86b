// SPDX-License-Identifier: Apache-2.0
//
// JSON pointers (RFC 6901) that answer with text, and with nothing instead of an exception. Pure functions: any thread.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::health {

/// "" or steps that begin with a slash; a tilde only as ~0 and ~1.
bool is_pointer(std::string_view text);

/// The value there: text as it is, anything else as JSON. nullopt when nothing is there.
std::optional<std::string> text_at(const nlohmann::json& document, std::string_view pointer);

}  // namespace tidegate::health
