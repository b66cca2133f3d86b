// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/print.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;
using base::Value;

/// SHA-256 over all that decides what a run would do; not over sizes, times or live checks, which change by themselves.
std::string plan_hash(Job& job) {
  auto& runner = job.runner();
  std::string text = "tidegate plan 1\ntarget " + job.target() + "\nenvironment " + runner.environments().front() + "\n";
  for (const auto& migration : runner.planned()) text += "pending " + migration.name + " " + migration.checksum + "\n";
  if (const auto* history = runner.last_history()) text += "newest " + history->newest + "\n";
  text += "pipeline " + loader::sha256_hex(job.pipeline_fingerprint(runner.environments())) + "\n";
  for (const auto& plugin : job.plugin_fingerprints()) text += "plugin " + plugin + "\n";
  return loader::sha256_hex(text);
}

Value statement_value(const run::PlannedStatement& s) {
  return Table{{"sql", s.sql}, {"line", s.line}, {"transactional", s.transactional}};
}

Value as_json(Job& job, const run::Report& report, const std::string& hash) {
  auto& runner = job.runner();
  Table environment{{"name", runner.environments().front()}};
  Array migrations;
  for (const auto& m : runner.planned()) {
    Array statements;
    for (const auto& s : m.statements) statements.push_back(statement_value(s));
    migrations.emplace_back(Table{{"name", m.name}, {"checksum", m.checksum}, {"file", m.file}, {"transactional", m.transactional},
                                  {"statements", std::move(statements)}, {"findings", Array{}}});
  }
  Array checks;
  for (const auto& finding : report.findings) checks.push_back(run::to_value(finding));
  Table out{{"hash", hash}, {"target", job.target()}, {"environment", std::move(environment)}, {"migrations", std::move(migrations)},
            {"checks", std::move(checks)}};
  if (report.error) out.emplace_back("error", run::to_value(*report.error));
  return out;
}

void print_text(Job& job, const run::Report& report, const std::string& hash, const Style& style) {
  auto& runner = job.runner();
  std::string out = "target       " + job.target() + "\nenvironment  " + runner.environments().front() + "\n";
  out += "pending      " + std::to_string(runner.planned().size()) + "\n";
  for (const auto& m : runner.planned()) {
    out += "\n" + style.bold(m.name) + (m.transactional ? "" : style.yellow("  (not in one transaction)")) + "\n";
    for (const auto& s : m.statements) {
      std::string first = style.clean(base::trim(s.sql));
      for (auto& c : first)
        if (c == '\n' || c == '\r' || c == '\t') c = ' ';
      if (first.size() > 110) {
        std::size_t cut = 107;
        while (cut > 0 && (static_cast<unsigned char>(first[cut]) & 0xC0) == 0x80) --cut;
        first = first.substr(0, cut) + "...";
      }
      out += style.dim("  " + std::to_string(s.line) + ": ") + first + "\n";
    }
  }
  out += "\nhash " + hash + "\n";
  put(stdout, out, style);
  for (const auto& finding : report.findings)
    if (finding.verdict != stage::Verdict::pass) put(stdout, describe(run::to_value(finding), "finding", style), style);
}

}  // namespace

int plan_command(const Options& options) {
  int exit_code = 0;
  const auto job = Job::make_to_ask(options, exit_code);
  if (!job) return exit_code;
  const auto report = job->runner().run();
  if (report.error) print_problems({*report.error}, {}, options, &job->redactor());
  if (job->interrupted() != 0) return job->interrupted();
  if (job->runner().environments().empty() || report.exit == run::kExitUsage || report.exit == run::kExitUnreachable) return report.exit;
  const auto hash = plan_hash(*job);
  if (options.json) {
    auto answer = as_json(*job, report, hash);
    run::redact(answer, job->redactor());
    std::printf("%s\n", run::to_json(answer).c_str());
  } else {
    print_text(*job, report, hash, style_for(STDOUT_FILENO, options.color, &job->redactor()));
  }
  return report.exit;
}

}  // namespace tidegate::cli
