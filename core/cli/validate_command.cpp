// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/paths.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

base::Array problems(const std::vector<base::Error>& errors) {
  base::Array out;
  for (const auto& error : errors) out.push_back(run::to_value(error));
  return out;
}

}  // namespace

int validate_command(const Options& options) {
  const auto checked = check_pipeline(options);
  if (!checked) {
    print_problems({checked.error()}, {}, options);
    return run::kExitUsage;
  }
  const auto& reading = checked->reading;
  const bool valid = reading.errors.empty();
  if (options.json) {
    const base::Table out{{"file", reading.pipeline.file}, {"valid", valid}, {"errors", problems(reading.errors)}, {"warnings", problems(reading.warnings)}};
    std::printf("%s\n", run::to_json(out).c_str());
  } else {
    print_problems(reading.errors, reading.warnings, options);
    const auto file = shown(reading.pipeline.file);
    if (valid) std::printf("%s: valid, %zu stages\n", file.c_str(), reading.pipeline.stages.size() + reading.pipeline.notify.size());
    else std::printf("%s: %zu %s\n", file.c_str(), reading.errors.size(), reading.errors.size() == 1 ? "mistake" : "mistakes");
  }
  return valid ? run::kExitOk : run::kExitUsage;
}

}  // namespace tidegate::cli
