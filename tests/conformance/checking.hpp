// SPDX-License-Identifier: Apache-2.0
//
// Runs `tidegate plugin check` as a user does and reads its JSON. Failures to start throw. Main thread.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "support/files.hpp"
#include "support/process.hpp"

namespace tidegate::test {

struct Checked {
  Finished process;
  nlohmann::json answer;
  /// Checks with that result, or any of those: "fail", "crash" …
  [[nodiscard]] std::set<std::string> with(const std::set<std::string>& results) const {
    std::set<std::string> out;
    for (const auto& file : answer["files"])
      for (const auto& result : file["results"])
        if (results.contains(result["result"])) out.insert(result["check"]);
    return out;
  }
  [[nodiscard]] std::string messages() const {
    std::string out;
    for (const auto& file : answer["files"])
      for (const auto& result : file["results"])
        if (result["result"] != "pass" && result["result"] != "skip") out += result.dump() + "\n";
    return out;
  }
};

inline Finished tidegate(std::vector<std::string> arguments, const std::vector<std::pair<std::string, std::string>>& env = {},
                         const std::string& cwd = {}) {
  Command command{{TIDEGATE_EXECUTABLE}, env};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.cwd = cwd;
  return run(command);
}

inline Checked check(const std::string& file, std::vector<std::string> more = {}, const std::string& mistake = {}) {
  std::vector<std::string> arguments{"plugin", "check", file, "--json", "--seed", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Checked out{tidegate(arguments, {{"TIDEGATE_TEST_MISTAKE", mistake}}), {}};
  out.answer = nlohmann::json::parse(out.process.out, nullptr, false);
  if (out.answer.is_discarded()) throw std::runtime_error("no JSON: " + out.process.out + out.process.err);
  return out;
}

}  // namespace tidegate::test
