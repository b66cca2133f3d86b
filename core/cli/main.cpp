// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/commands.hpp"
#include "run/outcome.hpp"

namespace tidegate::cli {
namespace {

int dispatch(const Options& options) {
  switch (options.command) {
    case Command::run: return run_command(options);
    case Command::plan: return plan_command(options);
    case Command::status: return status_command(options);
    case Command::rollback: return rollback_command(options);
    case Command::lint: return lint_command(options);
    case Command::rehearse: return rehearse_command(options);
    case Command::resolve: return resolve_command(options);
    case Command::validate: return validate_command(options);
    case Command::graph: return graph_command(options);
    case Command::schema: return schema_command(options);
    case Command::init: return init_command(options);
    case Command::plugin_list: return plugin_list_command(options);
    case Command::plugin_inspect: return plugin_inspect_command(options);
    case Command::plugin_new: return plugin_new_command(options);
    case Command::plugin_check: return plugin_check_command(options);
    case Command::plugin_lock: return plugin_lock_command(options);
    case Command::identity_show:
    case Command::identity_set: return identity_command(options);
    case Command::serve: return serve_command(options);
    case Command::scratch: return scratch_command(options);
  }
  return run::kExitBug;
}

}  // namespace
}  // namespace tidegate::cli

int main(int argc, char** argv) {
  using namespace tidegate;
  try {
    // A thread's own heap is mapped for it and grown page by page; ours take turns, so one heap serves them all.
    ::mallopt(M_ARENA_MAX, 1);
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of a write, not the end of a run
    const auto parsed = cli::parse_options(argc, argv);
    if (parsed.options) return cli::dispatch(*parsed.options);
    std::fputs(parsed.output.c_str(), stdout);
    std::fputs(parsed.error.c_str(), stderr);
    return parsed.exit;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tidegate: this is a bug in tidegate, please report it: %s\n", e.what());
  }
  return run::kExitBug;
}
