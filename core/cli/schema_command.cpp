// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/schema.hpp"
#include "run/json.hpp"

namespace tidegate::cli {

int schema_command(const Options& options) {
  if (options.markdown) {
    std::fputs(pipeline_reference().c_str(), stdout);
    return run::kExitOk;
  }
  const auto checked = check_pipeline(options);  // for its plugin folders; its own mistakes are `validate`'s
  if (!checked) {
    print_problems({checked.error()}, {}, options);
    return run::kExitUsage;
  }
  std::vector<base::Error> unusable;
  for (const auto& failure : checked->registry->failures()) unusable.push_back(failure.error);
  print_problems({}, unusable, options);
  const auto schema = run::to_json(pipeline_schema(checked->registry->plugins()));
  std::printf("%s\n", nlohmann::ordered_json::parse(schema).dump(2).c_str());
  return run::kExitOk;
}

}  // namespace tidegate::cli
