// SPDX-License-Identifier: Apache-2.0
//
// What libpq is told of a target besides the target's own words: keepalives, encoding, which of several servers. Plain
// values: any thread.
#pragma once
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "services/db/url.hpp"

namespace tidegate::services::db {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The target's own come first and are never overruled.
Parameters parameters_for(const ConnectionTarget& target, const std::string& application_name);

/// How long connecting may take: the URL's connect_timeout, else PGCONNECT_TIMEOUT, else `otherwise`; 0 in the URL: no limit.
std::chrono::milliseconds connect_timeout_of(const ConnectionTarget& target, std::chrono::milliseconds otherwise);

}  // namespace tidegate::services::db
