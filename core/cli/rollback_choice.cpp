// SPDX-License-Identifier: Apache-2.0
#include "cli/rollback_choice.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "cli/state.hpp"

namespace tidegate::cli {
namespace {

using base::Error;
using base::Result;
using base::Status;

using Names = std::vector<std::string>;

/// How far back the journal is read for the last run that changed something, and for runs newer than the one named.
constexpr std::size_t kRecentRuns = 200;
constexpr std::chrono::seconds kReadingLimit{30};

Names names_of(const run::History& history) {
  Names out;
  for (const auto& row : history.applied) out.push_back(row.name);
  return out;
}

Result<RollbackChoice> newer_than(const run::History& history, const std::string& stays) {
  const Names applied = names_of(history);
  const auto at = std::find(applied.begin(), applied.end(), stays);
  if (at == applied.end())
    return Error{Status::not_found,
                 "migration '" + stays + "' is not applied, so there is no going back to it" + base::did_you_mean(stays, applied),
                 "`tidegate status` lists what is applied; --to names the migration that stays"};
  return RollbackChoice{Names(applied.rbegin(), std::make_reverse_iterator(at + 1)), ""};
}

struct FoundRun {
  run::RunRecord run;
  std::vector<run::RunRecord> newer;
};

bool changed_something(const run::RunRecord& run) {
  return !run.applied.empty() || !run.kept.empty() || !run.undone.empty();
}

Result<FoundRun> find_run(Job& job, const std::string& id) {
  const auto deadline = base::Deadline::in(kReadingLimit);
  auto recent = records_of(job, kRecentRuns, deadline);
  if (!recent) return recent.error();
  const auto found = std::find_if(recent->begin(), recent->end(),
                                  [&](const run::RunRecord& run) { return id.empty() ? changed_something(run) : run.id == id; });
  if (found != recent->end()) return FoundRun{*found, {recent->begin(), found}};
  if (id.empty())
    return Error{Status::not_found, "the journal of this database has no run that applied something",
                 "`tidegate rollback --to NAME` goes back to a migration; `tidegate status` lists what is applied"};
  auto main = job.databases().main(deadline);
  if (!main) return main.error();
  job.databases().next_stage();
  auto older = run::find_run(**main, id, deadline);
  if (!older) return older.error();
  if (!*older)
    return Error{Status::not_found, "the journal of this database has no run '" + id + "'",
                 "the id stands in the run's events and notifications; `tidegate rollback --to NAME` goes back to a migration instead"};
  return FoundRun{std::move(**older), std::move(*recent)};
}

/// What of the run still stands. A name that a newer run has applied again is that one's.
Result<RollbackChoice> of_run(const run::History& history, const FoundRun& found) {
  std::set<std::string> its(found.run.applied.begin(), found.run.applied.end());
  its.insert(found.run.kept.begin(), found.run.kept.end());
  for (const auto& newer : found.newer)
    for (const auto& name : newer.applied) its.erase(name);
  RollbackChoice out{{}, found.run.id};
  Names on_top;
  std::string below;
  for (const auto& name : names_of(history)) {
    if (its.contains(name))
      out.names.push_back(name);
    else if (!out.names.empty())
      on_top.push_back(name);
    else
      below = name;
  }
  std::reverse(out.names.begin(), out.names.end());
  if (on_top.empty()) return out;
  return Error{Status::denied, "newer migrations stand on top of what run " + found.run.id + " applied: " + base::join_words(on_top),
               "nothing was touched; undo those first" +
                   (below.empty() ? std::string() : ", or go back behind all of them with `tidegate rollback --to " + below + "`")};
}

}  // namespace

Result<RollbackChoice> choose_what_to_undo(Job& job, const run::History& history, const Options& options) {
  if (!options.to.empty()) return newer_than(history, options.to);
  const auto found = find_run(job, options.run);
  if (!found) return found.error();
  if (found->run.outcome == "running")
    return Error{Status::locked, "run " + found->run.id + " is still at it: " + found->run.holder, "wait for its end, then try again"};
  return of_run(history, *found);
}

}  // namespace tidegate::cli
