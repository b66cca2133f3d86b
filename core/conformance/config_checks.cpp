// SPDX-License-Identifier: Apache-2.0
//
// Group config: what settings do to a stage.
#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

/// A value of another type than the setting's: what a host with a bug, or another reading of the schema, might give.
base::Value another_type(const manifest::Setting& setting) {
  using manifest::SettingType;
  if (setting.type == SettingType::string || setting.type == SettingType::enumeration) return base::Value(std::int64_t{-1});
  if (setting.type == SettingType::array || setting.type == SettingType::table) return base::Value("text");
  return base::Value(base::Array{base::Value("text")});
}

std::string validate_breach(const Subject& subject, CheckHost& host) {
  Instance instance(*subject.entry, host, subject.type->type);
  if (auto wrong = breach(instance.created(), subject.kind); !wrong.empty()) return wrong;
  return breach(instance.validate(), subject.kind);
}

Finding plain(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    return passes_unless(validate_breach(subject, host));
  });
}

Finding wrong(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    for (const auto& setting : subject.type->settings) {
      if (setting.type == manifest::SettingType::secret) continue;
      base::Value changed = settings;
      changed.set(setting.name, another_type(setting));
      CheckHost host(*subject.type, changed);
      if (auto bad = validate_breach(subject, host); !bad.empty()) return fail("with '" + setting.name + "' of another type: " + bad);
    }
    if (subject.type->settings.empty()) return skip("there are no settings");
    return pass();
  });
}

Finding absent(const Subject& subject) {
  CheckHost host(*subject.type, base::Value(base::Table{}));
  return passes_unless(validate_breach(subject, host));
}

Finding random(const Subject& subject) {
  constexpr int rounds = 25;
  if (subject.type->settings.empty()) return skip("there are no settings");
  std::mt19937 engine(subject.options.seed);
  for (int i = 0; i < rounds; ++i) {
    const auto settings = random_settings(*subject.type, subject.options, engine);
    if (!settings) return skip(settings.error().message + "; " + settings.error().hint);
    CheckHost host(*subject.type, *settings);
    if (auto bad = validate_breach(subject, host); !bad.empty())
      return fail("with random settings (seed " + std::to_string(subject.options.seed) + ", round " + std::to_string(i + 1) + "): " + bad);
  }
  return pass();
}

Finding quiet(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    Instance instance(*subject.entry, host, subject.type->type);
    if (instance.stage() == nullptr) return skip("there is no stage, see create.type");
    host.touched.clear();
    instance.validate();
    if (!host.touched.empty()) return fail("validate " + host.touched.front());
    if (!host.database_writes.empty()) return fail("validate called " + host.database_writes.front());
    if (!host.published().empty()) return fail("validate published '" + host.published().begin()->first + "'");
    return pass();
  });
}

Finding again(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    Instance instance(*subject.entry, host, subject.type->type);
    if (instance.stage() == nullptr) return skip("there is no stage, see create.type");
    const auto first = instance.validate();
    const auto second = instance.validate();
    if (first.status != second.status)
      return fail("validate gave " + std::to_string(first.status) + ", and " + std::to_string(second.status) + " when asked again");
    return pass();
  });
}

}  // namespace

std::vector<Check> config_checks() {
  return {{"config.plain", "defaults and what is required are taken, or refused with a message", Scope::type, &plain},
          {"config.wrong", "a setting of another type is no crash", Scope::type, &wrong},
          {"config.absent", "settings that are not there are no crash", Scope::type, &absent},
          {"config.random", "random settings that the schema allows are taken, or refused with a message", Scope::type, &random},
          {"config.quiet", "validate uses no database, network, program or other stage, and publishes nothing", Scope::type, &quiet},
          {"config.again", "validate says the same when asked again", Scope::type, &again}};
}

}  // namespace tidegate::conformance
