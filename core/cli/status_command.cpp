// SPDX-License-Identifier: Apache-2.0
#include <tidegate/extensions.hpp>
#include <unistd.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/fields.hpp"
#include "cli/print.hpp"
#include "cli/state.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;
using base::Value;

/// Applied rows that stand for something to do are listed; a clean history of hundreds is counted.
constexpr std::size_t kListedApplied = 5;
constexpr std::size_t kListedRuns = 5;
constexpr std::chrono::seconds kLimit{30};

bool up_to_date(const run::History& h) { return h.pending.empty() && h.failed.empty(); }

/// What has drifted, a line each; none where nobody knows. A question that fails is a warning.
std::vector<std::string> drift_of(Job& job, std::vector<base::Error>& warnings) {
  const auto said = job.runner().ask_stage(TG_HISTORY, TG_HISTORY_DRIFT, "{}");
  const auto answer = said ? run::from_json(*said) : base::Result<Value>(said.error());
  std::vector<std::string> out;
  if (answer) {
    for (const auto& change : elements_of(*answer, "changes")) out.push_back(text_of(change, "text"));
  } else if (answer.error().code != base::Status::unsupported && answer.error().code != base::Status::not_found) {
    warnings.push_back({answer.error().code, "whether the schema has drifted is not known: " + answer.error().message});
  }
  return out;
}

Value as_json(const run::History& h, const std::vector<std::string>& drift, const Value& lock, Array runs) {
  Array applied;
  for (const auto& row : h.applied) applied.emplace_back(Table{{"name", row.name}, {"applied_at", row.applied_at}});
  Array begun;
  for (const auto& one : h.begun) begun.emplace_back(Table{{"name", one.name}, {"done", one.done}});
  return Table{{"up_to_date", up_to_date(h)}, {"applied", std::move(applied)}, {"pending", run::to_array(h.pending)},
               {"begun", std::move(begun)}, {"failed", run::to_array(h.failed)}, {"edited", run::to_array(h.edited)}, {"missing", run::to_array(h.missing)},
               {"drift", run::to_array(drift)}, {"lock", lock}, {"runs", std::move(runs)}};
}

void list(std::string& out, const char* title, const std::vector<std::string>& names, const char* meaning) {
  if (names.empty()) return;
  out += std::string(title) + " (" + std::to_string(names.size()) + ")" + (*meaning != '\0' ? std::string(": ") + meaning : "") + "\n";
  for (const auto& name : names) out += "  " + name + "\n";
}

std::string counted(const Value& run, const char* key, const char* what) {
  const auto* list = run.find(key) != nullptr ? run.find(key)->as<Array>() : nullptr;
  return list == nullptr || list->empty() ? "" : ", " + std::to_string(list->size()) + " " + what;
}

std::string line_of(const Value& run, const Style& style) {
  const auto outcome = run.find("outcome")->text();
  const auto* ms = run.find("ms");
  std::string out = "  " + run.find("started_at")->text() + "  " + (outcome == "succeeded" ? style.green(outcome) : style.yellow(outcome)) +
                    counted(run, "applied", "applied") + counted(run, "undone", "undone") + counted(run, "kept", "kept");
  if (!ms->is_nil()) out += " in " + base::format_duration(std::chrono::milliseconds(ms->integer()));
  out += "  " + style.dim("run " + run.find("id")->text() + ", " + run.find("holder")->text()) + "\n";
  for (const auto& backup : *run.find("backups")->as<Array>())
    out += "    backup before it: " + backup.find("handle")->text() + "  " + style.dim("by stage " + backup.find("stage")->text()) + "\n";
  return out;
}

void print_text(const run::History& h, const std::vector<std::string>& drift, const Value& lock, const Array& runs, const std::string& target, const Style& style) {
  std::string out = target + ": " + (up_to_date(h) ? style.green("up to date") : style.yellow("not up to date")) + ", " +
                    std::to_string(h.applied.size()) + " applied\n";
  const std::size_t first = h.applied.size() > kListedApplied ? h.applied.size() - kListedApplied : 0;
  if (first > 0) out += "  ... " + std::to_string(first) + " older\n";
  for (std::size_t i = first; i < h.applied.size(); ++i) out += "  " + h.applied[i].name + "  " + style.dim(h.applied[i].applied_at) + "\n";
  list(out, "pending", h.pending, "");
  std::vector<std::string> begun;
  for (const auto& one : h.begun) begun.push_back(one.name + "  " + std::to_string(one.done) + (one.done == 1 ? " part" : " parts") + " done");
  list(out, "begun", begun, "the next run goes on with it");
  list(out, "failed", h.failed, "clean up by hand, then `tidegate resolve`");
  list(out, "edited", h.edited, "the file differs from what was applied");
  list(out, "missing", h.missing, "applied, but not in the folder");
  list(out, "drift", drift, "changed since the last change, past the migrations");
  if (const auto* holder = lock.find("holder")) out += "lock held by " + holder->text() + " since " + lock.find("since")->text() + "\n";
  if (!runs.empty()) out += "last runs\n";
  for (const auto& run : runs) out += line_of(run, style);
  put(stdout, out, style);
}

}  // namespace

int status_command(const Options& options) {
  int exit_code = 0;
  const auto job = Job::make_to_ask(options, exit_code);
  if (!job) return exit_code;
  if (auto prepared = job->runner().prepare_to_ask(); !prepared) return job->fail(prepared.error());
  const auto history = job->runner().history();
  if (!history) return job->fail(history.error());
  const auto lock = lock_of(*job, base::Deadline::in(kLimit));
  if (!lock) return job->fail(lock.error());
  auto runs = runs_of(*job, kListedRuns, base::Deadline::in(kLimit));
  if (!runs) print_problems({}, {runs.error()}, options, &job->redactor());
  std::vector<base::Error> warnings;
  const auto drift = drift_of(*job, warnings);
  print_problems({}, warnings, options, &job->redactor());
  Array listed = runs ? std::move(*runs) : Array{};
  if (options.json) {
    auto answer = as_json(*history, drift, *lock, std::move(listed));
    run::redact(answer, job->redactor());
    std::printf("%s\n", run::to_json(answer).c_str());
  } else {
    print_text(*history, drift, *lock, listed, job->target(), style_for(STDOUT_FILENO, options.color, &job->redactor()));
  }
  return options.check && !up_to_date(*history) ? run::kExitBlocked : run::kExitOk;
}

}  // namespace tidegate::cli
