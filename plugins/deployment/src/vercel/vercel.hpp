// SPDX-License-Identifier: Apache-2.0
//
// Vercel as a Platform: instant rollback re-points the production domains to an earlier deployment, without a build.
// Stage thread.
#pragma once
#include <memory>
#include <tidegate/services.hpp>

#include "platform.hpp"

namespace tidegate::deployment::vercel {

/// From the settings token, project, team, base_url, request_timeout, attempts, wait and every.
sdk::Result<std::unique_ptr<Platform>> make_platform(sdk::Host host);

}  // namespace tidegate::deployment::vercel
