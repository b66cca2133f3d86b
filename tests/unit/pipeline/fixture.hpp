// SPDX-License-Identifier: Apache-2.0
//
// What the pipeline tests share: stage types to hold files against, and errors in the form a user sees. One test.
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "manifest/services.hpp"
#include "pipeline/read.hpp"

namespace tidegate::pipeline::testing {

/// "a.toml:3:7: message" lines.
inline std::vector<std::string> lines(const std::vector<base::Error>& errors) {
  std::vector<std::string> out;
  for (const auto& e : errors) out.push_back(base::to_string({e.file, e.line, e.column}) + ": " + e.message);
  return out;
}

inline std::string text(const std::vector<base::Error>& errors) {
  std::string out;
  for (const auto& line : lines(errors)) out += line + '\n';
  return out;
}

inline base::Environment variables(std::map<std::string, std::string> values = {}) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto at = values.find(std::string(name));
    return at == values.end() || at->second.empty() ? std::nullopt : std::optional(at->second);
  };
}

inline manifest::Setting setting(std::string name, manifest::SettingType type) {
  manifest::Setting out;
  out.name = std::move(name);
  out.type = type;
  return out;
}

inline manifest::StageType stage_type(std::string name, std::vector<manifest::Kind> kinds) {
  manifest::StageType out;
  out.type = std::move(name);
  out.kinds = std::move(kinds);
  return out;
}

/// A catalogue of stage types; those whose plugin id starts with "own." are not bundled.
class Types {
 public:
  Types() {
    using manifest::Kind;
    using manifest::SettingType;
    auto environment = stage_type("environment", {Kind::detect});
    environment.provides = {{"environment.name", "text", ""}, {"platform", "text", ""}};
    add(environment);
    auto safety = stage_type("safety", {Kind::precheck});
    safety.provides = {{"pending", "integer", ""}};
    safety.settings = {setting("max_active_connections", SettingType::integer), setting("migrations", SettingType::string)};
    add(safety);
    auto apply = stage_type("apply.prisma", {Kind::apply});
    apply.extensions = {"tidegate.history/1"};
    apply.provides = {{"applied", "list", ""}};
    apply.settings = {setting("migrations", SettingType::string), setting("lock_timeout", SettingType::duration)};
    apply.settings[0].path = true;
    add(apply);
    auto sql = stage_type("apply.sql", {Kind::apply});
    sql.extensions = {"tidegate.history/1"};
    add(sql);
    auto health = stage_type("health", {Kind::verify});
    auto tables = setting("tables", SettingType::array);
    tables.element = {setting("", SettingType::string)};
    health.settings = {tables};
    add(health);
    auto hook = stage_type("notify.webhook", {Kind::notify});
    hook.settings = {setting("url", SettingType::string), setting("secret", SettingType::secret)};
    hook.settings[0].required = true;
    add(hook);
    add(stage_type("command", {Kind::precheck, Kind::apply, Kind::verify, Kind::rollback, Kind::notify}));
    auto back = stage_type("rollback.database", {Kind::rollback});
    back.provides = {{"undone", "list", ""}};
    add(back);
    auto audit = stage_type("audit", {Kind::precheck});
    audit.required_services = {TG_CONFIG, TG_HTTP};
    add(audit, "own.audit");
  }
  void add(manifest::StageType type, std::string plugin = "bundled") {
    const auto name = type.type;
    types_[name] = {std::move(type), std::move(plugin)};
  }
  [[nodiscard]] const manifest::StageType& type(const std::string& name) const { return types_.at(name).first; }
  [[nodiscard]] Catalogue catalogue() const {
    Catalogue out;
    out.find = [this](std::string_view use) -> KnownType {
      const auto at = types_.find(std::string(use));
      if (at == types_.end()) return {};
      return {&at->second.first, at->second.second, !at->second.second.starts_with("own.")};
    };
    for (const auto& [name, entry] : types_) {
      out.names.push_back(name);
      if (std::find(out.plugins.begin(), out.plugins.end(), entry.second) == out.plugins.end()) out.plugins.push_back(entry.second);
    }
    return out;
  }

 private:
  std::map<std::string, std::pair<manifest::StageType, std::string>> types_;
};

/// Parses and checks the text as "a.toml" in /project.
inline Reading read(const std::string& toml, const base::Environment& environment = variables(), bool variables_required = false,
                    std::vector<std::pair<std::string, std::string>> set = {}) {
  static const Types types;
  auto reading = parse({toml, "a.toml"}, "/project");
  check(reading, types.catalogue(), {std::move(set), "/work-folder"}, environment, variables_required);
  return reading;
}

}  // namespace tidegate::pipeline::testing
