// SPDX-License-Identifier: Apache-2.0
//
// The table of platforms and runners: one row each. To support another one, add a row. Constant: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "detect.hpp"

namespace tidegate::environment {

/// Where to read one answer: the first that is not empty, `special` before the variables.
struct Source {
  std::vector<std::string_view> variables = {};
  std::string (*special)(const Lookup&) = nullptr;
};

/// What a row says of the environment; empty name: nothing.
struct Named {
  std::string name, env_class;
};

enum class Tier {
  hosted,  ///< a platform that builds and runs: platform, and its own runner when no other is found
  runner,  ///< a CI service
  runtime  ///< where a container may run, a CI service's too: a platform only when no runner is found
};

struct Platform {
  std::string_view id, title;
  Tier tier;
  bool (*here)(const Lookup&);
  Named (*environment)(const Lookup&) = nullptr;
  Source commit = {}, branch = {}, deployment = {}, url = {}, pull_request = {};
};

/// In the order in which they are tried within a tier.
const std::vector<Platform>& platforms();

}  // namespace tidegate::environment
