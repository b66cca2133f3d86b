// SPDX-License-Identifier: Apache-2.0
#include "services/db/environment.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "services/db/libpq.hpp"

namespace tidegate::services::db {
namespace {

void remove(std::vector<std::string>& environment, const std::string& name) {
  std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
}

/// Where libpq would look for a value that the connection does not give.
std::optional<std::string> inherited(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

void add_connection(const ConnectionTarget& target, const std::string& name, std::vector<std::string>& environment) {
  if (!name.empty()) {
    remove(environment, name);
    environment.push_back(name + "=" + target.text);
    return;
  }
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(libpq().PQconndefaults(), libpq().PQconninfoFree);
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->envvar == nullptr || std::string_view(option->keyword) == "application_name") continue;
    remove(environment, option->envvar);
    const auto& given = target.parameters;
    const auto found = std::find_if(given.begin(), given.end(), [&](const auto& p) { return p.first == option->keyword; });
    const auto value = found != given.end() ? std::optional(found->second) : inherited(option->envvar);
    if (value) environment.push_back(std::string(option->envvar) + "=" + *value);
  }
}

}  // namespace tidegate::services::db
