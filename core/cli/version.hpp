// SPDX-License-Identifier: Apache-2.0
//
// The version, as CMake's project() has it.
#pragma once

namespace tidegate::cli {

inline constexpr const char* kVersion = TIDEGATE_VERSION;

}  // namespace tidegate::cli
