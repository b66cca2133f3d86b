// SPDX-License-Identifier: Apache-2.0
//
// A statement of the journal and its rows as text. Thread of the session.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "services/db/session.hpp"

namespace tidegate::run {

using Row = std::vector<std::string>;  ///< NULL is ""
using Parameters = std::vector<std::optional<std::string>>;

base::Result<std::vector<Row>> rows_of(services::db::Session& session, const std::string& sql, const Parameters& parameters,
                                       base::Deadline deadline);
/// Several statements in one message and so in one transaction; the rows of all of them.
base::Result<std::vector<Row>> rows_of_script(services::db::Session& session, const std::string& sql, base::Deadline deadline);

/// The text list of a JSON array.
std::vector<std::string> texts_of(const base::Value& list);
/// JSON that jsonb takes: it has no U+0000.
std::string storable_json(base::Value value);

/// SQL for a timestamptz as RFC 3339 in UTC.
std::string rfc3339_sql(const std::string& expression);

}  // namespace tidegate::run
