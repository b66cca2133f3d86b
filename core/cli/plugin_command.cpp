// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;
using base::Value;
using manifest::Setting;
using manifest::SettingType;

Array texts(const std::vector<std::string>& values) { return Array(values.begin(), values.end()); }

std::vector<std::string> kinds_of(const manifest::StageType& type) {
  std::vector<std::string> out;
  for (const auto kind : type.kinds) out.emplace_back(manifest::name_of(kind));
  return out;
}

Value setting_value(const Setting& s) {
  Table out{{"name", s.name}, {"type", manifest::name_of(s.type)}, {"required", s.required}};
  if (s.default_value) out.emplace_back("default", *s.default_value);
  if (s.min) out.emplace_back("min", *s.min);
  if (s.max) out.emplace_back("max", *s.max);
  if (!s.one_of.empty()) out.emplace_back("one_of", texts(s.one_of));
  if (!s.pattern.empty()) out.emplace_back("pattern", s.pattern);
  if (s.sensitive || s.type == SettingType::secret) out.emplace_back("sensitive", true);
  if (!s.deprecated.empty()) out.emplace_back("deprecated", s.deprecated);
  if (!s.help.empty()) out.emplace_back("help", s.help);
  if (!s.element.empty()) out.emplace_back("element", setting_value(s.element.front()));
  if (!s.fields.empty()) {
    Array fields;
    for (const auto& field : s.fields) fields.push_back(setting_value(field));
    out.emplace_back("fields", std::move(fields));
  }
  return out;
}

Value plugin_value(const loader::Plugin& plugin, bool whole) {
  Array stages;
  for (const auto& type : plugin.manifest.stages) {
    Table stage{{"type", type.type}, {"kinds", texts(kinds_of(type))}, {"summary", type.summary}};
    if (whole) {
      stage.emplace_back("extensions", texts(type.extensions));
      stage.emplace_back("requires", texts(type.required_services));
      stage.emplace_back("wants", texts(type.wanted_services));
      stage.emplace_back("dry_run", type.dry_run);
      stage.emplace_back("events", texts(type.events));
      Array provides;
      for (const auto& key : type.provides) provides.emplace_back(Table{{"key", key.key}, {"type", key.type}, {"help", key.help}});
      stage.emplace_back("provides", std::move(provides));
      Array settings;
      for (const auto& setting : type.settings) settings.push_back(setting_value(setting));
      stage.emplace_back("settings", std::move(settings));
    }
    stages.emplace_back(std::move(stage));
  }
  return Table{{"id", plugin.manifest.id}, {"version", plugin.manifest.version}, {"summary", plugin.manifest.summary},
               {"license", plugin.manifest.license}, {"abi", static_cast<std::int64_t>(plugin.manifest.abi)},
               {"path", plugin.path}, {"bundled", plugin.bundled}, {"stages", std::move(stages)}};
}

std::unique_ptr<loader::Registry> find_plugins(const Options& options, std::vector<base::Error>& problems) {
  Options pipeline = options;
  pipeline.file = options.command == Command::plugin_list ? options.file : "";
  auto checked = check_pipeline(pipeline);
  if (checked) return std::move(checked->registry);
  problems.push_back(checked.error());
  return nullptr;
}

std::string default_text(const Setting& s) {
  if (s.required) return "required";
  if (!s.default_value) return "";
  if (s.type == SettingType::duration) return "default " + base::format_duration(std::chrono::milliseconds(s.default_value->integer()));
  return "default " + run::to_json(*s.default_value);
}

void print_inspection(const loader::Plugin& plugin, const Style& style) {
  const auto& m = plugin.manifest;
  std::string out = style.bold(m.id) + " " + m.version + (plugin.bundled ? " (bundled)" : "") + "\n" + m.summary + "\n";
  out += "file      " + plugin.path + "\nlicense   " + m.license + "\nABI       " + std::to_string(m.abi) + "\n";
  for (const auto& type : m.stages) {
    out += "\n" + style.bold(type.type) + "  " + base::join_words(kinds_of(type)) + "\n  " + type.summary + "\n";
    const auto words = [&](const char* label, const std::vector<std::string>& list) {
      if (!list.empty()) out += std::string("  ") + label + base::join_words(list) + "\n";
    };
    words("requires    ", type.required_services);
    words("wants       ", type.wanted_services);
    words("extensions  ", type.extensions);
    for (const auto& key : type.provides) out += "  publishes   " + key.key + " (" + key.type + ") " + style.dim(key.help) + "\n";
    for (const auto& s : type.settings) {
      out += "  setting     " + s.name + " (" + std::string(manifest::name_of(s.type)) + ")";
      if (const auto d = default_text(s); !d.empty()) out += ", " + d;
      out += "\n" + (s.help.empty() ? std::string{} : "              " + style.dim(s.help) + "\n");
    }
  }
  std::fputs(out.c_str(), stdout);
}

}  // namespace

int plugin_list_command(const Options& options) {
  std::vector<base::Error> problems;
  const auto registry = find_plugins(options, problems);
  if (!registry) {
    print_problems(problems, {}, options);
    return run::kExitUsage;
  }
  if (options.json) {
    Array plugins;
    for (const auto& plugin : registry->plugins()) plugins.push_back(plugin_value(plugin, false));
    Array failures;
    for (const auto& f : registry->failures()) failures.emplace_back(Table{{"path", f.path}, {"step", f.step}, {"error", run::to_value(f.error)}});
    std::printf("%s\n", run::to_json(Table{{"plugins", std::move(plugins)}, {"failures", std::move(failures)}}).c_str());
    return run::kExitOk;
  }
  const auto style = style_for(STDOUT_FILENO, options.color);
  for (const auto& plugin : registry->plugins()) {
    std::printf("%s %s%s\n", style.bold(plugin.manifest.id).c_str(), plugin.manifest.version.c_str(), plugin.bundled ? "" : ("  " + shown(plugin.path)).c_str());
    for (const auto& type : plugin.manifest.stages)
      std::printf("  %-16s %-10s %s\n", type.type.c_str(), base::join_words(kinds_of(type)).c_str(), type.summary.c_str());
  }
  for (const auto& failure : registry->failures()) problems.push_back(failure.error);
  print_problems({}, problems, options);
  return run::kExitOk;
}

int plugin_inspect_command(const Options& options) {
  std::vector<base::Error> problems;
  const auto show = [&](const loader::Plugin& plugin) {
    if (options.json) std::printf("%s\n", run::to_json(plugin_value(plugin, true)).c_str());
    else print_inspection(plugin, style_for(STDOUT_FILENO, options.color));
    return run::kExitOk;
  };
  if (options.file.find('/') != std::string::npos || options.file.ends_with(".so")) {
    auto plugin = loader::inspect(options.file);
    if (plugin) {
      std::error_code ignored;
      const auto folder = std::filesystem::path(plugin->path).parent_path();
      plugin->bundled = std::filesystem::equivalent(folder, installation().plugins, ignored);
      return show(*plugin);
    }
    problems.push_back(plugin.error());
  } else if (const auto registry = find_plugins(options, problems)) {
    std::vector<std::string> names = registry->stage_types();
    for (const auto& plugin : registry->plugins()) {
      if (plugin.manifest.id == options.file || plugin.manifest.stage(options.file) != nullptr) return show(plugin);
      names.push_back(plugin.manifest.id);
    }
    problems.push_back({base::Status::config, "no plugin or stage type '" + options.file + "'" + base::did_you_mean(options.file, names),
                        "give a file, or a name that `tidegate plugin list` shows"});
  }
  print_problems(problems, {}, options);
  return run::kExitUsage;
}

}  // namespace tidegate::cli
