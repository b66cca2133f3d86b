// SPDX-License-Identifier: Apache-2.0
//
// Whether what answers is PostgreSQL itself, or a pooler that gives a session's backend to others between two transactions
// (PgBouncer's pool_mode "transaction"), where a session's lock ends up in a backend that nobody can reach again. Thread of
// the session.
#pragma once
#include <functional>
#include <memory>

#include "services/db/session.hpp"

namespace tidegate::run {

/// Another session of the same target.
using OpenAnother = std::function<base::Result<std::unique_ptr<services::db::Session>>()>;

/// The backend behind the session, as the server has it.
base::Result<int> backend_behind(services::db::Session& session);
/// The same, where it is the session's alone. Costs one round trip where nothing is in between. Behind a pooler it
/// is found out with up to three more sessions whether the backend is kept. unsupported: it is not.
base::Result<int> backend_of_its_own(services::db::Session& session, const OpenAnother& another);

/// The error that says so.
base::Error behind_a_pooler(const services::db::ConnectionTarget& target);

}  // namespace tidegate::run
