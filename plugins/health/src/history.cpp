// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <nlohmann/json.hpp>

namespace tidegate::health {
namespace {

using Json = nlohmann::json;

bool read_names(const Json& history, const char* key, std::vector<std::string>& out) {
  const auto list = history.find(key);
  if (list == history.end() || !list->is_array()) return false;
  for (const auto& entry : *list) {
    const Json& name = entry.is_object() && entry.contains("name") ? entry["name"] : entry;
    if (!name.is_string()) return false;
    out.push_back(name.get<std::string>());
  }
  return true;
}

}  // namespace

sdk::Result<Incomplete> read_history(std::string_view json) {
  const Json history = Json::parse(json, nullptr, false);
  Incomplete out;
  if (!history.is_object() || !read_names(history, "pending", out.pending) || !read_names(history, "failed", out.failed))
    return sdk::Error{sdk::Status::internal,
                      "the stage that keeps the history of migrations gave an answer that is not of the documented form",
                      "report this to its plugin's author"};
  return out;
}

}  // namespace tidegate::health
