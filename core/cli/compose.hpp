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

class Lines;

/// For `${VAR}` and for the database: the variables of the process, then those of .env and prisma/.env of the working folder, never over one that is set.
base::Environment variables_of(const std::string& working_folder);

/// A pipeline that was read and checked, with all that was wrong about it.
struct Checked {
  pipeline::Reading reading;
  std::unique_ptr<loader::Registry> registry;
  base::Environment variables;
  std::string working_folder;
};
/// Whether a plugin that is not what [plugins.pin] says is a mistake, or taken as it is, to be pinned anew.
enum class Pinned { held, as_it_is };
/// Reads and checks the pipeline without loading a plugin. An error only when there is no file to read.
base::Result<Checked> check_pipeline(const Options& options, Pinned pinned = Pinned::held);
/// What `extends = "NAME"` in a pipeline names.
base::Result<pipeline::Source> read_extended(const std::string& name, const pipeline::Source& from);

/// Why there is nothing to run: exit code, mistakes and what else was noticed. `pipeline`: as far as it is known.
struct Refusal {
  int exit = 0;
  std::vector<base::Error> errors, warnings;
  std::string name, file;
};

/// A checked pipeline with everything its stages need. Members are destroyed in reverse order: the runner first.
class Job {
 public:
  /// Null with a refusal when there is none to make. Prints nothing.
  static std::unique_ptr<Job> make(const Options& options, run::Settings settings, Refusal& refusal);
  /// make for the commands that ask: prints what was wrong or is to be warned of, and from then on, to stderr, the
  /// warnings and waits of the work that follows. Null with the exit code when there is nothing to ask. `command`: of one
  /// that then changes the history, and so is recorded as a run.
  static std::unique_ptr<Job> make_to_ask(const Options& options, int& exit_code, const std::string& command = {});
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  run::EventStream& events() { return *events_; }
  run::Runner& runner() { return *runner_; }
  services::db::Hub& databases() { return *hub_; }
  const pipeline::Pipeline& pipeline() const { return checked_.reading.pipeline; }
  const base::Redactor& redactor() const { return redactor_; }
  const std::vector<base::Error>& warnings() const { return checked_.reading.warnings; }
  /// The pipeline's warnings become events of the run, as soon as it has started.
  void tell_warnings() { warnings_untold_ = true; }
  /// Prints the error and gives the exit code: the signal's when one ended the work.
  int fail(const base::Error& error) const;
  /// After a command's change of the history: warns when the end of its record could not be written.
  void warn_unrecorded() const;
  /// The exit code of the signal that interrupted the work; 0: none did.
  int interrupted() const { return guard_->signal() == 0 ? 0 : 128 + guard_->signal(); }
  /// Readable once a signal interrupted the work.
  int interrupt_fd() const { return interruption_.fd(); }
  /// The first stage type of the plugins found that offers the extension; empty: none does.
  std::string stage_type_offering(std::string_view extension) const;
  /// "host:port/database", safe to print; "" when no connection is configured.
  std::string target();
  /// What identifies the used plugins' code, for the plan's hash: id, version and the SHA-256 of the file.
  std::vector<std::string> plugin_fingerprints() const;
  /// The pipeline as settled for an environment, without secrets, for the plan's hash: what the file does, not how it
  /// is written.
  std::string pipeline_fingerprint(const std::vector<std::string>& environments) const;

 private:
  Job(const Options& options, Checked checked, run::Settings settings);
  base::Result<std::string> connection_text(std::string_view name) const;
  base::Result<std::unique_ptr<stage::Stage>> make_stage(const pipeline::Stage& spec, const std::vector<std::string>& environments,
                                                         services::Shared& shared);
  void tell_warnings_now();
  base::Value settled(const pipeline::Stage& spec, const std::vector<std::string>& environments) const;

  const Options options_;
  Checked checked_;
  base::Redactor redactor_;
  services::ContextStore context_;
  services::Interruption interruption_;
  std::unique_ptr<scratch::Server> scratch_;
  std::unique_ptr<Lines> lines_;
  std::unique_ptr<run::Reader> reader_;
  std::unique_ptr<run::EventStream> events_;
  std::unique_ptr<run::Guard> guard_;
  std::unique_ptr<services::db::Hub> hub_;
  std::unique_ptr<run::Runner> runner_;
  bool warnings_untold_ = false;
};

/// Time-ordered and unique: "20261122T172719-4f0c9a12".
std::string new_run_id();

/// Errors (label "error") and warnings as lines, without the secrets that are known.
std::string problems_text(const std::vector<base::Error>& errors, const std::vector<base::Error>& warnings, const Options& options,
                          const base::Redactor* redactor = nullptr);
/// Prints errors (label "error") and warnings to stderr, without the secrets that are known.
void print_problems(const std::vector<base::Error>& errors, const std::vector<base::Error>& warnings, const Options& options,
                    const base::Redactor* redactor = nullptr);

}  // namespace tidegate::cli
