// SPDX-License-Identifier: Apache-2.0
//
// The platforms, each from its stage's settings; an error of class config says what is wrong with them. Stage thread.
#pragma once
#include <memory>
#include <tidegate/services.hpp>

#include "platform.hpp"

namespace tidegate::deployment {

sdk::Result<std::unique_ptr<Platform>> make_kubernetes(sdk::Host host);
sdk::Result<std::unique_ptr<Platform>> make_netlify(sdk::Host host);
sdk::Result<std::unique_ptr<Platform>> make_render(sdk::Host host);

}  // namespace tidegate::deployment
