// SPDX-License-Identifier: Apache-2.0
//
// The answer of `tidegate plan` (docs/commands.md) and the forms in which it is shown: JSON is the answer itself, the others read
// it. What is not known is absent. Pure but for plan_answer, which asks stages; that on the thread of the job.
#pragma once
#include <string>

#include "base/value.hpp"
#include "cli/compose.hpp"
#include "cli/print.hpp"

namespace tidegate::cli {

/// What stages say more of the pending migrations (tidegate.effects/1, tidegate.undo/1) is asked here; what cannot be known is
/// a warning in `warnings`.
base::Value plan_answer(Job& job, const run::Report& report, std::vector<base::Error>& warnings);

/// For a terminal or a log, `columns` wide.
std::string plan_text(const base::Value& answer, std::size_t columns, const Style& style);

/// For a comment on a pull request: below GitHub's limit of its length, and it says what did not fit.
std::string plan_markdown(const base::Value& answer);

/// Of a statement of the answer, for both: the gravest lock first.
struct StatementRow {
  std::string lock, relation, waits, work, size, time;
};
std::vector<StatementRow> rows_of(const base::Value& statement);
/// The statement on one line.
std::string one_line(const std::string& sql);
/// "exact but column order"
std::string in_words(const std::string& reversible);

}  // namespace tidegate::cli
