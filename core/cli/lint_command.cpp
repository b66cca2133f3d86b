// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/lint_formats.hpp"
#include "cli/offering.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"
#include "run/json.hpp"
#include "run/outcome.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;
using base::Value;

constexpr const char* kLint = "tidegate.lint/1";
constexpr const char* kFiles = "files";
constexpr std::chrono::minutes kLimit{10};

std::string text(const Value& finding, const char* key) {
  const auto* value = finding.find(key);
  return value == nullptr ? std::string{} : value->text();
}

bool is_advice(const Value& finding) { return text(finding, "severity") == "info"; }

std::string counted(std::size_t n, const char* one, const char* many) { return std::to_string(n) + " " + (n == 1 ? one : many); }

/// What each finding says, and how many there were; advice only when it is asked for.
void print_text(const Value& answer, const Options& options, const Style& style) {
  std::size_t deny = 0, warn = 0, advice = 0;
  for (const auto& finding : *answer.find("findings")->as<Array>()) {
    const auto severity = text(finding, "severity");
    severity == "deny" ? ++deny : severity == "warn" ? ++warn : ++advice;
    if (is_advice(finding) && !options.verbose) continue;
    put(stdout, describe(finding, severity == "deny" ? "deny" : severity == "warn" ? "warning" : "info", style) + "\n", style);
  }
  if (options.quiet && deny + warn == 0) return;
  const auto files = answer.find("files")->integer();
  std::string out = counted(static_cast<std::size_t>(files), "file", "files") + ": ";
  out += deny + warn == 0 ? style.green("nothing to stop for") : style.red(std::to_string(deny) + " deny") + ", " + style.yellow(std::to_string(warn) + " warn");
  if (advice > 0) out += "; " + counted(advice, "piece", "pieces") + " of advice" + (options.verbose ? "" : " (-v shows them)");
  put(stdout, out + "\n", style);
}

}  // namespace

int lint_command(const Options& options) {
  int exit_code = 0;
  const auto job = job_offering(kLint, {"lint", "checks SQL files", "--pipeline", true}, options, options.url.empty(), exit_code);
  if (!job) return exit_code;
  Array files;
  for (const auto& path : options.paths) files.emplace_back(path);
  const bool connected = !options.url.empty();
  const auto arguments = run::to_json(Table{{"files", std::move(files)}, {"connection", connected}});
  const auto access = connected ? services::Access::read : services::Access::none;
  const auto raw = job->runner().offering(kLint)->call(kLint, kFiles, arguments, access, base::Deadline::in(kLimit));
  if (!raw) return job->fail(raw.error());
  auto answer = run::from_json(*raw);
  const auto* findings = answer ? answer->find("findings") : nullptr;
  if (findings == nullptr || findings->as<Array>() == nullptr || answer->find("files") == nullptr)
    return job->fail({base::Status::internal, "the answer of tidegate.lint/1 is not what it should be", "report this to the author of the stage"});
  run::redact(*answer, job->redactor());
  const auto style = style_for(STDOUT_FILENO, options.color, &job->redactor());
  if (options.format == "json") {
    std::printf("%s\n", run::to_json(*answer).c_str());
  } else if (options.format == "sarif") {
    std::printf("%s\n", run::to_json(sarif_of(*answer, working_folder())).c_str());
  } else if (options.format == "github") {
    put(stdout, github_annotations_of(*answer, working_folder()), style);
  } else {
    print_text(*answer, options, style);
  }
  for (const auto& finding : *answer->find("findings")->as<Array>())
    if (text(finding, "severity") == "deny") return run::kExitBlocked;
  return 0;
}

}  // namespace tidegate::cli
