// SPDX-License-Identifier: Apache-2.0
//
// Composition: from options to a checked pipeline, its plugins and, for commands that work with stages, a Runner. The
// one place where registry, pipeline and stages meet. Owned by a command; main thread.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "loader/registry.hpp"
#include "pipeline/read.hpp"
#include "run/runner.hpp"
#include "scratch/server.hpp"

namespace tidegate::cli {

/// The variables of the process, then those of .env and prisma/.env of the working folder, never over one that is set.
base::Environment variables_of(const std::string& working_folder);

/// A pipeline that was read and checked, with all that was wrong about it.
struct Checked {
  pipeline::Reading reading;
  std::unique_ptr<loader::Registry> registry;
  base::Environment variables;
  std::string working_folder;
};
/// Reads and checks the pipeline without loading a plugin. An error only when there is no file to read.
base::Result<Checked> check_pipeline(const Options& options);

/// A checked pipeline with everything its stages need. Members are destroyed in reverse order: the runner first.
class Job {
 public:
  /// Prints the mistakes of the pipeline to stderr and gives the exit code when there are any.
  static std::unique_ptr<Job> make(const Options& options, run::Settings settings, int& exit_code);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  run::EventStream& events() { return *events_; }
  run::Runner& runner() { return *runner_; }
  services::db::Hub& databases() { return *hub_; }
  const pipeline::Pipeline& pipeline() const { return checked_.reading.pipeline; }
  const base::Redactor& redactor() const { return redactor_; }
  /// "host:port/database", safe to print; "" when no connection is configured.
  std::string target();
  /// What identifies the used plugins' code, for the plan's hash: id, version and the SHA-256 of the file.
  std::vector<std::string> plugin_fingerprints() const;
  /// The text of the pipeline file, and the settings given on the command line.
  std::string pipeline_fingerprint() const;

 private:
  Job(const Options& options, Checked checked, run::Settings settings);
  base::Result<std::string> connection_text(std::string_view name) const;
  base::Result<std::unique_ptr<stage::Stage>> make_stage(const pipeline::Stage& spec, const std::vector<std::string>& environments,
                                                         services::Shared& shared);

  const Options options_;
  Checked checked_;
  base::Redactor redactor_;
  services::ContextStore context_;
  services::Interruption interruption_;
  std::unique_ptr<scratch::Server> scratch_;
  std::unique_ptr<run::EventStream> events_;
  std::unique_ptr<run::Guard> guard_;
  std::unique_ptr<services::db::Hub> hub_;
  std::unique_ptr<run::Runner> runner_;
};

/// Prints errors (label "error") and warnings to stderr.
void print_problems(const std::vector<base::Error>& errors, const std::vector<base::Error>& warnings, const Options& options);

}  // namespace tidegate::cli
