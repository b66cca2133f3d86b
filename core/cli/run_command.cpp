// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/plan_hash.hpp"
#include "cli/views.hpp"
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
void tell(const Refusal& refusal, bool dry_run, Views& views) {
  const base::Redactor redactor;
  run::EventStream events(new_run_id(), redactor);
  views.add_to(events);
  events.emit("run.started", "", {{"pipeline", refusal.name}, {"file", refusal.file}, {"dry_run", dry_run}});
  base::Array findings;
  for (const auto& error : refusal.errors) findings.push_back(finding(error, "block"));
  for (const auto& warning : refusal.warnings) findings.push_back(finding(warning, "warn"));
  const auto& first = refusal.errors.front();
  events.emit("run.finished", "",
              {{"outcome", run::name_of(run::end_before_change(first).outcome)}, {"exit", refusal.exit}, {"applied", base::Array{}},
               {"pending", base::Array{}}, {"undone", base::Array{}}, {"kept", base::Array{}}, {"backups", base::Array{}}, {"findings", std::move(findings)}, {"ms", 0},
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

/// TIDEGATE_SKIP: whether the step is turned off. A word that says neither is a mistake, not one of the two.
base::Result<bool> turned_off(const base::Environment& variables) {
  const auto value = base::to_lower(variables("TIDEGATE_SKIP").value_or("0"));
  for (const char* on : {"1", "true", "yes", "on"})
    if (value == on) return true;
  for (const char* off : {"0", "false", "no", "off"})
    if (value == off) return false;
  return base::Error{base::Status::config, "TIDEGATE_SKIP is neither 1 nor 0", "1 turns the step off; unset it, or set it to 0, to run"};
}

int skipped(const Options& options, Views& views) {
  const base::Redactor redactor;
  const auto style = style_for(STDERR_FILENO, options.color);
  run::EventStream events(new_run_id(), redactor);
  views.add_to(events);
  if (!options.json) views.lines().progress(style.yellow("warning:") + " TIDEGATE_SKIP is set: nothing was checked and nothing was run\n");
  events.emit("run.started", "", {{"pipeline", ""}, {"file", ""}, {"dry_run", options.dry_run}});
  events.emit("run.finished", "",
              {{"outcome", "succeeded"}, {"exit", run::kExitOk}, {"applied", base::Array{}}, {"pending", base::Array{}}, {"undone", base::Array{}},
               {"kept", base::Array{}}, {"backups", base::Array{}}, {"findings", base::Array{}}, {"ms", 0}, {"skipped", true}});
  return run::kExitOk;
}

}  // namespace

int run_command(const Options& options) {
  const auto variables = base::process_environment();
  const auto refuse = [&](const Refusal& refusal, std::FILE* file) {
    Views views(options, variables, stdout, stderr, file, nullptr, Stream::ended_before);
    views.lines().progress(problems_text(refusal.errors, refusal.warnings, options));
    tell(refusal, options.dry_run, views);
    return refusal.exit;
  };
  std::unique_ptr<std::FILE, CloseFile> events_file;
  if (!options.events_file.empty()) {
    events_file.reset(std::fopen(options.events_file.c_str(), "we"));
    if (!events_file)
      return refuse({run::kExitUsage, {{base::Status::config, "--events " + options.events_file + ": " + std::strerror(errno)}}, {}, "", base::without_url_passwords(options.file)},
                    nullptr);
  }
  const auto off = turned_off(variables);
  if (!off) return refuse({run::kExitUsage, {off.error()}, {}, "", base::without_url_passwords(options.file)}, events_file.get());
  if (*off) {
    Views views(options, variables, stdout, stderr, events_file.get(), nullptr, Stream::ended_before);
    return skipped(options, views);
  }
  Refusal refusal;
  const auto job = Job::make(options, {options.dry_run, options.environment, options.only, options.override_rule, options.reason}, refusal);
  if (!job) return refuse(refusal, events_file.get());
  if (const auto wrong = wrong_only(options.only, job->pipeline()); !wrong.message.empty())
    return refuse({run::kExitUsage, {wrong}, {}, job->pipeline().name, job->pipeline().file}, events_file.get());
  if (!options.plan.empty()) job->runner().confirm_with([&job, &options] { return same_plan(*job, options.plan); });
  job->tell_warnings();

  stage::OutputCapture capture;
  Views views(options, variables, capture.out(), capture.err(), events_file.get(), &job->redactor());
  views.add_to(job->events());
  const auto report = job->runner().run();
  const auto warn = [&](const base::Error& error) {
    if (!options.quiet) views.lines().progress(describe(error, "warning", style_for(STDERR_FILENO, options.color, &job->redactor())));
  };
  if (report.unrecorded) warn(*report.unrecorded);
  if (events_file && std::ferror(events_file.get()) != 0)
    warn({base::Status::failed, "--events " + options.events_file + ": not all events could be written", "the run itself ended as it says"});
  return report.exit;
}

}  // namespace tidegate::cli
