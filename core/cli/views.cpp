// SPDX-License-Identifier: Apache-2.0
#include "cli/views.hpp"

#include <unistd.h>

#include <random>

#include "cli/ci_log.hpp"
#include "cli/ci_summary.hpp"
#include "cli/paths.hpp"

namespace tidegate::cli {
namespace {

std::string random_token() {
  std::random_device random;
  char text[48];
  std::snprintf(text, sizeof text, "tidegate-%08x%08x%08x%08x", random(), random(), random(), random());
  return text;
}

/// The CI system whose log this is; null when it is none that is known. Gitea's, which has GitHub's variables, obeys the same.
std::unique_ptr<Dialect> dialect_for(const base::Environment& variables) {
  if (variables("GITHUB_ACTIONS")) return github_dialect(random_token());
  if (variables("GITLAB_CI")) return gitlab_dialect();
  if (variables("TF_BUILD")) return azure_dialect();
  return nullptr;
}

}  // namespace

Views::Views(const Options& options, const base::Environment& variables, std::FILE* out, std::FILE* err, std::FILE* events_file,
             const base::Redactor* redactor, Stream stream) {
  const bool whole = stream == Stream::whole;
  const auto style = style_for(::fileno(err), options.color, redactor);
  const TextOptions text{style, options.quiet, options.verbose};
  own_lines_ = std::make_unique<StreamLines>(out, err);
  lines_ = own_lines_.get();
  if (options.json) {
    readers_.push_back(std::make_unique<JsonRenderer>(out));
  } else if (auto dialect = dialect_for(variables)) {
    auto log = make_ci_log(out, std::move(dialect), variables, text, !whole);
    lines_ = log.get();
    readers_.push_back(std::move(log));
  } else if (whole) {
    const bool live = !options.quiet && ::isatty(::fileno(err)) == 1 && variables("TERM").value_or("dumb") != "dumb";
    readers_.push_back(live ? make_live_view(out, err, text) : make_text_renderer(*lines_, text));
  }
  if (events_file != nullptr) readers_.push_back(std::make_unique<JsonRenderer>(events_file));
  if (variables("GITHUB_ACTIONS"))
    readers_.push_back(std::make_unique<GitHubFiles>(
        GitHubFiles::Places{variables("GITHUB_STEP_SUMMARY").value_or(""), variables("GITHUB_OUTPUT").value_or(""),
                            variables("GITHUB_WORKSPACE").value_or(""), working_folder()},
        err));
}

void Views::add_to(run::EventStream& events) {
  for (const auto& reader : readers_) events.add(*reader);
}

}  // namespace tidegate::cli
