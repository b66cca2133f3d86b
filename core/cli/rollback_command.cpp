// SPDX-License-Identifier: Apache-2.0
// tidegate rollback: goes back to a migration with the stage of the pipeline that can undo.
#include <tidegate/extensions.hpp>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/lock_taken.hpp"
#include "cli/print.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Error;
using base::Result;
using base::Status;

using Names = std::vector<std::string>;

Names names_in(const base::Value& object, std::string_view key) {
  Names out;
  const auto* list = object.find(key);
  if (const auto* elements = list != nullptr ? list->as<base::Array>() : nullptr)
    for (const auto& element : *elements) out.push_back(element.text());
  return out;
}

/// What was applied after `stays`, newest first.
Result<Names> newer_than(const run::History& history, const std::string& stays) {
  Names applied;
  for (const auto& row : history.applied) applied.push_back(row.name);
  const auto at = std::find(applied.begin(), applied.end(), stays);
  if (at == applied.end())
    return Error{Status::not_found, "migration '" + stays + "' is not applied, so there is no going back to it" + base::did_you_mean(stays, applied),
                 "`tidegate status` lists what is applied; --to names the migration that stays"};
  return Names(applied.rbegin(), std::make_reverse_iterator(at + 1));
}

/// Refuses before anything is touched when one of them cannot be undone.
Result<void> all_can_be_undone(run::Runner& runner, const Names& names) {
  auto said = runner.ask_stage(TG_UNDO, TG_UNDO_CAN, run::to_json(base::Table{{"names", run::to_array(names)}}));
  if (!said) return said.error();
  const auto answer = run::from_json(*said);
  if (!answer) return answer.error();
  const auto* list = answer->find("migrations");
  const auto* migrations = list != nullptr ? list->as<base::Array>() : nullptr;
  for (const auto& migration : migrations != nullptr ? *migrations : base::Array{}) {
    if (migration.find("reversible") == nullptr || migration.find("reversible")->text() != "irreversible") continue;
    const auto* reason = migration.find("reason");
    return Error{Status::denied, "migration " + migration.find("name")->text() + " cannot be undone: " + (reason != nullptr ? reason->text() : "no reason was given"),
                 "nothing was touched; write a down.sql beside its migration.sql, or go forward with a new migration"};
  }
  return {};
}

void print(const Options& options, const Names& undone, const Names& kept, const std::string& error, const Style& style) {
  if (options.json) {
    put(stdout, run::to_json(base::Table{{"undone", run::to_array(undone)}, {"kept", run::to_array(kept)},
                                         {"error", error.empty() ? base::Value() : base::Value(error)}}) + "\n", style);
    return;
  }
  std::string text;
  for (const auto& name : undone) text += std::string(options.dry_run ? "would undo " : "undone ") + name + "\n";
  for (const auto& name : kept) text += "kept   " + name + "\n";
  if (undone.empty() && kept.empty()) text = "nothing to undo\n";
  put(stdout, text, style);
}

}  // namespace

int rollback_command(const Options& options) {
  LockTaken locked;
  int exit_code = 0;
  const auto job = Job::make_to_ask(options, exit_code);
  if (!job) return exit_code;
  job->events().add(locked);
  auto& runner = job->runner();
  const auto style = style_for(STDOUT_FILENO, options.color, &job->redactor());
  if (auto prepared = runner.prepare_to_ask(); !prepared) return job->fail(prepared.error());
  if (runner.offering(TG_UNDO) == nullptr)
    return job->fail({Status::config, "no stage of this pipeline can undo migrations",
                      "add one:\n[[rollback]]\nuse = \"rollback.database\""});
  const auto history = runner.history();
  if (!history) return job->fail(history.error());
  auto names = newer_than(*history, options.to);
  if (!names) return job->fail(names.error());
  if (names->empty()) {
    print(options, {}, {}, {}, style);
    return run::kExitOk;
  }
  if (auto can = all_can_be_undone(runner, *names); !can) return job->fail(can.error());
  if (options.dry_run) {
    print(options, *names, {}, {}, style);
    return run::kExitOk;
  }
  const auto said = runner.call_locked(TG_UNDO, TG_UNDO_DOWN, run::to_json(base::Table{{"names", run::to_array(*names)}}));
  if (!said) {
    const int exit = job->fail(said.error());
    return locked ? run::kExitKept : exit;  // how far it came is not known
  }
  const auto answer = run::from_json(*said);
  if (!answer) return job->fail(answer.error());
  const auto* error = answer->find("error");
  const std::string why = error != nullptr ? error->text() : std::string();
  const auto undone = names_in(*answer, "undone"), kept = names_in(*answer, "kept");
  print(options, undone, kept, why, style);
  if (why.empty()) return run::kExitOk;
  job->fail({Status::failed, why, "what is listed as kept stands; mend the cause and run it again"});
  return undone.empty() ? run::kExitFailed : run::kExitKept;
}

}  // namespace tidegate::cli
