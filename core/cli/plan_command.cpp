// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/plan_answer.hpp"
#include "cli/print.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

constexpr std::size_t kOnAPipe = 120, kNarrowest = 80;

std::size_t columns_of(int fd) {
  winsize size{};
  if (::isatty(fd) == 0 || ::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kOnAPipe;
  return std::max<std::size_t>(size.ws_col, kNarrowest);
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
  std::vector<base::Error> warnings;
  auto answer = plan_answer(*job, report, warnings);
  print_problems({}, warnings, options, &job->redactor());
  run::redact(answer, job->redactor());
  const auto style = style_for(STDOUT_FILENO, options.color, &job->redactor());
  if (options.format == "json")
    std::printf("%s\n", run::to_json(answer).c_str());  // redacted above; once more as text might take a word of JSON
  else
    put(stdout, options.format == "markdown" ? plan_markdown(answer) : plan_text(answer, columns_of(STDOUT_FILENO), style), style);
  return report.exit;
}

}  // namespace tidegate::cli
