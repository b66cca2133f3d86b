// SPDX-License-Identifier: Apache-2.0
//
// A stage whose plugin runs in this process: the C table of the plugin behind the Stage interface. Main thread.
#pragma once
#include "stage/stage.hpp"

namespace tidegate::stage {

struct LocalStageOptions {
  std::string id;
  manifest::Kind kind = manifest::Kind::detect;
  const manifest::StageType* type = nullptr;  ///< outlives the stage
  base::Value config;                         ///< checked settings
  std::vector<std::string> granted;           ///< service ids
};

/// Calls the plugin's create. The error is the plugin's own, or says what it did wrong.
base::Result<std::unique_ptr<Stage>> make_local_stage(const tg_plugin_entry& entry, services::Shared& shared, LocalStageOptions options);

}  // namespace tidegate::stage
