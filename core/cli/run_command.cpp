// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/render.hpp"
#include "stage/output_capture.hpp"

namespace tidegate::cli {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

int run_command(const Options& options) {
  std::unique_ptr<std::FILE, CloseFile> events_file;
  if (!options.events_file.empty()) {
    events_file.reset(std::fopen(options.events_file.c_str(), "we"));
    if (!events_file) {
      print_problems({base::Error{base::Status::config, "--events " + options.events_file + ": " + std::strerror(errno)}}, {}, options);
      return run::kExitUsage;
    }
  }
  int exit_code = 0;
  const auto job = Job::make(options, {options.dry_run, options.environment}, exit_code);
  if (!job) return exit_code;

  const bool live = ::isatty(STDERR_FILENO) == 1;
  const auto style = style_for(STDERR_FILENO, options.color);
  stage::OutputCapture capture;
  JsonRenderer on_stdout(capture.out());
  const auto text = make_text_renderer({capture.out(), capture.err(), style, options.quiet, options.verbose, live});
  if (options.json) job->events().add(on_stdout);
  else job->events().add(*text);
  std::unique_ptr<JsonRenderer> to_file;
  if (events_file) {
    to_file = std::make_unique<JsonRenderer>(events_file.get());
    job->events().add(*to_file);
  }
  return job->runner().run().exit;
}

}  // namespace tidegate::cli
