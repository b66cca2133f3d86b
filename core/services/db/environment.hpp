// SPDX-License-Identifier: Apache-2.0
//
// A connection as environment variables of another program, so that its password is on no command line. Reads the PG…
// environment for what the connection leaves open, as libpq does; any thread.
#pragma once
#include <string>
#include <vector>

#include "services/db/url.hpp"

namespace tidegate::services::db {

/// Takes the place of what `environment` ("NAME=value" each) says of the connection. `name`: the variable that gets the
/// text as it was given; empty: libpq's own variables, each parameter in its own.
void add_connection(const ConnectionTarget& target, const std::string& name, std::vector<std::string>& environment);

}  // namespace tidegate::services::db
