// SPDX-License-Identifier: Apache-2.0
#include "project.hpp"

#include <unordered_set>

#include "migrations/order.hpp"

namespace tidegate::apply {
namespace {

using migrations::Folder;
using sdk::Error;
using sdk::Result;
using sdk::Status;

// What is kept of the texts between the check and the change; beyond it they are read a second time.
constexpr std::size_t kKeep = 8 * 1024 * 1024;

std::string joined(const std::vector<std::string>& names, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < limit; ++i) out += (i > 0 ? ", " : "") + names[i];
  return names.size() > limit ? out + " …" : out;
}

Result<void> check_history(const History& history, const Comparison& comparison, const HistoryPlace& place) {
  if (!history.table && !history.other_tables.empty()) {
    return Error{Status::denied,
                 "the schema \"" + place.schema + "\" is not empty and has no migration history (P3005): it holds " +
                     joined(history.other_tables, 5),
                 "if these tables are what the first migrations make, mark each of those as applied with `tidegate resolve --applied NAME` "
                 "(baselining), then run again"};
  }
  if (!comparison.failed.empty()) {
    std::string rows;
    for (const auto* row : comparison.failed)
      rows += (rows.empty() ? "" : "; ") + ("`" + row->name + "` started at " + migrations::rfc3339(row->started) + " and failed");
    Error error{Status::denied, "failed migrations stand in the history, so nothing is applied (P3009): " + rows,
                "look at what stands of it in the database; then `tidegate resolve --rolled-back " + comparison.failed.front()->name +
                    "` to have it run again, or `tidegate resolve --applied " + comparison.failed.front()->name +
                    "` when all of it is there"};
    error.detail = comparison.failed.front()->logs;
    return error;
  }
  return {};
}

}  // namespace

Result<std::vector<Work>> check_and_plan(const History& history, const Comparison& comparison, const Folder& folder, const HistoryPlace& place) {
  std::unordered_set<std::string_view> tried;
  for (const auto& row : history.rows) {
    if (row.rolled_back) tried.insert(row.name);
  }
  std::vector<Work> out;
  out.reserve(comparison.pending.size());
  std::size_t kept = 0;
  for (const auto& name : comparison.pending) {  // files first: what is wrong there is wrong on every database
    const auto& migration = *folder.find(name);
    if (!migration.has_file) {
      return Error{Status::config,
                   "migration " + name + " has no migration.sql that can be read (P3015)" +
                       (migration.problem.empty() ? "" : ": " + migration.problem),
                   "add the file, or remove the folder", folder.file(name)};
    }
    auto text = folder.text(migration);
    if (!text) return text.error();
    auto plan = migrations::plan_file(*text, folder.file(name));
    if (!plan) {
      Error error = plan.error();
      error.message = "migration " + name + ": " + error.message;
      return error;
    }
    Work& work =
        out.emplace_back(Work{name, migration.checksum, folder.file(name), std::move(*text), true, std::move(*plan), tried.contains(name)});
    kept += work.text.size();
    if (kept > kKeep) {
      kept -= work.text.size();
      work.text = std::string();
      work.text_kept = false;
    }
  }
  if (auto history_ok = check_history(history, comparison, place); !history_ok) return history_ok.error();
  if (const auto pair = migrations::order_differs(comparison.pending)) {
    return Error{
        Status::denied,
        "whether migration `" + pair->first + "` or `" + pair->second + "` comes first depends on the version of Prisma that applies them",
        "rename one of them, so that both byte order and alphabetical order say the same (14 digits, then _ and lower-case letters)"};
  }
  return out;
}

Result<std::string> text_of(Work& work, const Folder& folder) {
  if (work.text_kept) return std::move(work.text);
  const auto* migration = folder.find(work.name);
  if (migration == nullptr) return Error{Status::internal, "migration " + work.name + " is gone from the folder's listing"};
  return folder.text(*migration);
}

}  // namespace tidegate::apply
