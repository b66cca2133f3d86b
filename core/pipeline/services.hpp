// SPDX-License-Identifier: Apache-2.0
//
// Services as [plugins.allow] calls them: "http" for tidegate.http/1. Pure functions: any thread.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/services.hpp"
#include "pipeline/model.hpp"

namespace tidegate::pipeline {

/// "http" for "tidegate.http/1".
inline std::string service_name(std::string_view id) {
  constexpr std::string_view prefix = "tidegate.";
  if (id.starts_with(prefix)) id.remove_prefix(prefix.size());
  return std::string(id.substr(0, id.find('/')));
}

inline std::vector<std::string> service_names() {
  std::vector<std::string> out;
  for (const auto* id : manifest::kServices)
    if (auto name = service_name(id); std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
  return out;
}

/// What [plugins.allow] gives a plugin; null when it says nothing of it, so that it may use all.
inline const std::vector<std::string>* allowed_services(const Pipeline& pipeline, std::string_view plugin_id) {
  const auto at = std::find_if(pipeline.allow.begin(), pipeline.allow.end(), [&](const auto& allow) { return allow.plugin_id == plugin_id; });
  return at == pipeline.allow.end() ? nullptr : &at->services;
}

/// Whether a plugin that may use `allowed` (names) gets the service. Those that reach nothing but the run itself are
/// always there: without them no plugin could do anything.
inline bool may_use(const std::vector<std::string>& allowed, std::string_view id) {
  constexpr std::string_view always[] = {TG_LOG, TG_CONTROL, TG_CONFIG, TG_CONTEXT};
  return std::find(std::begin(always), std::end(always), id) != std::end(always) ||
         std::find(allowed.begin(), allowed.end(), service_name(id)) != allowed.end();
}

}  // namespace tidegate::pipeline
