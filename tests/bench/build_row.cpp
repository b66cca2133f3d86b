// SPDX-License-Identifier: Apache-2.0
// How long a newcomer waits: a clean build of everything, and one edit to one passing unit test. Without the compiler
// cache, on two cores.
#include <cstdio>

#include "bench/rows.hpp"

namespace tidegate::bench {

void bench_build(Bench& bench) {
  const std::string build = bench.folder + "/build";
  const std::vector<std::string> environment{"CCACHE_DISABLE=1"};
  const auto cmake = [&](const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/usr/bin/env", "cmake"});
    return run_once({name, arguments, environment, bench.folder}).wall_ms / 1e3;
  };
  // A copy, so that the edit touches nobody's checkout.
  const std::string source = bench.folder + "/source";
  run_once({"copy", {"/usr/bin/env", "git", "clone", "-q", TIDEGATE_BENCH_SOURCE, source}});
  const double configure = cmake("configure", {"-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"});
  const double whole = cmake("build", {"--build", build, "--parallel", "2"});
  run_once({"edit", {"/usr/bin/env", "sh", "-c", "echo '// edited' >> " + source + "/core/base/text.cpp"}});
  const double rebuilt = cmake("rebuild", {"--build", build, "--parallel", "2", "--target", "unit_base"});
  const double tested =
      run_once({"unit test", {"/usr/bin/env", "ctest", "--test-dir", build, "-R", "^Text", "--no-tests=error"}}).wall_ms / 1e3;
  std::printf(
      "\nbuild on two cores, no compiler cache\n  configure %.1f s, clean build %.0f s, one edit in core/base to a passing unit test %.1f "
      "s\n",
      configure, whole, rebuilt + tested);
}

}  // namespace tidegate::bench
