// SPDX-License-Identifier: Apache-2.0
//
// The command line as data. Made once by parse_options; read-only afterwards.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tidegate::cli {

enum class Command { run, plan, status, rollback, lint, rehearse, resolve, validate, graph, schema, init, plugin_list, plugin_inspect, plugin_new, plugin_check, plugin_lock, identity_show, identity_set, serve, scratch };

struct Options {
  Command command = Command::run;
  std::string file;         ///< the pipeline, or the plugin of `plugin inspect`
  std::string url;          ///< --url: connection main
  std::vector<std::pair<std::string, std::string>> set;
  std::string environment;
  std::string events_file;  ///< --events
  std::string applied, rolled_back;
  std::string to;           ///< rollback --to
  std::string run;          ///< rollback --run
  std::string only;         ///< run --only
  std::string plan;         ///< run --plan HASH
  std::string override_rule, reason;  ///< run --override RULE --reason TEXT
  std::vector<std::string> paths;  ///< lint and plugin check FILES
  std::string name, kind, into;    ///< plugin new NAME --kind --into
  std::string language = "c++";    ///< plugin new --language
  std::string junit;               ///< plugin check --junit FILE
  std::optional<unsigned> seed;    ///< plugin check --seed
  std::string time_limit = "10s";  ///< plugin check --time-limit, of one check
  std::string listen = "127.0.0.1:8080";  ///< serve --listen
  std::string format = "text";  ///< graph, lint, plan --format
  bool markdown = false;    ///< schema --markdown
  bool dry_run = false;
  bool scratch = false;
  bool json = false;
  bool check = false;       ///< status --check
  bool env = false;         ///< validate --env: undefined variables are errors
  bool quiet = false;
  bool verbose = false;
  bool durable = false;     ///< scratch --durable
  int major = 0;            ///< scratch --major
  std::optional<bool> color;  ///< --color / --no-color
};

/// What parsing came to: options, or text to print and an exit code (--help, --version, a mistake).
struct Parsed {
  std::optional<Options> options;
  std::string output;  ///< for stdout
  std::string error;   ///< for stderr
  int exit = 0;
};
Parsed parse_options(int argc, char** argv);

}  // namespace tidegate::cli
