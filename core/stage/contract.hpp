// SPDX-License-Identifier: Apache-2.0
//
// The contract of each kind: what it may do to the database and what it may conclude. Pure functions: any thread.
#pragma once
#include "stage/stage.hpp"

namespace tidegate::stage {

/// The most that a stage of this kind gets; a dry run never gets more than read.
services::Access access_of(manifest::Kind kind, bool dry);

/// Holds the kind's contract against what a plugin answered: a missing verdict, an unknown one, or a block from a kind
/// that may not block becomes an error of class internal that names the plugin's bug.
Outcome enforce(manifest::Kind kind, const std::string& stage_id, Outcome answer);

}  // namespace tidegate::stage
