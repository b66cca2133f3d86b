// SPDX-License-Identifier: Apache-2.0
//
// The version, as CMake's project() has it, and what it was built from and how. Constants: any thread.
#pragma once
#include <string>

namespace tidegate::cli {

inline constexpr const char* kVersion = TIDEGATE_VERSION;

/// {"version","commit","abi":{"major","minor"},"build_type","flags","compiler","portable"}; the commit is "unknown" where it was built
/// without its git repository.
std::string version_json();

}  // namespace tidegate::cli
