// SPDX-License-Identifier: Apache-2.0
//
// A stage whose plugin runs in a process of its own: the Stage interface in front of a worker. What the plugin may do is
// as in the host's process; a crash, a hang or output without end is a failed call, and the next call starts another
// worker. Main thread, except cancel.
#pragma once
#include "loader/registry.hpp"
#include "stage/local_stage.hpp"

namespace tidegate::worker {

/// Starts the worker and makes the plugin's instance in it. `program`: the worker's executable. `plugin` is one of the
/// registry's, which outlives the stage.
base::Result<std::unique_ptr<stage::Stage>> make_worker_stage(const std::string& program, const loader::Registry& registry,
                                                              const loader::Plugin& plugin, services::Shared& shared,
                                                              stage::LocalStageOptions options);

}  // namespace tidegate::worker
