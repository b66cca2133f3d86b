// SPDX-License-Identifier: Apache-2.0
#include "conformance/samples.hpp"

#include <algorithm>
#include <cmath>

namespace tidegate::conformance {
namespace {

using base::Value;
using manifest::Setting;
using manifest::SettingType;

/// A number in [0, n); the distributions of the standard library differ from one to the next.
std::size_t below(std::mt19937& random, std::size_t n) {
  return n == 0 ? 0 : random() % n;
}

std::string any_text(const Setting& setting, std::mt19937& random) {
  static const std::vector<std::string> texts{
      "a",        "text",  "A",   "NAME",        "1",          "1.2.3", "a.b",  "a_b", "a/b", "/", "https://example.org",
      "SELECT 1", "äöü ☃", "a b", "a@b.example", "2026-01-01", "x\ny",  "'\"\\"};
  auto out = texts[below(random, texts.size())];
  while (setting.min && static_cast<double>(out.size()) < *setting.min && out.size() < 4096) out += 'x';
  return out;
}

std::int64_t any_number(const Setting& setting, std::mt19937& random) {
  constexpr double span = 1000;
  const double low = std::ceil(setting.min.value_or(0));
  const double high = std::floor(setting.max.value_or(low + span));
  return static_cast<std::int64_t>(low) +
         static_cast<std::int64_t>(below(random, static_cast<std::size_t>(std::min(high - low, span)) + 1));
}

/// As a pipeline file would have it; need not be right: the schema judges it.
Value any_value(const Setting& setting, std::mt19937& random) {
  switch (setting.type) {
    case SettingType::boolean:
      return below(random, 2) == 0;
    case SettingType::integer:
      return any_number(setting, random);
    case SettingType::size:
      return any_number(setting, random);
    case SettingType::real:
      return static_cast<double>(any_number(setting, random));
    case SettingType::duration:
      return std::to_string(any_number(setting, random)) + "ms";
    case SettingType::enumeration:
      return setting.one_of[below(random, setting.one_of.size())];
    case SettingType::string:
      return setting.one_of.empty() ? any_text(setting, random) : setting.one_of[below(random, setting.one_of.size())];
    case SettingType::secret:
      return "${SECRET}";
    case SettingType::array: {
      base::Array out;
      const auto least = static_cast<std::size_t>(setting.min.value_or(0));
      const auto count = least + below(random, 3);
      for (std::size_t i = 0; i < count; ++i) out.push_back(any_value(setting.element.front(), random));
      return out;
    }
    case SettingType::table: {
      base::Table out;
      for (const auto& field : setting.fields)
        if (field.required || below(random, 2) == 0) out.emplace_back(field.name, any_value(field, random));
      return out;
    }
  }
  return {};
}

/// One that the schema takes; nil when none was found.
Value right_value(const Setting& setting, std::mt19937& random) {
  constexpr int tries = 200;
  for (int i = 0; i < tries; ++i) {
    auto value = any_value(setting, random);
    std::vector<base::Error> errors;
    (void)manifest::check_value(setting, setting.name, value, "/", errors);
    if (errors.empty()) return value;
  }
  return {};
}

template <class Wanted>
base::Result<Value> settings(const manifest::StageType& type, const CheckOptions& options, std::mt19937& random, Wanted&& wanted) {
  Value given{base::Table{}};
  for (const auto& setting : type.settings) {
    const std::string* text = nullptr;
    for (const auto& [key, value] : options.set)
      if (key == setting.name || key == type.type + "." + setting.name) text = &value;
    if (text != nullptr) {
      given.set(setting.name, manifest::setting_from_text(setting, *text));
    } else if (setting.required || wanted(setting)) {
      auto value = right_value(setting, random);
      if (!value.is_nil())
        given.set(setting.name, std::move(value));
      else if (setting.required)
        return base::Error{base::Status::config, "no value could be made up for the setting '" + setting.name + "' of " + type.type,
                           "give one: --set " + type.type + "." + setting.name + "=…"};
    }
  }
  auto checked = manifest::check_settings(type, given, {}, "/");
  if (!checked.errors.empty()) return checked.errors.front();
  return std::move(checked.values);
}

}  // namespace

base::Result<Value> plain_settings(const manifest::StageType& type, const CheckOptions& options) {
  std::mt19937 always_the_same(1);
  return settings(type, options, always_the_same, [](const Setting&) { return false; });
}

base::Result<Value> random_settings(const manifest::StageType& type, const CheckOptions& options, std::mt19937& random) {
  return settings(type, options, random, [&](const Setting&) { return below(random, 2) == 0; });
}

}  // namespace tidegate::conformance
