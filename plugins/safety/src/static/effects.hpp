// SPDX-License-Identifier: Apache-2.0
//
// The answer of tidegate.effects/1: what each pending statement locks, reads and rewrites, with the sizes that the server knows.
// Stage thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/pending.hpp"

namespace tidegate::safety {

sdk::Result<std::string> effects_of_pending(const sdk::Host& host, const std::vector<migrations::PendingMigration>& pending);

}  // namespace tidegate::safety
