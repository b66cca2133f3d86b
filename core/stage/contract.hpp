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

/// The request as tg_run::flags.
std::uint32_t flags_of(const Request& request);

/// Why a stage is not asked for an extension: it does not offer it, or is in the middle of a call; nullopt: it may be.
std::optional<base::Error> refuse_call(const std::string& stage_id, bool offered, bool busy, std::string_view extension);

}  // namespace tidegate::stage
