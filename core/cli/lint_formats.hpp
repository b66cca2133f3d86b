// SPDX-License-Identifier: Apache-2.0
//
// The answer of tidegate.lint/1 as other tools read it: SARIF 2.1.0 for code scanning, annotations for GitHub Actions.
// Pure: any thread.
#pragma once
#include <string>

#include "base/value.hpp"

namespace tidegate::cli {

/// A whole SARIF log. Paths are from `folder`, percent-encoded.
base::Value sarif_of(const base::Value& answer, const std::string& folder);
/// Workflow commands, a line each; advice is left out.
std::string github_annotations_of(const base::Value& answer, const std::string& folder);

}  // namespace tidegate::cli
