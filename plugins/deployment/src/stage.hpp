// SPDX-License-Identifier: Apache-2.0
//
// The factory of this plugin's stage types. Called by the host; stage thread.
#pragma once
#include <memory>
#include <tidegate/plugin.hpp>

namespace tidegate::deployment {

sdk::Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type);

}  // namespace tidegate::deployment
