// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "cli/fields.hpp"
#include "cli/plan_answer.hpp"
#include "cli/width.hpp"

namespace tidegate::cli {
namespace {

using base::Value;

constexpr std::size_t kShortestStatement = 12, kShortestLock = 20;

std::string padded(const std::string& text, std::size_t columns) {
  const auto width = width_of(text);
  return width < columns ? text + std::string(columns - width, ' ') : text;
}

/// Line, statement, then what it does, a relation a row.
class Grid {
 public:
  void add(const Value& statement, const Style& style) {
    const auto rows = rows_of(statement);
    const auto sql = printable(style.clean(one_line(text_of(statement, "sql"))));
    const bool unknown = statement.find("locks") == nullptr;
    if (rows.empty()) lines_.push_back({std::to_string(number_of(statement, "line")), sql, unknown ? "?" : "", "", "", "", ""});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& r = rows[i];
      lines_.push_back({i == 0 ? std::to_string(number_of(statement, "line")) : "", i == 0 ? sql : "", r.lock + " " + printable(style.clean(r.relation)), r.waits == "reads, writes" ? "all" : r.waits,
                        r.work, r.size, r.time});
    }
  }

  [[nodiscard]] std::string text(std::size_t columns, const Style& style) const {
    static const Line heads{"line", "statement", "lock", "waits", "work", "size", "time"};
    Widths widths{};
    for (std::size_t c = 0; c < kColumns; ++c) {
      for (const auto& line : lines_) widths[c] = std::max(widths[c], width_of(line[c]));
      if (widths[c] > 0) widths[c] = std::max(widths[c], width_of(heads[c]));
    }
    shrink(widths, kStatement, kShortestStatement, columns);
    shrink(widths, kLock, kShortestLock, columns);
    std::string out = style.dim(row(heads, widths)) + "\n";
    for (const auto& line : lines_) out += row(line, widths) + "\n";
    return out;
  }

 private:
  static constexpr std::size_t kColumns = 7, kStatement = 1, kLock = 2;
  using Line = std::array<std::string, kColumns>;
  using Widths = std::array<std::size_t, kColumns>;

  /// One column gives way, down to its shortest, so that a row fits.
  static void shrink(Widths& widths, std::size_t column, std::size_t shortest, std::size_t columns) {
    std::size_t all = 0;
    for (const auto width : widths) all += width > 0 ? width + 2 : 0;
    if (all <= columns || widths[column] <= shortest) return;
    widths[column] = std::max(shortest, widths[column] - std::min(widths[column], all - columns));
  }

  static std::string row(const Line& line, const Widths& widths) {
    std::string out = " ";
    for (std::size_t c = 0; c < kColumns; ++c)
      if (widths[c] > 0) out += " " + padded(cut_to_width(line[c], widths[c], "..."), widths[c]) + " ";
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  }

  std::vector<Line> lines_;
};

std::string migration_text(const Value& migration, std::size_t columns, const Style& style) {
  std::string out = "\n" + style.bold(printable(text_of(migration, "name")));
  if (!flag_of(migration, "transactional")) out += style.yellow("  not in one transaction");
  if (const auto reversible = text_of(migration, "reversible"); !reversible.empty()) {
    const auto words = "can be undone: " + (reversible == "irreversible" ? std::string("no") : in_words(reversible));
    out += "  " + (reversible.starts_with("exact") ? style.dim(words) : style.yellow(words));
    if (migration.find("proven") != nullptr) out += style.dim(flag_of(migration, "proven") ? ", proven" : ", not proven");
    if (const auto reason = text_of(migration, "reason"); !reason.empty() && reversible != "exact")
      out += "\n" + style.dim("  " + printable(style.clean(one_line(reason))));
  }
  Grid grid;
  for (const auto& statement : elements_of(migration, "statements")) grid.add(statement, style);
  out += "\n" + (elements_of(migration, "statements").empty() ? std::string("  no statement\n") : grid.text(columns, style));
  for (const auto& finding : elements_of(migration, "findings"))
    if (text_of(finding, "verdict") != "pass") out += describe(finding, "finding", style);
  return out;
}

}  // namespace

std::string plan_text(const Value& answer, std::size_t columns, const Style& style) {
  const auto& migrations = elements_of(answer, "migrations");
  std::string out = "target       " + text_of(answer, "target") + "\nenvironment  " + answer.at_path("environment.name")->text() + "\npending      " +
                    std::to_string(migrations.size()) + "\n";
  for (const auto& migration : migrations) out += migration_text(migration, columns, style);
  out += "\nhash " + text_of(answer, "hash") + "\n";
  for (const auto& finding : elements_of(answer, "checks"))
    if (text_of(finding, "verdict") != "pass") out += describe(finding, "finding", style);
  return out;
}

}  // namespace tidegate::cli
