// SPDX-License-Identifier: Apache-2.0
#include "manifest/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "base/text.hpp"
#include "manifest/check.hpp"
#include "manifest/pattern.hpp"

namespace tidegate::manifest {
namespace {

using base::Value;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string number_text(double number) {
  char out[32];
  const auto end = std::to_chars(out, out + sizeof out, number).ptr;
  return {out, end};
}

std::string below(const std::string& path) {
  return path.empty() ? path : path + '.';
}

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

bool is_secret_reference(std::string_view text) {
  if (!text.starts_with("${") || !text.ends_with('}')) return false;
  text = text.substr(2, text.size() - 3);
  if (text.ends_with(":-")) text.remove_suffix(2);
  return !text.empty() && (text[0] < '0' || text[0] > '9') && std::all_of(text.begin(), text.end(), name_character);
}

std::string bound_text(SettingType type, double bound) {
  return type == SettingType::duration ? base::format_duration(std::chrono::milliseconds(std::llround(bound)))
         : type == SettingType::size   ? number_text(bound) + " bytes"
                                       : number_text(bound);
}

void Checker::error(const base::Place& where, const std::string& path, const std::string& problem, std::string hint) {
  errors.push_back(base::error_at(where, base::Status::config, call_it(path) + ' ' + problem, std::move(hint)));
}

void Checker::wrong_type(const Setting& setting, const std::string& path, const Value& given, std::string_view expected) {
  const auto* text = given.as<std::string>();
  const bool shown = text != nullptr && !setting.sensitive && setting.type != SettingType::secret && text->size() <= 80;
  error(given.where, path,
        "must be " + std::string(expected) + ", not " + (shown ? "the text '" + *text + "'" : std::string(type_name(given))), setting.help);
}

void Checker::range(const Setting& setting, const std::string& path, const Value& given, double measure, std::string_view of) {
  const std::string prefix = of.empty() ? "must be " : "must have ";
  const std::string suffix = of.empty() ? std::string{} : ' ' + std::string(of);
  if (setting.min && measure < *setting.min)
    error(given.where, path, prefix + "at least " + bound_text(setting.type, *setting.min) + suffix, setting.help);
  if (setting.max && measure > *setting.max)
    error(given.where, path, prefix + "at most " + bound_text(setting.type, *setting.max) + suffix, setting.help);
}

Value Checker::text(const Setting& setting, const std::string& path, const Value& given, const std::string& text) {
  const bool shown = !setting.sensitive;
  if (!setting.one_of.empty() && std::find(setting.one_of.begin(), setting.one_of.end(), text) == setting.one_of.end())
    error(given.where, path,
          "must be one of " + base::join_words(setting.one_of) + (shown ? ", not '" + text + "'" : std::string{}) +
              base::did_you_mean(text, setting.one_of),
          setting.help);
  range(setting, path, given, static_cast<double>(characters(text)), "characters");
  if (!setting.pattern.empty() && !matches_pattern(setting.pattern, text))
    error(given.where, path,
          (shown ? "is '" + text + "', which does" : std::string("does")) + " not match the pattern " + setting.pattern, setting.help);
  Value out = given;
  if (setting.path && !text.empty()) {
    namespace fs = std::filesystem;
    const std::string& file = given.where.file;
    const bool beside_file = !file.empty() && !file.starts_with("bundled") && !file.starts_with("<bundled>");
    fs::path joined = fs::path(working_folder) / (beside_file ? fs::path(file).parent_path() : fs::path()) / text;
    out.data = joined.lexically_normal().string();
  }
  return out;
}

Value Checker::table(const Setting& setting, const std::string& path, const Value& given) {
  if (setting.fields.empty()) return given;
  return members(setting.fields, given, given.where, below(path));
}

Value Checker::check(const Setting& setting, const std::string& path, const Value& given) {
  Value out = given;
  const auto* text_given = given.as<std::string>();
  switch (setting.type) {
    case SettingType::boolean:
      if (given.as<bool>() == nullptr) wrong_type(setting, path, given, "true or false");
      break;
    case SettingType::integer:
      if (const auto* number = given.as<std::int64_t>())
        range(setting, path, given, static_cast<double>(*number), {});
      else
        wrong_type(setting, path, given, "a whole number");
      break;
    case SettingType::real: {
      const auto* whole = given.as<std::int64_t>();
      const auto* real = given.as<double>();
      if ((whole == nullptr && real == nullptr) || (real != nullptr && !std::isfinite(*real))) {
        wrong_type(setting, path, given, "a number");
        break;
      }
      out.data = whole != nullptr ? static_cast<double>(*whole) : *real;
      range(setting, path, given, std::get<double>(out.data), {});
      break;
    }
    case SettingType::string:
    case SettingType::enumeration:
      if (text_given == nullptr)
        wrong_type(setting, path, given, "text");
      else
        out = text(setting, path, given, *text_given);
      break;
    case SettingType::duration: {
      const auto span = text_given != nullptr ? base::parse_duration(*text_given) : std::nullopt;
      const bool zero = given.as<std::int64_t>() != nullptr && given.integer() == 0;
      if (!span && !zero) {
        wrong_type(setting, path, given, "a duration such as \"250ms\", \"10s\" or \"1h30m\"");
        break;
      }
      out.data = static_cast<std::int64_t>(span ? span->count() : 0);
      range(setting, path, given, static_cast<double>(out.integer()), {});
      break;
    }
    case SettingType::size: {
      auto bytes = text_given != nullptr ? base::parse_size(*text_given) : std::nullopt;
      if (const auto* number = given.as<std::int64_t>(); number != nullptr && *number >= 0) bytes = *number;
      if (!bytes) {
        wrong_type(setting, path, given, "a size such as \"64kB\", \"10MB\" or a number of bytes");
        break;
      }
      out.data = *bytes;
      range(setting, path, given, static_cast<double>(*bytes), {});
      break;
    }
    case SettingType::array: {
      const auto* list = given.as<base::Array>();
      if (list == nullptr) {
        wrong_type(setting, path, given, "a list");
        break;
      }
      range(setting, path, given, static_cast<double>(list->size()), "elements");
      base::Array elements;
      for (const auto& element : *list)
        elements.push_back(
            setting.element.empty() ? element : check(setting.element.front(), below(path) + std::to_string(elements.size()), element));
      out.data = std::move(elements);
      break;
    }
    case SettingType::table:
      if (given.as<base::Table>() == nullptr)
        wrong_type(setting, path, given, "a table");
      else
        out = table(setting, path, given);
      break;
    case SettingType::secret:
      // The text is never shown: somebody may have written the secret itself.
      if (text_given == nullptr || !is_secret_reference(*text_given))
        error(given.where, path, "is a secret and must be exactly one reference to a variable, written \"${NAME}\" or \"${NAME:-}\"",
              "put the secret into an environment variable and name it here; nothing may stand before or after the reference");
      break;
  }
  return out;
}

Value Checker::members(const std::vector<Setting>& schema, const Value& given, const base::Place& where, const std::string& prefix) {
  Value out{base::Table{}};
  out.where = given.where;
  out.key_where = given.key_where;
  const auto* table = given.as<base::Table>();
  if (table != nullptr) {
    for (const auto& [key, value] : *table) {
      const auto at = std::find_if(schema.begin(), schema.end(), [&, &k = key](const Setting& s) { return s.name == k; });
      if (at == schema.end()) {
        std::vector<std::string> names;
        for (const auto& s : schema) names.push_back(s.name);
        error(value.key_where, prefix + key, "is not known" + base::did_you_mean(key, names),
              names.empty() ? "there are no settings here" : "known here: " + base::join_words(names));
        continue;
      }
      if (!at->deprecated.empty())
        warnings.push_back(
            base::error_at(value.key_where, base::Status::config, call_it(prefix + key) + " is deprecated: " + at->deprecated));
      Value checked = check(*at, prefix + key, value);
      checked.where = value.where;
      checked.key_where = value.key_where;
      out.set(key, std::move(checked));
    }
  }
  for (const auto& setting : schema) {
    if (table != nullptr && given.find(setting.name) != nullptr) continue;
    if (setting.default_value)
      out.set(setting.name, default_of(setting));
    else if (setting.required)
      error(where, prefix + setting.name, "is missing", setting.help);
  }
  return out;
}

/// The default is already converted; only paths still depend on where the run works.
Value Checker::default_of(const Setting& setting) const {
  const std::function<void(const Setting&, Value&)> join = [&](const Setting& s, Value& value) {
    if (auto* text = value.as<std::string>(); text != nullptr && s.path && !text->empty())
      *text = (std::filesystem::path(working_folder) / *text).lexically_normal().string();
    if (auto* list = value.as<base::Array>(); list != nullptr && !s.element.empty())
      for (auto& element : *list) join(s.element.front(), element);
    for (const auto& field : s.fields)
      if (Value* member = value.find(field.name)) join(field, *member);
  };
  Value out = *setting.default_value;
  join(setting, out);
  return out;
}

CheckedSettings check_settings(const StageType& type, const Value& given, const base::Place& where, const std::string& working_folder) {
  CheckedSettings out;
  const auto call_it = [&](const std::string& path) {
    return path.empty() ? "the settings of " + type.type : "setting '" + path + "' of " + type.type;
  };
  Checker checker{working_folder, call_it, out.errors, out.warnings};
  if (!given.is_nil() && given.as<base::Table>() == nullptr) {
    checker.error(given.where, {}, "must be a table, not " + std::string(type_name(given)));
    return out;
  }
  out.values = checker.members(type.settings, given, where, {});
  return out;
}

Value check_value(const Setting& setting, const std::string& name, const Value& given, const std::string& working_folder,
                  std::vector<base::Error>& errors) {
  std::vector<base::Error> warnings;
  const auto call_it = [&](const std::string& path) { return path.empty() ? name : name + '.' + path; };
  Checker checker{working_folder, call_it, errors, warnings};
  return checker.check(setting, {}, given);
}

Value setting_from_text(const Setting& setting, const std::string& text) {
  const std::string_view trimmed = base::trim(text);
  const char* end = trimmed.data() + trimmed.size();
  switch (setting.type) {
    case SettingType::boolean:
      if (trimmed == "true") return true;
      if (trimmed == "false") return false;
      return text;
    case SettingType::integer: {
      std::int64_t number = 0;
      const auto [rest, failure] = std::from_chars(trimmed.data(), end, number);
      if (failure == std::errc{} && rest == end && !trimmed.empty()) return number;
      return text;
    }
    case SettingType::real: {
      double number = 0;
      const auto [rest, failure] = std::from_chars(trimmed.data(), end, number);
      if (failure == std::errc{} && rest == end && !trimmed.empty()) return number;
      return text;
    }
    case SettingType::array: {
      base::Array elements;
      if (trimmed.empty()) return elements;
      const Setting any;
      for (const auto& part : base::split(text, ','))
        elements.push_back(setting_from_text(setting.element.empty() ? any : setting.element.front(), std::string(base::trim(part))));
      return elements;
    }
    default:
      return text;
  }
}

}  // namespace tidegate::manifest
