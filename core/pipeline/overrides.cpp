// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "manifest/settings.hpp"
#include "pipeline/layering.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

struct Used {
  Stage* stage = nullptr;
  const manifest::StageType* type = nullptr;  ///< null: unknown
};

class Layers {
 public:
  Layers(Reading& reading, const Catalogue& catalogue) : reading_(reading) {
    for (auto* list : {&reading.pipeline.stages, &reading.pipeline.rollback, &reading.pipeline.notify})
      for (auto& stage : *list) used_.push_back({&stage, stage.use.empty() ? nullptr : catalogue.find(stage.use).type});
    for (const auto& [stage, type] : used_) {
      if (type == nullptr)
        some_unknown_ = true;
      else
        for (const auto& setting : type->settings) setting_names_.push_back(setting.name);
    }
  }

  void defaults() {
    const auto* table = reading_.pipeline.with.as<base::Table>();
    if (table == nullptr) return;
    for (const auto& [name, value] : *table) {
      bool taken = false;
      for (const auto& [stage, type] : used_) {
        if (type == nullptr || type->setting(name) == nullptr) continue;
        taken = true;
        const auto* own = stage->with.find(name);
        base::Value laid = own != nullptr ? merged(value, *own) : value;
        stage->with.set(name, std::move(laid));
      }
      if (!taken) unknown_default(value.key_where, name, "[with]");
    }
  }

  void override(const std::string& key, const std::string& text) {
    const base::Place where{std::string(kCommandLine), 0, 0};
    if (auto* target = stage_named(key)) {
      if (target->type == nullptr) return;  // its unknown type has been reported
      std::string rest = key.substr(target->stage->id.size() + 1);
      if (!set(*target, rest, text)) {
        std::vector<std::string> names;
        for (const auto& setting : target->type->settings) names.push_back(setting.name);
        error(where, "stage '" + target->stage->id + "' has no setting '" + rest + "'" + base::did_you_mean(rest, names),
              "settings: " + base::join_words(names));
      }
      return;
    }
    bool taken = false;
    for (auto& target : used_) taken = set(target, key, text) || taken;
    if (taken) return;
    const auto dot = key.rfind('.');
    if (dot == std::string::npos) return unknown_default(where, key, "--set");
    std::vector<std::string> ids;
    for (const auto& [stage, type] : used_) ids.push_back(stage->id);
    const auto id = key.substr(0, dot);
    error(where, "there is no stage '" + id + "' for '" + key + "'" + base::did_you_mean(id, ids), "stages: " + base::join_words(ids));
  }

 private:
  void error(const base::Place& where, std::string message, std::string hint) {
    reading_.errors.push_back(mistake(where, std::move(message), std::move(hint)));
  }

  /// A setting of an unknown stage type may be meant, unless the name is close to a known one.
  void unknown_default(const base::Place& where, const std::string& name, const std::string& title) {
    if (some_unknown_ && !base::nearest(name, setting_names_)) return;
    auto names = setting_names_;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    error(where, "no stage of this pipeline has the setting '" + name + "' of " + title + base::did_you_mean(name, names),
          "settings of the stages used: " + base::join_words(names));
  }

  /// The stage whose id, the longest that fits, begins the key.
  Used* stage_named(const std::string& key) {
    Used* best = nullptr;
    for (auto& target : used_) {
      const auto& id = target.stage->id;
      const bool fits = !id.empty() && key.size() > id.size() + 1 && key.compare(0, id.size(), id) == 0 && key[id.size()] == '.';
      if (fits && (best == nullptr || id.size() > best->stage->id.size())) best = &target;
    }
    return best;
  }

  /// Sets "name" or "table.field"; false when the type has no such setting.
  static bool set(Used& target, const std::string& path, const std::string& text) {
    if (target.type == nullptr) return false;
    const auto steps = base::split(path, '.');
    const auto* setting = target.type->setting(steps.front());
    std::size_t depth = 1;
    for (; setting != nullptr && depth < steps.size(); ++depth) {
      const auto& fields = setting->fields;
      const auto at = std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.name == steps[depth]; });
      setting = at == fields.end() ? nullptr : &*at;
    }
    if (setting == nullptr) return false;
    const base::Value value = manifest::setting_from_text(*setting, text);
    put(target.stage->with, steps, value);
    for (auto& [environment, overlay] : target.stage->in)
      if (overlay.at_path(path) != nullptr) put(overlay, steps, value);  // the command line wins over overlays too
    return true;
  }

  static void put(base::Value& table, const std::vector<std::string>& steps, const base::Value& value) {
    base::Value* node = &table;
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
      auto* next = node->find(steps[i]);
      node = next != nullptr && next->as<base::Table>() != nullptr ? next : &node->set(steps[i], base::Value(base::Table{}));
    }
    node->set(steps.back(), value);
  }

  Reading& reading_;
  std::vector<Used> used_;
  std::vector<std::string> setting_names_;
  bool some_unknown_ = false;
};

}  // namespace

void apply_defaults_and_overrides(Reading& reading, const Catalogue& catalogue, const Overrides& overrides) {
  Layers layers(reading, catalogue);
  layers.defaults();
  for (const auto& [key, text] : overrides.set) layers.override(key, text);
}

}  // namespace tidegate::pipeline
