// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "run/json.hpp"

namespace tidegate::cli {

int resolve_command(const Options& options) {
  int exit_code = 0;
  const auto job = Job::make(options, {true, options.environment}, exit_code);
  if (!job) return exit_code;
  const auto fail = [&](const base::Error& error) {
    print_problems({error}, {}, options);
    return run::exit_for(error);
  };
  if (auto prepared = job->runner().prepare_to_ask(); !prepared) return fail(prepared.error());
  const bool applied = !options.applied.empty();
  const base::Table arguments{{"name", applied ? options.applied : options.rolled_back}, {"as", applied ? "applied" : "rolled-back"}};
  const auto answer = job->runner().call_locked("tidegate.history/1", "resolve", run::to_json(arguments));
  if (!answer) return fail(answer.error());
  const auto object = run::from_json(*answer);
  const auto* message = object ? object->find("message") : nullptr;
  if (options.json) std::printf("%s\n", answer->c_str());
  else std::printf("%s\n", message != nullptr ? message->text().c_str() : "done");
  return run::kExitOk;
}

}  // namespace tidegate::cli
