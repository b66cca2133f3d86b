// SPDX-License-Identifier: Apache-2.0
#include "manifest/model.hpp"

#include <algorithm>
#include <array>

namespace tidegate::manifest {
namespace {

constexpr std::array<std::string_view, 6> kKinds{"detect", "precheck", "apply", "verify", "rollback", "notify"};
constexpr std::array<std::string_view, 10> kTypes{"bool", "int", "real", "string", "duration", "size", "enum", "array", "table", "secret"};

}  // namespace

std::string_view name_of(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<Kind> kind_from(std::string_view name) {
  const auto at = std::find(kKinds.begin(), kKinds.end(), name);
  if (at == kKinds.end()) return std::nullopt;
  return static_cast<Kind>(at - kKinds.begin());
}

const std::vector<std::string>& kind_names() {
  static const std::vector<std::string> names(kKinds.begin(), kKinds.end());
  return names;
}

std::string_view name_of(SettingType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

std::optional<SettingType> setting_type_from(std::string_view name) {
  const auto at = std::find(kTypes.begin(), kTypes.end(), name);
  if (at == kTypes.end()) return std::nullopt;
  return static_cast<SettingType>(at - kTypes.begin());
}

const std::vector<std::string>& setting_type_names() {
  static const std::vector<std::string> names(kTypes.begin(), kTypes.end());
  return names;
}

const Setting* StageType::setting(std::string_view name) const {
  const auto at = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.name == name; });
  return at == settings.end() ? nullptr : &*at;
}

const StageType* Manifest::stage(std::string_view type) const {
  const auto at = std::find_if(stages.begin(), stages.end(), [&](const StageType& s) { return s.type == type; });
  return at == stages.end() ? nullptr : &*at;
}

}  // namespace tidegate::manifest
