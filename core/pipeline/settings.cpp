// SPDX-License-Identifier: Apache-2.0
#include "manifest/settings.hpp"

#include <algorithm>

#include "pipeline/layering.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

const manifest::Setting* find_setting(const std::vector<manifest::Setting>& settings, std::string_view name) {
  const auto at = std::find_if(settings.begin(), settings.end(), [&](const auto& s) { return s.name == name; });
  return at == settings.end() ? nullptr : &*at;
}

class SettingExpander {
 public:
  SettingExpander(const base::Environment& variables, std::vector<base::Error>& undefined) : variables_(variables), undefined_(undefined) {}

  /// `setting`: null where the schema says nothing.
  base::Value expanded(const base::Value& value, const manifest::Setting* setting) {
    if (value.as<std::string>() != nullptr) return text(value, setting);
    base::Value out = value;
    if (auto* list = out.as<base::Array>()) {
      const auto* element = setting != nullptr && !setting->element.empty() ? &setting->element.front() : nullptr;
      for (auto& entry : *list) entry = expanded(entry, element);
    } else if (auto* table = out.as<base::Table>()) {
      for (auto& [name, entry] : *table) entry = expanded(entry, setting != nullptr ? find_setting(setting->fields, name) : nullptr);
    }
    return out;
  }

 private:
  base::Value text(const base::Value& value, const manifest::Setting* setting) {
    const std::string& written = *value.as<std::string>();
    if (written.find('$') == std::string::npos) return value;
    auto full = expand_or_tell(written, variables_, value.where);
    if (!full) {
      undefined_.push_back(std::move(full.error()));
      return value;
    }
    if (setting != nullptr && setting->type == manifest::SettingType::secret) return value;
    const bool has_variable = written.find("${") != std::string::npos;
    base::Value out = setting != nullptr && has_variable ? manifest::setting_from_text(*setting, *full) : base::Value(std::move(*full));
    out.where = value.where;
    out.key_where = value.key_where;
    return out;
  }

  const base::Environment& variables_;
  std::vector<base::Error>& undefined_;
};

/// The overlay for an environment: the one with the most specific name.
const base::Value* overlay_for(const Stage& stage, const std::vector<std::string>& environments) {
  for (const auto& name : environments)
    for (const auto& [environment, values] : stage.in)
      if (environment == name) return &values;
  return nullptr;
}

}  // namespace

base::Value merged(const base::Value& under, const base::Value& over) {
  if (under.as<base::Table>() == nullptr || over.as<base::Table>() == nullptr) return over;
  base::Value out = under;
  for (const auto& [name, value] : *over.as<base::Table>()) {
    const auto* there = out.find(name);
    base::Value laid = there != nullptr ? merged(*there, value) : value;
    out.set(name, std::move(laid));
  }
  return out;
}

Expanded expand_settings(const base::Value& given, const manifest::StageType& type, const base::Environment& variables) {
  Expanded out;
  out.values = base::Value(base::Table{});
  out.values.where = given.where;
  const auto* table = given.as<base::Table>();
  if (table == nullptr) return out;
  for (const auto& [name, value] : *table) {
    const auto before = out.undefined.size();
    auto full = SettingExpander(variables, out.undefined).expanded(value, type.setting(name));
    if (out.undefined.size() > before)
      out.lost.push_back(name);
    else
      out.values.set(name, std::move(full));
  }
  return out;
}

base::Result<base::Value> settings_for(const Stage& stage, const manifest::StageType& type, const std::vector<std::string>& environments,
                                       const base::Environment& variables, const std::string& working_folder) {
  const auto* overlay = overlay_for(stage, environments);
  auto expanded = expand_settings(overlay != nullptr ? merged(stage.with, *overlay) : stage.with, type, variables);
  if (!expanded.undefined.empty()) {
    auto problem = std::move(expanded.undefined.front());
    problem.code = base::Status::config;
    return problem;
  }
  auto checked = manifest::check_settings(type, expanded.values, stage.where, working_folder);
  if (!checked.errors.empty()) {
    sort_by_place(checked.errors);
    return std::move(checked.errors.front());
  }
  return std::move(checked.values);
}

}  // namespace tidegate::pipeline
