// SPDX-License-Identifier: Apache-2.0
#include "cli/schema.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/keys.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;
using base::Value;
using manifest::Kind;
using manifest::Setting;
using manifest::SettingType;
using pipeline::Key;
using pipeline::Section;
using pipeline::Shape;

constexpr std::int64_t kVersion = 1;
constexpr const char* kDuration = "^\\s*(0|([0-9]+(\\.[0-9]+)?\\s*(ms|s|m|min|h|d)\\s*)+)$";
constexpr const char* kSize = "^\\s*[0-9]+(\\.[0-9]+)?\\s*([kKmMgGtT]?[iI]?[bB])?\\s*$";
constexpr const char* kSecret = "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-)?\\}$";
constexpr const char* kVariable = "\\$\\{";

Array texts(const std::vector<std::string>& values) {
  return Array(values.begin(), values.end());
}

/// Whole numbers without a decimal point, as a person would write them.
Value number(double value) {
  const double whole = std::nearbyint(value);
  const bool is_whole = std::abs(value - whole) < 1e-9 && std::abs(value) < 1e15;
  return is_whole ? Value(static_cast<std::int64_t>(whole)) : Value(value);
}

Value reference(const std::string& type) {
  return Table{{"$ref", "#/$defs/" + type}};
}

// --- settings of stage types

Table members(const std::vector<Setting>& settings, bool whole);

/// `whole`: what is required has to be there; false where other layers may bring it.
Table plain_setting(const Setting& setting, bool whole) {
  Table out;
  const auto bounds = [&](const char* least, const char* most) {
    if (setting.min) out.emplace_back(least, number(*setting.min));
    if (setting.max) out.emplace_back(most, number(*setting.max));
  };
  switch (setting.type) {
    case SettingType::boolean:
      out.emplace_back("type", "boolean");
      break;
    case SettingType::integer:
    case SettingType::real:
      out.emplace_back("type", setting.type == SettingType::integer ? "integer" : "number");
      bounds("minimum", "maximum");
      break;
    case SettingType::string:
    case SettingType::enumeration:
      out.emplace_back("type", "string");
      if (!setting.one_of.empty()) out.emplace_back("enum", texts(setting.one_of));
      if (!setting.pattern.empty()) out.emplace_back("pattern", "^(?:" + setting.pattern + ")$");
      bounds("minLength", "maxLength");
      break;
    case SettingType::duration:
      out.emplace_back("anyOf", Array{Table{{"type", "string"}, {"pattern", kDuration}}, Table{{"const", 0}}});
      break;
    case SettingType::size:
      out.emplace_back("anyOf", Array{Table{{"type", "string"}, {"pattern", kSize}}, Table{{"type", "integer"}, {"minimum", 0}}});
      break;
    case SettingType::array:
      out.emplace_back("type", "array");
      if (!setting.element.empty()) {
        Table element = plain_setting(setting.element.front(), true);
        out.emplace_back("items", std::move(element));
      }
      bounds("minItems", "maxItems");
      break;
    case SettingType::table:
      out = setting.fields.empty() ? Table{{"type", "object"}} : members(setting.fields, whole);
      break;
    case SettingType::secret:
      out.emplace_back("type", "string");
      out.emplace_back("pattern", kSecret);
      break;
  }
  return out;
}

/// As plain_setting, or text with a variable in it, which may turn into anything.
Table setting_schema(const Setting& setting, bool whole) {
  Table out = plain_setting(setting, whole);
  if (setting.type != SettingType::secret && setting.type != SettingType::table)
    out = Table{{"anyOf", Array{std::move(out), Table{{"type", "string"}, {"pattern", kVariable}}}}};
  if (!setting.help.empty()) out.emplace_back("description", setting.help);
  if (!setting.deprecated.empty()) out.emplace_back("deprecated", true);
  const bool in_own_form = setting.type != SettingType::duration && setting.type != SettingType::size;
  if (setting.default_value && in_own_form && !setting.sensitive) out.emplace_back("default", *setting.default_value);
  return out;
}

Table members(const std::vector<Setting>& settings, bool whole) {
  Table properties;
  Array required;
  for (const auto& setting : settings) {
    properties.emplace_back(setting.name, setting_schema(setting, whole));
    if (whole && setting.required) required.emplace_back(setting.name);
  }
  Table out{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) out.emplace_back("required", std::move(required));
  return out;
}

// --- the file's own keys

class FileSchema {
 public:
  explicit FileSchema(const std::vector<loader::Plugin>& plugins) {
    for (const auto& plugin : plugins)
      for (const auto& type : plugin.manifest.stages) types_.push_back(&type);
    std::sort(types_.begin(), types_.end(), [](const auto* a, const auto* b) { return a->type < b->type; });
  }

  Value all() {
    Table out{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "tidegate pipeline"}};
    for (auto& member : section(pipeline::pipeline_file(), true)) out.push_back(std::move(member));
    // What an entry leaves out may stand in the pipeline that is extended.
    Table lists;
    for (const auto& key : pipeline::pipeline_file().keys)
      if (key.shape == Shape::tables) lists.emplace_back(key.name, Table{{"items", Table{{"required", Array{"use"}}}}});
    out.emplace_back("if", Table{{"not", Table{{"required", Array{"extends"}}}}});
    out.emplace_back("then", Table{{"required", Array{"stage"}}, {"properties", std::move(lists)}});
    Table definitions;
    for (const auto* type : types_) definitions.emplace_back(type->type, members(type->settings, false));
    out.emplace_back("$defs", std::move(definitions));
    return out;
  }

 private:
  Table section(const Section& section, bool with_required) {
    Table properties;
    Array required;
    for (const auto& key : section.keys) {
      if (!key.refused.empty()) continue;
      properties.emplace_back(key.name, described(key, section));
      if (key.required && with_required) required.emplace_back(key.name);
    }
    Table out{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) out.emplace_back("required", std::move(required));
    return out;
  }

  Value described(const Key& key, const Section& of) {
    Value out = value(key, of);
    out.set("description", key.help);
    return out;
  }

  Value value(const Key& key, const Section& of) {
    switch (key.shape) {
      case Shape::integer:
      case Shape::number: {
        if (key.name == "version") return Table{{"const", kVersion}};
        Table out{{"type", key.shape == Shape::integer ? "integer" : "number"}};
        if (key.min) out.emplace_back("minimum", number(*key.min));
        if (key.max) out.emplace_back("maximum", number(*key.max));
        return out;
      }
      case Shape::flag:
        return Table{{"type", "boolean"}};
      case Shape::text:
        return key.name == "use" ? uses(of) : Value(Table{{"type", "string"}, {"pattern", "\\S"}});
      case Shape::duration:
        return Table{{"type", "string"}, {"pattern", kDuration}};
      case Shape::choice:
        return Table{{"enum", texts(key.choices)}};
      case Shape::texts:
        return list(key);
      case Shape::table:
        return section(*key.inside, true);
      case Shape::tables:
        return Table{{"type", "array"}, {"items", entry(*key.inside)}};
      case Shape::named_tables:
        return Table{{"type", "object"}, {"additionalProperties", section(*key.inside, true)}};
      case Shape::named_choices:
        return Table{{"type", "object"}, {"additionalProperties", Table{{"enum", texts(key.choices)}}}};
      case Shape::named_texts:
        return Table{{"type", "object"}, {"additionalProperties", list(key)}};
      case Shape::settings:
        return &of == &pipeline::pipeline_file() ? defaults() : Value(Table{{"type", "object"}});
      case Shape::conditions:
        return conditions();
    }
    return Table{};
  }

  static Value list(const Key& key) {
    Table item{{"type", "string"}};
    if (!key.choices.empty()) item.emplace_back("enum", texts(key.choices));
    return Table{{"type", "array"}, {"items", std::move(item)}};
  }

  static Value conditions() {
    const Table one{{"type", Array{"string", "number", "boolean"}}};
    return Table{{"type", "object"},
                 {"additionalProperties",
                  Table{{"anyOf", Array{one, Table{{"type", "array"}, {"items", one}, {"minItems", 1}}, Table{{"type", "object"}}}}}}};
  }

  /// The stage types that may stand in the section.
  [[nodiscard]] std::vector<const manifest::StageType*> types_of(const Section& section) const {
    const auto* kinds = section.find("kind");
    std::vector<const manifest::StageType*> out;
    for (const auto* type : types_)
      if (std::any_of(type->kinds.begin(), type->kinds.end(), [&](Kind kind) {
            return kinds == nullptr ||
                   std::find(kinds->choices.begin(), kinds->choices.end(), std::string(manifest::name_of(kind))) != kinds->choices.end();
          }))
        out.push_back(type);
    return out;
  }

  [[nodiscard]] Value uses(const Section& section) const {
    Array names;
    for (const auto* type : types_of(section)) names.emplace_back(type->type);
    return Table{{"enum", std::move(names)}};
  }

  /// One [[stage]]: its keys, and for each `use` what its settings are.
  Value entry(const Section& of) {
    Table out = section(of, false);
    out.emplace_back("anyOf", Array{Table{{"required", Array{"use"}}}, Table{{"required", Array{"id"}}}});
    Array rules;
    for (const auto* type : types_of(of)) {
      Table then{{"with", reference(type->type)}};
      if (of.find("in") != nullptr)
        then.emplace_back("in", Table{{"additionalProperties", Table{{"properties", Table{{"with", reference(type->type)}}}}}});
      rules.emplace_back(Table{{"if", Table{{"properties", Table{{"use", Table{{"const", type->type}}}}}, {"required", Array{"use"}}}},
                               {"then", Table{{"properties", std::move(then)}}}});
    }
    if (!rules.empty()) out.emplace_back("allOf", std::move(rules));
    return out;
  }

  /// [with]: every setting of every type; where types differ, what any of them takes.
  [[nodiscard]] Value defaults() const {
    std::map<std::string, Array> forms;
    for (const auto* type : types_)
      for (const auto& setting : type->settings) {
        auto& list = forms[setting.name];
        Value form = setting_schema(setting, false);
        if (std::find(list.begin(), list.end(), form) == list.end()) list.push_back(std::move(form));
      }
    Table properties;
    for (auto& [name, list] : forms)
      properties.emplace_back(name, list.size() == 1 ? list.front() : Value(Table{{"anyOf", std::move(list)}}));
    return Table{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  }

  std::vector<const manifest::StageType*> types_;
};

// --- the reference

std::string type_of(const Key& key) {
  const auto choices = [&] {
    std::string out;
    for (const auto& choice : key.choices) out += (out.empty() ? "`\"" : ", `\"") + choice + "\"`";
    return out;
  };
  switch (key.shape) {
    case Shape::integer:
      return "integer";
    case Shape::number:
      return "number";
    case Shape::flag:
      return "true, false";
    case Shape::text:
      return "text";
    case Shape::duration:
      return "duration";
    case Shape::choice:
      return choices();
    case Shape::texts:
      return key.choices.empty() ? "list of texts" : "list of " + choices();
    case Shape::table:
      return "table";
    case Shape::tables:
      return "tables";
    case Shape::named_tables:
      return "tables";
    case Shape::named_choices:
      return "a table: NAME = " + choices();
    case Shape::named_texts:
      return "a table: NAME = list of " + choices();
    case Shape::settings:
      return "table of settings";
    case Shape::conditions:
      return "table of conditions";
  }
  return {};
}

void describe_section(const Section& section, std::string_view title, std::vector<const Section*>& seen, std::string& out) {
  if (std::find(seen.begin(), seen.end(), &section) != seen.end()) return;
  seen.push_back(&section);
  out += "### " + std::string(title) + "\n\n| key | type | meaning | without it |\n|---|---|---|---|\n";
  for (const auto& key : section.keys) {
    if (!key.refused.empty()) continue;
    std::string help(key.help);
    if (key.min && key.max) {
      const auto text = [](double bound) { return std::to_string(std::llround(bound)); };
      help += "; from " + text(*key.min) + " to " + text(*key.max);
    }
    out += "| `" + std::string(key.name) + "` | " + type_of(key) + " | " + help + " | " +
           (key.required ? "an error" : std::string(key.otherwise)) + " |\n";
  }
  out += '\n';
  for (const auto& key : section.keys)
    if (key.inside != nullptr) describe_section(*key.inside, key.inside->title == "'retry'" ? "retry" : key.inside->title, seen, out);
}

}  // namespace

Value pipeline_schema(const std::vector<loader::Plugin>& plugins) {
  return FileSchema(plugins).all();
}

std::string pipeline_reference() {
  std::string out;
  std::vector<const Section*> seen;
  describe_section(pipeline::pipeline_file(), "The file", seen, out);
  out.pop_back();
  return out;
}

}  // namespace tidegate::cli
