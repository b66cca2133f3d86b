// SPDX-License-Identifier: Apache-2.0
//
// tidegate.lint/1: files and folders to findings, and the same for what is pending in a run. Stage thread.
#pragma once
#include <string>
#include <tidegate/plugin.hpp>

#include "migrations/pending.hpp"
#include "static/settings.hpp"

namespace tidegate::safety {

/// Arguments and answer of the method `files`. With "connection": true the facts are those of connection main.
sdk::Result<std::string> lint_files(const sdk::Host& host, std::string_view arguments_json);

/// The findings about what is pending, reported. Facts are the target's, when it can be asked.
sdk::Result<sdk::Verdict> check_pending_sql(const sdk::Host& host, const std::vector<migrations::PendingMigration>& pending, sdk::Report& report);

}  // namespace tidegate::safety
