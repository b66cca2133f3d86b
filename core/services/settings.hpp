// SPDX-License-Identifier: Apache-2.0
//
// Finds the schema of a setting by the path that a plugin asks for, so that secrets are kept apart from other
// settings down to single elements. Pure functions: any thread.
#pragma once
#include <string_view>

#include "base/redact.hpp"
#include "manifest/model.hpp"

namespace tidegate::services {

/// The schema of "a.0.b"; null for the root, for a path that the schema does not know, and inside a table of free keys.
const manifest::Setting* setting_at(const manifest::StageType& type, std::string_view path);

/// Makes every text of a sensitive setting known to the redactor. Secrets are added when they are read.
void hide_sensitive(const manifest::StageType& type, const base::Value& config, base::Redactor& redactor);

}  // namespace tidegate::services
