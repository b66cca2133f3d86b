// SPDX-License-Identifier: Apache-2.0
//
// rollback.database: undoes migrations by their inverses, as a stage of a run that failed and for the command rollback.
// Made by make() for the host, which owns it; stage thread.
#pragma once
#include <memory>
#include <tidegate/plugin.hpp>

namespace tidegate::rollback {

std::unique_ptr<sdk::Stage> make_database(sdk::Host host);

}  // namespace tidegate::rollback
