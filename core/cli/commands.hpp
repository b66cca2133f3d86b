// SPDX-License-Identifier: Apache-2.0
//
// The commands, one file each. Each takes the parsed options and gives the exit code; results go to stdout, progress
// and errors to stderr. Main thread.
#pragma once
#include "cli/options.hpp"

namespace tidegate::cli {

int run_command(const Options& options);
int plan_command(const Options& options);
int status_command(const Options& options);
int rollback_command(const Options& options);
int lint_command(const Options& options);
int rehearse_command(const Options& options);
int resolve_command(const Options& options);
int validate_command(const Options& options);
int graph_command(const Options& options);
int schema_command(const Options& options);
int init_command(const Options& options);
int plugin_list_command(const Options& options);
int plugin_inspect_command(const Options& options);
int plugin_new_command(const Options& options);
int plugin_check_command(const Options& options);
int plugin_lock_command(const Options& options);
int identity_command(const Options& options);
int serve_command(const Options& options);
int scratch_command(const Options& options);

}  // namespace tidegate::cli
