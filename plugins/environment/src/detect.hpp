// SPDX-License-Identifier: Apache-2.0
//
// Where this is: told from environment variables alone, through a lookup that tests put their own in place of. The
// platform (where the deployment goes) and the runner (what executes the build) are two answers. Pure functions: any
// thread.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace tidegate::environment {

/// The value of an environment variable; empty and unset are the same, since platforms set empty ones.
using Lookup = std::function<std::string(std::string_view variable)>;

struct Options {
  std::string name;               ///< given by the user: wins
  std::string production_branch;  ///< for platforms that do not name the environment
};

/// Empty: nothing tells it. name, env_class, platform and runner are never empty, but "unknown".
struct Detected {
  std::string name, env_class;
  std::string platform, runner;
  std::string platform_title, runner_title;  ///< as people write them
  std::string commit, branch, deployment, url, pull_request;
};

Detected detect(const Lookup& lookup, const Options& options);

/// production, preview or development when the name says so, else unknown.
std::string class_of(std::string_view name);

}  // namespace tidegate::environment
