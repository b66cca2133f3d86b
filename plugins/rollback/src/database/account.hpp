// SPDX-License-Identifier: Apache-2.0
//
// What the history is told when a migration is undone: Prisma's row is marked as rolled back, by which Prisma and
// apply.prisma see the migration as pending again. While a file runs in parts its row is unfinished, which both take for
// a failed migration. Stage thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/account.hpp"
#include "migrations/history.hpp"

namespace tidegate::rollback {

/// A row that says that the migration is applied.
struct AppliedRow {
  std::string id;
  std::string finished_at;  ///< as a literal that PostgreSQL reads back to the microsecond
};

class Undoing final : public migrations::Account {
 public:
  /// `rows`: all of this name, usually one. `by_file`: by its down.sql.
  Undoing(sdk::Db& db, const migrations::HistoryPlace& place, const std::string& name, const std::vector<AppliedRow>& rows, bool by_file);
  [[nodiscard]] std::string done_whole() const override;
  [[nodiscard]] std::string open() const override;
  [[nodiscard]] std::string close() const override;
  [[nodiscard]] std::string abandon() const override;
  [[nodiscard]] std::string note(const std::string& logs_literal) const override;
  [[nodiscard]] std::string ending() const override;
  [[nodiscard]] std::string subject() const override;
  [[nodiscard]] std::string code() const override;
  [[nodiscard]] std::string nothing_stands() const override;
  [[nodiscard]] std::string row_is_left() const override;
  [[nodiscard]] std::string after_leftovers() const override;
  [[nodiscard]] std::string after_parts(std::uint32_t line) const override;
  [[nodiscard]] std::string after_unknown() const override;
  [[nodiscard]] std::string after_lost_parts() const override;
  [[nodiscard]] std::string after_lost_done() const override;

 private:
  const std::string& table_;
  std::string name_, its_rows_, finished_again_, first_;
  std::string as_undone_, as_applied_;
  bool by_file_;
};

}  // namespace tidegate::rollback
