// SPDX-License-Identifier: Apache-2.0
#include "static/settings.hpp"

#include <fstream>

namespace tidegate::safety {
namespace {

using rules::Severity;
using sdk::Error;
using sdk::Result;
using sdk::Status;

bool is_group(const std::string& name) {
  return name == "*" || name == "destructive" || name == "compatibility" || name == "locks" || name == "advice";
}

Result<void> read_baseline(const std::string& path, rules::Policy& policy) {
  std::ifstream file(path);
  if (!file) return Error{Status::config, "the baseline " + path + " could not be read", "name a file with one migration a line, or leave the setting 'baseline' out"};
  std::string line;
  while (std::getline(file, line)) {
    if (const auto comment = line.find('#'); comment != std::string::npos) line.resize(comment);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.pop_back();
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.erase(0, 1);
    if (!line.empty()) policy.baseline.push_back(line);
  }
  return {};
}

}  // namespace

Result<StaticSettings> static_settings(const sdk::Host& host) {
  StaticSettings out;
  const auto level = [&](const std::string& path) { return rules::severity_named(host.text(path)).value_or(Severity::deny); };
  for (const char* group : {"destructive", "compatibility", "locks"}) {
    if (const auto given = host.text(group); !given.empty() && given != "default") out.policy.levels.push_back({{group}, level(group), {}});
  }
  for (std::uint32_t i = 0, n = host.count("policy"); i < n; ++i) {
    const auto at = "policy." + std::to_string(i);
    rules::Level entry{host.texts(at + ".rules"), level(at + ".level"), host.texts(at + ".paths")};
    for (const auto& id : entry.rules) {
      if (rules::find(id) == nullptr && !is_group(id))
        return Error{Status::config, "the setting '" + at + ".rules' names a rule that is not there: " + id, "`docs/rules.md` lists them; or a group: destructive, compatibility, locks, advice, *"};
    }
    out.policy.levels.push_back(std::move(entry));
  }
  out.options.pooler = host.flag("through_pooler");
  out.options.runner_sets_timeouts = host.flag("runner_sets_timeouts", true);
  out.options.max_duration = static_cast<double>(host.integer("max_duration", 30'000)) / 1e3;
  auto& sizes = out.policy.sizes;
  sizes.small_rows = static_cast<double>(host.integer("small_table.rows", static_cast<std::int64_t>(sizes.small_rows)));
  sizes.small_bytes = host.integer("small_table.size", sizes.small_bytes);
  sizes.large_rows = static_cast<double>(host.integer("costly_table.rows", static_cast<std::int64_t>(sizes.large_rows)));
  sizes.large_bytes = host.integer("costly_table.size", sizes.large_bytes);
  sizes.busy_writes = static_cast<double>(host.integer("costly_table.writes", static_cast<std::int64_t>(sizes.busy_writes)));
  if (const auto path = host.text("baseline"); !path.empty()) {
    if (auto read = read_baseline(path, out.policy); !read) return read.error();
  }
  return out;
}

}  // namespace tidegate::safety
