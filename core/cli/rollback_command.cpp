// SPDX-License-Identifier: Apache-2.0
// tidegate rollback: undoes a run, or goes back to a migration, with the stage of the pipeline that can undo.
#include <tidegate/extensions.hpp>
#include <unistd.h>

#include <cstdio>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/print.hpp"
#include "cli/rollback_choice.hpp"
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

/// What the stage says of its failure; `error` alone when it says no more.
std::optional<Error> failure_in(const base::Value& answer) {
  const auto* text = answer.find("error");
  if (text == nullptr || text->is_nil()) return std::nullopt;
  Error out{Status::failed, text->text()};
  if (const auto* more = answer.find("failure"); more != nullptr && more->find("message") != nullptr) {
    const auto member = [&](const base::Value& of, const char* key) { return of.find(key) != nullptr ? of.find(key)->text() : std::string(); };
    const auto number = [&](const base::Value& of, const char* key) { return of.find(key) != nullptr ? static_cast<std::uint32_t>(of.find(key)->integer()) : 0U; };
    out.message = member(*more, "message");
    out.hint = member(*more, "hint");
    out.sqlstate = member(*more, "sqlstate");
    out.detail = member(*more, "detail");
    if (member(*more, "class") == base::name_of(Status::denied)) out.code = Status::denied;
    if (const auto* where = more->find("where")) {
      out.file = member(*where, "file");
      out.line = number(*where, "line");
      out.column = number(*where, "column");
    }
  }
  return out;
}

void print(const Options& options, const RollbackChoice& choice, const Names& undone, const Names& kept, const std::string& error, const Style& style) {
  if (options.json) {
    base::Table out{{"undone", run::to_array(undone)}, {"kept", run::to_array(kept)}, {"error", error.empty() ? base::Value() : base::Value(error)}};
    if (!choice.run.empty()) out.emplace_back("run", choice.run);
    put(stdout, run::to_json(std::move(out)) + "\n", style);
    return;
  }
  std::string text;
  for (const auto& name : undone) text += std::string(options.dry_run ? "would undo " : "undone ") + name + "\n";
  for (const auto& name : kept) text += "kept   " + name + "\n";
  if (undone.empty() && kept.empty()) text = choice.run.empty() ? "nothing to undo\n" : "nothing to undo: nothing that run " + choice.run + " applied stands\n";
  else if (!choice.run.empty()) text = "run " + choice.run + "\n" + text;
  put(stdout, text, style);
}

/// Of an answer with a failure: docs/commands.md.
int exit_after(const Error& failure, bool changed) {
  if (changed) return run::kExitKept;
  return failure.code == Status::denied ? run::kExitBlocked : run::kExitFailed;
}

}  // namespace

int rollback_command(const Options& options) {
  int exit_code = 0;
  const auto job = Job::make_to_ask(options, exit_code, options.dry_run ? "" : "rollback");
  if (!job) return exit_code;
  auto& runner = job->runner();
  const auto style = style_for(STDOUT_FILENO, options.color, &job->redactor());
  if (auto prepared = runner.prepare_to_ask(); !prepared) return job->fail(prepared.error());
  if (runner.offering(TG_UNDO) == nullptr)
    return job->fail({Status::config, "no stage of this pipeline can undo migrations",
                      "add one:\n[[rollback]]\nuse = \"rollback.database\""});
  const auto history = runner.history();
  if (!history) return job->fail(history.error());
  const auto choice = choose_what_to_undo(*job, *history, options);
  if (!choice) return job->fail(choice.error());
  if (choice->names.empty() && !history->failed.empty())
    return job->fail({Status::denied, "nothing was undone: the history has failed migrations, or such as are undone only in part: " + base::join_words(history->failed),
                      "clean up what they left, then `tidegate resolve`"});
  if (choice->names.empty()) {
    print(options, *choice, {}, {}, {}, style);
    return run::kExitOk;
  }
  if (auto can = all_can_be_undone(runner, choice->names); !can) return job->fail(can.error());
  if (options.dry_run) {
    print(options, *choice, choice->names, {}, {}, style);
    return run::kExitOk;
  }
  const auto said = runner.call_locked(TG_UNDO, TG_UNDO_DOWN, run::to_json(base::Table{{"names", run::to_array(choice->names)}}),
                                       job->pipeline().rollback_deadline);
  job->warn_unrecorded();
  if (!said) {
    const int exit = job->fail(said.error());
    return runner.report().exit == run::kExitKept ? run::kExitKept : exit;  // how far it came is not known
  }
  const auto answer = run::from_json(*said);
  if (!answer) return job->fail(answer.error());
  const auto undone = names_in(*answer, "undone"), kept = names_in(*answer, "kept"), half_done = names_in(*answer, "half_done");
  auto failure = failure_in(*answer);
  print(options, *choice, undone, kept, failure ? answer->find("error")->text() : "", style);
  if (!failure) return run::kExitOk;
  const bool changed = !undone.empty() || !half_done.empty();
  failure->hint += (failure->hint.empty() ? "" : "; ") +
                   std::string(!changed ? "nothing was undone" : "what is listed as kept stands") + (half_done.empty() ? "" : ", " + half_done.front() + " only in part") +
                   "; mend the cause and run it again";
  job->fail(*failure);
  if (!changed && job->interrupted() != 0) return job->interrupted();
  return exit_after(*failure, changed);
}

}  // namespace tidegate::cli
