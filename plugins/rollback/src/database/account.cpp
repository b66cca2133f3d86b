// SPDX-License-Identifier: Apache-2.0
#include "database/account.hpp"

#include "migrations/checksum.hpp"

namespace tidegate::rollback {
namespace {

constexpr std::string_view kUndoing = "undoing what was finished at ";
constexpr std::string_view kBy = ", by ";
constexpr std::size_t kIdLength = 16;

}  // namespace

std::string way_id(std::string_view text) {
  return migrations::checksum(text).substr(0, kIdLength);
}

std::optional<HalfUndone> half_undone(const migrations::HistoryRow& row) {
  const std::string_view logs = row.logs;
  if (!row.failed() || !logs.starts_with(kUndoing)) return std::nullopt;
  const auto by = logs.find(kBy);
  const auto end = logs.find(": ", by == std::string_view::npos ? logs.size() : by);
  if (end == std::string_view::npos) return std::nullopt;
  const auto progress = migrations::progress_of(logs.substr(end + 2));
  if (!progress) return std::nullopt;
  return HalfUndone{{row.id, std::string(logs.substr(kUndoing.size(), by - kUndoing.size()))}, std::string(logs.substr(by + kBy.size(), end - by - kBy.size())), *progress};
}

Undoing::Undoing(sdk::Db& db, const migrations::HistoryPlace& place, const Inverse& inverse, const std::vector<AppliedRow>& rows)
    : db_(db), table_(place.table), name_(inverse.name), by_file_(inverse.by_file) {
  const auto& name = name_;
  if (rows.size() == 1)
    begun_.append(kUndoing).append(rows.front().finished_at).append(kBy).append(way_id(inverse.text)).append(": ");
  std::string ids, values;
  for (const auto& row : rows) {
    const std::string id = db.literal(row.id);
    if (first_.empty()) first_ = id;
    ids += (ids.empty() ? "" : ",") + id;
    values += (values.empty() ? "(" : ",(") + id + "," + db.literal(row.finished_at) + ")";
  }
  its_rows_ = " WHERE id IN (" + ids + ")";
  finished_again_ = "finished_at = was.finished::timestamptz FROM (VALUES " + values + ") AS was(id, finished) WHERE history.id = was.id;";
  as_undone_ = "`tidegate resolve --rolled-back " + name + "`";
  as_applied_ = "`tidegate resolve --applied " + name + "`";
}

std::string Undoing::done_whole() const {
  return "UPDATE " + table_ + " SET rolled_back_at = pg_catalog.clock_timestamp()" + its_rows_ + ";";
}
std::string Undoing::open() const {
  return "UPDATE " + table_ + " SET finished_at = NULL" + its_rows_ + ";";
}
std::string Undoing::close() const {
  return "UPDATE " + table_ + " AS history SET rolled_back_at = pg_catalog.clock_timestamp(), logs = NULL, " + finished_again_;
}
std::string Undoing::abandon() const {
  return "UPDATE " + table_ + " AS history SET logs = NULL, " + finished_again_;
}
std::string Undoing::note(const std::string& logs_literal) const {
  return "UPDATE " + table_ + " SET logs = " + logs_literal + its_rows_ + ";";
}
std::string Undoing::progress(std::size_t done, std::size_t of, const std::string& why) const {
  return begun_.empty() ? std::string() : note(db_.literal(begun_ + migrations::progress_text(done, of, why)));
}
std::string Undoing::ending() const {
  return "SELECT CASE WHEN rolled_back_at IS NOT NULL THEN 'done' WHEN finished_at IS NULL THEN 'open' ELSE 'applied' END FROM " + table_ +
         " WHERE id = " + first_;
}

std::string Undoing::subject() const {
  return (by_file_ ? "the down.sql of migration " : "the derived way back of migration ") + name_;
}
std::string Undoing::code() const {
  return "";
}
std::string Undoing::nothing_stands() const {
  return "nothing of it was done, so the migration stands as it did";
}
std::string Undoing::row_is_left() const {
  return as_applied_ + ", since the migration stands";
}
std::string Undoing::after_leftovers() const {
  return "then " + as_undone_ + " when all of the migration is undone, or " + as_applied_ + " when it stands";
}
std::string Undoing::after_parts(std::uint32_t line, bool goes_on) const {
  return std::string(goes_on ? "when the cause is gone, `tidegate run` goes on there; or " : "") + "run the rest of it from line " + std::to_string(line) + " by hand and " + as_undone_ + ", or take back what it did and " +
         as_applied_;
}
std::string Undoing::after_unknown() const {
  return after_leftovers();
}
std::string Undoing::after_lost_parts() const {
  return "look at what is undone; then " + as_undone_ + " or " + as_applied_;
}
std::string Undoing::after_lost_done() const {
  return "run it again: what is not undone yet will be";
}

}  // namespace tidegate::rollback
