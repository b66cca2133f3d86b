// SPDX-License-Identifier: Apache-2.0
//
// Drift, as the history knows it, weighed by the setting `drift`. Stage thread.
#pragma once
#include <tidegate/plugin.hpp>

namespace tidegate::safety {

/// Reports what of the schema is no longer as the last change left it. A history that does not know is no finding.
sdk::Result<sdk::Verdict> check_drift(const sdk::Host& host, sdk::Report& report);

}  // namespace tidegate::safety
