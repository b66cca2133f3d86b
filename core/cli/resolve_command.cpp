// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
int resolve_command(const Options& options) {
  int exit_code = 0;
  const auto job = Job::make_to_ask(options, exit_code, "resolve");
  if (!job) return exit_code;
  if (auto prepared = job->runner().prepare_to_ask(); !prepared) return job->fail(prepared.error());
  const bool applied = !options.applied.empty();
  const base::Table arguments{{"name", applied ? options.applied : options.rolled_back}, {"as", applied ? "applied" : "rolled-back"}};
  const auto answer = job->runner().call_locked("tidegate.history/1", "resolve", run::to_json(arguments));
  job->warn_unrecorded();
  if (!answer && job->runner().report().exit == run::kExitKept) {
    base::Error unknown = answer.error();
    unknown.message = "the connection was lost while the history was corrected, so whether it was is unknown: " + unknown.message;
    unknown.hint = "look at `tidegate status`, and resolve again when it still lists the migration as before";
    job->fail(unknown);
    return run::kExitKept;
  }
  if (!answer) return job->fail(answer.error());
  auto object = run::from_json(*answer);
  if (!object) return job->fail(object.error());
  run::redact(*object, job->redactor());
  const auto* message = object->find("message");
  std::printf("%s\n", (options.json ? run::to_json(*object) : message != nullptr ? message->text() : "done").c_str());
  return run::kExitOk;
}

}  // namespace tidegate::cli
