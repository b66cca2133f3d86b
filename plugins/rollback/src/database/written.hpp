// SPDX-License-Identifier: Apache-2.0
//
// Rows that were written since a migration into what undoing it takes away: a table that is dropped, a column whose value
// is not its default's. Told by the rows' own transactions: they are younger than that of the history's row. Stage thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/history.hpp"

namespace tidegate::rollback {

struct Written {
  std::string what;        ///< "public.orders", "public.orders.total"
  std::int64_t rows = 0;   ///< at most kMostCounted, which then means as many or more; -1: could not be counted, and why
  std::string why;
};
inline constexpr std::int64_t kMostCounted = 1000;

/// `row`: the id of the migration's row in the history. `statements`: the way back. Only what has rows is listed. Each count
/// is given up after five seconds.
sdk::Result<std::vector<Written>> rows_written(sdk::Db& db, const migrations::HistoryPlace& place, const std::string& row,
                                               const std::vector<std::string>& statements);

}  // namespace tidegate::rollback
