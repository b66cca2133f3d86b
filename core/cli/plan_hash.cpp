// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_hash.hpp"

#include "base/text.hpp"

namespace tidegate::cli {

using base::Error;
using base::Result;
using base::Status;

std::string plan_hash(Job& job, const std::vector<run::PlannedMigration>& planned) {
  auto& runner = job.runner();
  std::string text = "tidegate plan 1\ntarget " + job.target() + "\nenvironment " + runner.environments().front() + "\n";
  for (const auto& migration : planned) text += "pending " + migration.name + " " + migration.checksum + "\n";
  if (const auto* history = runner.last_history()) text += "newest " + history->newest + "\n";
  text += "pipeline " + loader::sha256_hex(job.pipeline_fingerprint(runner.environments())) + "\n";
  for (const auto& plugin : job.plugin_fingerprints()) text += "plugin " + plugin + "\n";
  return loader::sha256_hex(text);
}

Result<void> same_plan(Job& job, const std::string& hash) {
  auto& runner = job.runner();
  std::vector<run::PlannedMigration> planned;
  if (auto history = runner.history(); !history && history.error().code != Status::not_found) return history.error();
  else if (history && !history->pending.empty()) {
    auto now = runner.plan();
    if (!now && now.error().code != Status::not_found) return now.error();
    if (now) planned = std::move(*now);
  }
  const auto found = plan_hash(job, planned);
  if (found == hash) return {};
  std::vector<std::string> names;
  for (const auto& migration : planned) names.push_back(migration.name);
  return Error{Status::denied, "this is not the plan that was asked for: its hash is " + found + ", --plan names " + hash,
               std::string("target, environment, pending migrations, history, pipeline or plugins have changed since; pending now: ") +
                   (names.empty() ? "nothing" : base::join_words(names)) + ". Look at `tidegate plan` again, and pass its hash"};
}

}  // namespace tidegate::cli
