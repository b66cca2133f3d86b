// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/render.hpp"
#include "stage/output_capture.hpp"

namespace tidegate::cli {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

base::Value finding(const base::Error& error, const char* verdict) {
  auto out = run::to_value(error);
  base::Table fields{{"verdict", verdict}, {"rule", "pipeline"}, {"message", error.message}};
  if (const auto* where = out.find("where")) fields.emplace_back("where", *where);
  if (const auto* hint = out.find("hint")) fields.emplace_back("fix", *hint);
  return fields;
}

/// The stream of a run that could not start: its last line says how it ended, as that of any other.
void tell(const Refusal& refusal, bool dry_run, const std::vector<run::Reader*>& readers) {
  const base::Redactor redactor;
  run::EventStream events(new_run_id(), redactor);
  for (auto* reader : readers) events.add(*reader);
  events.emit("run.started", "", {{"pipeline", refusal.name}, {"file", refusal.file}, {"dry_run", dry_run}});
  base::Array findings;
  for (const auto& error : refusal.errors) findings.push_back(finding(error, "block"));
  for (const auto& warning : refusal.warnings) findings.push_back(finding(warning, "warn"));
  const auto& first = refusal.errors.front();
  events.emit("run.finished", "",
              {{"outcome", run::name_of(run::end_before_change(first).outcome)}, {"exit", refusal.exit}, {"applied", base::Array{}},
               {"pending", base::Array{}}, {"undone", base::Array{}}, {"kept", base::Array{}}, {"findings", std::move(findings)}, {"ms", 0},
               {"error", run::to_value(first)}});
}

/// Empty when --only names a stage that it may name.
base::Error wrong_only(const std::string& id, const pipeline::Pipeline& pipeline) {
  if (id.empty()) return {};
  std::vector<std::string> known;
  for (const auto& stage : pipeline.stages) {
    if (stage.kind == manifest::Kind::apply) {
      if (stage.id == id) return {base::Status::config, "--only " + id + ": an apply stage never runs by itself", "--only takes detect, precheck and verify stages"};
      continue;
    }
    if (stage.id == id) return {};
    known.push_back(stage.id);
  }
  return {base::Status::config, "--only " + id + ": the pipeline has no such stage" + base::did_you_mean(id, known),
          "its stages: " + base::join_words(known)};
}

/// TIDEGATE_SKIP: the step is turned off, and says so.
bool turned_off() {
  const auto value = base::process_environment()("TIDEGATE_SKIP");
  return value && *value != "0" && *value != "false";
}

int skipped(const Options& options) {
  constexpr const char* kWhy = "TIDEGATE_SKIP is set: nothing was checked and nothing was run";
  const auto style = style_for(STDERR_FILENO, options.color);
  if (options.json) {
    const base::Redactor redactor;
    JsonRenderer on_stdout(stdout);
    run::EventStream events(new_run_id(), redactor);
    events.add(on_stdout);
    events.emit("run.finished", "",
                {{"outcome", "succeeded"}, {"exit", run::kExitOk}, {"applied", base::Array{}}, {"pending", base::Array{}}, {"undone", base::Array{}},
                 {"kept", base::Array{}}, {"findings", base::Array{}}, {"ms", 0}, {"skipped", true}});
  }
  put(stderr, style.yellow("warning:") + " " + kWhy + "\n", style);
  return run::kExitOk;
}

}  // namespace

int run_command(const Options& options) {
  if (turned_off()) return skipped(options);
  const auto refuse = [&](const Refusal& refusal, std::FILE* file) {
    print_problems(refusal.errors, refusal.warnings, options);
    JsonRenderer on_stdout(stdout);
    JsonRenderer to_file(file);
    std::vector<run::Reader*> readers;
    if (options.json) readers.push_back(&on_stdout);
    if (file != nullptr) readers.push_back(&to_file);
    tell(refusal, options.dry_run, readers);
    return refusal.exit;
  };
  std::unique_ptr<std::FILE, CloseFile> events_file;
  if (!options.events_file.empty()) {
    events_file.reset(std::fopen(options.events_file.c_str(), "we"));
    if (!events_file)
      return refuse({run::kExitUsage, {{base::Status::config, "--events " + options.events_file + ": " + std::strerror(errno)}}, {}, "", base::without_url_passwords(options.file)},
                    nullptr);
  }
  Refusal refusal;
  const auto job = Job::make(options, {options.dry_run, options.environment, options.only, options.override_rule, options.reason}, refusal);
  if (!job) return refuse(refusal, events_file.get());
  if (const auto wrong = wrong_only(options.only, job->pipeline()); !wrong.message.empty())
    return refuse({run::kExitUsage, {wrong}, {}, job->pipeline().name, job->pipeline().file}, events_file.get());
  job->tell_warnings();

  const bool live = ::isatty(STDERR_FILENO) == 1;
  const auto style = style_for(STDERR_FILENO, options.color, &job->redactor());
  stage::OutputCapture capture;
  JsonRenderer on_stdout(capture.out());
  const auto text = make_text_renderer({capture.out(), capture.err(), style, options.quiet, options.verbose, live, false});
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
