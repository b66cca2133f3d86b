// SPDX-License-Identifier: Apache-2.0
//
// The stage type apply.prisma: what the host calls. Owned by the host through the SDK's adapter; stage thread.
#pragma once
#include <tidegate/plugin.hpp>

namespace tidegate::apply {

sdk::Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type);

}  // namespace tidegate::apply
