// SPDX-License-Identifier: Apache-2.0
#include "cli/version.hpp"

#include <tidegate/plugin.h>

#include "run/json.hpp"

namespace tidegate::cli {

std::string version_json() {
  return run::to_json(base::Table{
      {"version", kVersion},
      {"commit", TIDEGATE_COMMIT},
      {"abi", base::Table{{"major", static_cast<std::int64_t>(TG_ABI_MAJOR)}, {"minor", static_cast<std::int64_t>(TG_ABI_MINOR)}}},
      {"build_type", TIDEGATE_BUILD_TYPE},
      {"flags", TIDEGATE_BUILD_FLAGS},
      {"compiler", TIDEGATE_COMPILER},
      {"portable", TIDEGATE_IS_PORTABLE != 0}});
}

}  // namespace tidegate::cli
