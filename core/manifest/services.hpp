// SPDX-License-Identifier: Apache-2.0
//
// The ids of the services that this host has: what a manifest may ask for, and what the host makes tables of. Immutable:
// any thread.
#pragma once
#include <tidegate/services.h>

#include <array>
#include <string>
#include <vector>

namespace tidegate::manifest {

inline constexpr std::array kServices{TG_LOG, TG_CONTROL, TG_CONFIG, TG_CONTEXT, TG_SECRETS, TG_DB, TG_HTTP, TG_PROCESS, TG_STAGES, TG_SCRATCH};

inline std::vector<std::string> service_ids() { return {kServices.begin(), kServices.end()}; }

}  // namespace tidegate::manifest
