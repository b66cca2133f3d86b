// SPDX-License-Identifier: Apache-2.0
//
// What the history is told when a migration is undone: Prisma's row is marked as rolled back, by which Prisma and
// apply.prisma see the migration as pending again. While a file runs in parts its row is unfinished, which both take for
// a failed migration. Stage thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <tidegate/services.hpp>
#include <vector>

#include "database/inverse.hpp"
#include "migrations/account.hpp"
#include "migrations/history.hpp"
#include "migrations/resume.hpp"

namespace tidegate::rollback {

/// A row that says that the migration is applied.
struct AppliedRow {
  std::string id;
  std::string finished_at;  ///< as a literal that PostgreSQL reads back to the microsecond
};

/// A way back that runs in parts and was cut off, as its row says in `logs`.
struct HalfUndone {
  AppliedRow row;
  std::string way;  ///< identifies the SQL that was run (way_id)
  migrations::Progress progress;
};
/// nullopt: the row is of something else.
std::optional<HalfUndone> half_undone(const migrations::HistoryRow& row);
/// Of the text of a way back.
std::string way_id(std::string_view text);

class Undoing final : public migrations::Account {
 public:
  /// `rows`: all of this name, usually one.
  Undoing(sdk::Db& db, const migrations::HistoryPlace& place, const Inverse& inverse, const std::vector<AppliedRow>& rows);
  [[nodiscard]] std::string done_whole() const override;
  [[nodiscard]] std::string open() const override;
  [[nodiscard]] std::string close() const override;
  [[nodiscard]] std::string abandon() const override;
  [[nodiscard]] std::string note(const std::string& logs_literal) const override;
  [[nodiscard]] std::string progress(std::size_t done, std::size_t of, const std::string& why) const override;
  [[nodiscard]] std::string ending() const override;
  [[nodiscard]] std::string subject() const override;
  [[nodiscard]] std::string code() const override;
  [[nodiscard]] std::string nothing_stands() const override;
  [[nodiscard]] std::string row_is_left() const override;
  [[nodiscard]] std::string after_leftovers() const override;
  [[nodiscard]] std::string after_parts(std::uint32_t line, bool goes_on) const override;
  [[nodiscard]] std::string after_unknown() const override;
  [[nodiscard]] std::string after_lost_parts() const override;
  [[nodiscard]] std::string after_lost_done() const override;

 private:
  sdk::Db& db_;
  const std::string& table_;
  std::string begun_;  // what `logs` says in front of the progress
  std::string name_, its_rows_, finished_again_, first_;
  std::string as_undone_, as_applied_;
  bool by_file_;
};

}  // namespace tidegate::rollback
