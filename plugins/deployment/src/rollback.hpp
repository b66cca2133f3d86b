// SPDX-License-Identifier: Apache-2.0
//
// A rollback stage for deployments: goes back to the previous one when this run's is the one that is live, and touches
// nothing otherwise. The same for every Platform. Owned by the host; stage thread.
#pragma once
#include <functional>
#include <memory>
#include <tidegate/plugin.hpp>

#include "platform.hpp"

namespace tidegate::deployment {

/// Makes the platform from the settings; an error of class config says what is wrong with them.
using MakePlatform = std::function<sdk::Result<std::unique_ptr<Platform>>(sdk::Host host)>;

/// `platform_key`: what environment.platform is where environment.deployment is an id of this platform's; empty: nowhere.
std::unique_ptr<sdk::Stage> make_rollback(sdk::Host host, std::string platform_key, MakePlatform make_platform);

}  // namespace tidegate::deployment
