// SPDX-License-Identifier: Apache-2.0
#include "project.hpp"

#include <unordered_map>
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

/// `why`: of one that was begun, why nobody can go on with it.
Error failed_stand(const std::vector<const HistoryRow*>& failed, const std::string& why = {}) {
  std::string rows;
  for (const auto* row : failed)
    rows += (rows.empty() ? "" : "; ") + ("`" + row->name + "` started at " + migrations::rfc3339(row->started) + " and failed");
  const auto& first = *failed.front();
  Error error{Status::denied,
              "failed migrations stand in the history, so nothing is applied (P3009): " + rows +
                  (why.empty() ? "" : ", and nobody can go on with it: " + why),
              "look at what stands of it in the database; then `tidegate resolve --rolled-back " + first.name +
                  "` to have it run again, or `tidegate resolve --applied " + first.name + "` when all of it is there"};
  error.detail = first.logs;
  return error;
}

Result<void> check_history(const History& history, const Comparison& comparison, const HistoryPlace& place) {
  if (!history.table && !history.other_tables.empty()) {
    return Error{Status::denied,
                 "the schema \"" + place.schema + "\" is not empty and has no migration history (P3005): it holds " +
                     joined(history.other_tables, 5),
                 "if these tables are what the first migrations make, mark each of those as applied with `tidegate resolve --applied NAME` "
                 "(baselining), then run again"};
  }
  if (!comparison.failed.empty()) return failed_stand(comparison.failed);
  return {};
}

}  // namespace

Result<std::vector<Work>> check_and_plan(const History& history, const Comparison& comparison, const Folder& folder, const HistoryPlace& place) {
  std::unordered_set<std::string_view> tried;
  for (const auto& row : history.rows) {
    if (row.rolled_back) tried.insert(row.name);
  }
  std::unordered_map<std::string_view, const HistoryRow*> begun;
  for (const auto* row : comparison.begun) begun.emplace(row->name, row);
  std::optional<Error> cannot_go_on;
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
    if (const auto row = begun.find(name); row != begun.end()) {
      work.begun = Begun{row->second->id, migrations::progress_of(row->second->logs).value_or(migrations::Progress{})};
      work.tried_before = true;
      const auto why = migrations::why_not_resumed(work.plan, work.text, work.begun->progress);
      if (!why.empty() && !cannot_go_on) cannot_go_on = failed_stand({row->second}, why);
    }
    kept += work.text.size();
    if (kept > kKeep) {
      kept -= work.text.size();
      work.text = std::string();
      work.text_kept = false;
    }
  }
  if (auto history_ok = check_history(history, comparison, place); !history_ok) return history_ok.error();
  if (cannot_go_on) return *cannot_go_on;
  if (const auto pair = migrations::order_differs(comparison.pending)) {
    return Error{
        Status::denied,
        "whether migration `" + pair->first + "` or `" + pair->second + "` comes first depends on the version of Prisma that applies them",
        "rename one of them, so that both byte order and alphabetical order say the same (14 digits, then _ and lower-case letters)"};
  }
  return out;
}

Result<void> find_where_it_stopped(sdk::Host host, sdk::Db& db, std::vector<Work>& works) {
  for (auto& work : works) {
    if (!work.begun) continue;
    auto now = migrations::where_it_stopped(host, db, work.plan, work.begun->progress);
    if (!now) return now.error();
    work.begun->progress = *now;
  }
  return {};
}

Result<std::string> text_of(Work& work, const Folder& folder) {
  if (work.text_kept) return std::move(work.text);
  const auto* migration = folder.find(work.name);
  if (migration == nullptr) return Error{Status::internal, "migration " + work.name + " is gone from the folder's listing"};
  return folder.text(*migration);
}

}  // namespace tidegate::apply
