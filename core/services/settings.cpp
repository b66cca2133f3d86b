// SPDX-License-Identifier: Apache-2.0
#include "services/settings.hpp"

#include "base/text.hpp"

namespace tidegate::services {
namespace {

const manifest::Setting* by_name(const std::vector<manifest::Setting>& settings, std::string_view name) {
  for (const auto& setting : settings)
    if (setting.name == name) return &setting;
  return nullptr;
}

void hide_texts(const base::Value& value, base::Redactor& redactor) {
  if (const auto* text = value.as<std::string>()) redactor.add(*text);
  if (const auto* array = value.as<base::Array>())
    for (const auto& element : *array) hide_texts(element, redactor);
  if (const auto* table = value.as<base::Table>())
    for (const auto& [key, member] : *table) hide_texts(member, redactor);
}

void hide(const manifest::Setting& setting, const base::Value& value, base::Redactor& redactor) {
  if (setting.type == manifest::SettingType::secret) return;  // only names a variable
  if (setting.sensitive) return hide_texts(value, redactor);
  if (const auto* array = value.as<base::Array>(); array != nullptr && !setting.element.empty())
    for (const auto& element : *array) hide(setting.element.front(), element, redactor);
  if (const auto* table = value.as<base::Table>())
    for (const auto& [key, member] : *table)
      if (const auto* field = by_name(setting.fields, key)) hide(*field, member, redactor);
}

}  // namespace

const manifest::Setting* setting_at(const manifest::StageType& type, std::string_view path) {
  const manifest::Setting* found = nullptr;
  bool first = true;
  for (const auto& step : base::split(path, '.')) {
    if (first)
      found = type.setting(step);
    else if (found->type == manifest::SettingType::array)
      found = found->element.empty() ? nullptr : &found->element.front();
    else
      found = by_name(found->fields, step);
    if (found == nullptr) return nullptr;
    first = false;
  }
  return found;
}

void hide_sensitive(const manifest::StageType& type, const base::Value& config, base::Redactor& redactor) {
  const auto* table = config.as<base::Table>();
  if (table == nullptr) return;
  for (const auto& [key, value] : *table)
    if (const auto* setting = type.setting(key)) hide(*setting, value, redactor);
}

}  // namespace tidegate::services
