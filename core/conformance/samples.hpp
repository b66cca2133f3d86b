// SPDX-License-Identifier: Apache-2.0
//
// Settings made up from a stage type's schema, so that a plugin can be checked without a pipeline. Pure functions: any
// thread.
#pragma once
#include <random>

#include "conformance/check.hpp"
#include "manifest/settings.hpp"

namespace tidegate::conformance {

/// Settings in the form that the plugin gets: those of `set`, made-up ones for what else is required, defaults. The
/// error names the setting that nothing could be made up for.
base::Result<base::Value> plain_settings(const manifest::StageType& type, const CheckOptions& options);

/// The same with every setting that `random` picks made up.
base::Result<base::Value> random_settings(const manifest::StageType& type, const CheckOptions& options, std::mt19937& random);

}  // namespace tidegate::conformance
