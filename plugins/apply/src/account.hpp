// SPDX-License-Identifier: Apache-2.0
//
// What the history is told when a migration is applied: Prisma's row, whole or begun and finished. Stage thread.
#pragma once
#include <tidegate/services.hpp>

#include "migrations/account.hpp"
#include "project.hpp"

namespace tidegate::apply {

class Applying final : public migrations::Account {
 public:
  /// Of a migration that was begun before, its row is gone on with.
  Applying(sdk::Db& db, const HistoryPlace& place, const Work& work, std::string_view run);
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
  [[nodiscard]] std::string its_row() const;
  [[nodiscard]] std::string resolve_as(const char* what) const;
  sdk::Db& db_;
  const std::string& table_;
  const Work& work_;
  const std::string id_;
};

}  // namespace tidegate::apply
