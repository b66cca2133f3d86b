// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "manifest/services.hpp"
#include "manifest/settings.hpp"
#include "pipeline/layering.hpp"
#include "pipeline/read.hpp"
#include "pipeline/services.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

using manifest::Kind;

constexpr std::string_view kHistory = "tidegate.history/1";

/// What may stand where.
const std::vector<Kind>& kinds_under(Kind kind) {
  static const std::vector<Kind> stage{Kind::detect, Kind::precheck, Kind::apply, Kind::verify};
  static const std::vector<Kind> rollback{Kind::rollback};
  static const std::vector<Kind> notify{Kind::notify};
  return kind == Kind::rollback ? rollback : (kind == Kind::notify ? notify : stage);
}

/// The section that a stage of the kind stands in.
std::string section_of(Kind kind) {
  return kind == Kind::rollback ? "[[rollback]]" : (kind == Kind::notify ? "[[notify]]" : "[[stage]]");
}

std::string noun_of(Kind kind) {
  return kind == Kind::rollback ? "rollback" : (kind == Kind::notify ? "notification" : "stage");
}

std::string named(const Stage& stage) {
  return noun_of(stage.kind) + " '" + stage.id + "'";
}

/// Where a key of the stage stands; the stage itself when it has no such key.
base::Place place_of(const Stage& stage, std::string_view key) {
  const auto* value = stage.written.find(key);
  return value != nullptr ? value->where : stage.where;
}

std::string words(const std::vector<Kind>& kinds) {
  std::vector<std::string> names;
  for (const auto kind : kinds) names.emplace_back(manifest::name_of(kind));
  return base::join_words(names);
}

template <class Value>
bool contains(const std::vector<Value>& list, const Value& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

class Checker {
 public:
  Checker(Reading& reading, const Catalogue& catalogue, const Overrides& overrides, const base::Environment& variables,
          bool variables_required)
      : reading_(reading), catalogue_(catalogue), overrides_(overrides), variables_(variables), variables_required_(variables_required) {}

  void all() {
    apply_defaults_and_overrides(reading_, catalogue_, overrides_);
    auto& pipeline = reading_.pipeline;
    for (auto& stage : pipeline.stages) entry(stage);
    keys_.insert({"run.applied", "run.error"});  // what the host itself tells a rollback
    for (auto& stage : pipeline.rollback) entry(stage);
    for (auto& stage : pipeline.notify) entry(stage);
    for (const auto& connection : pipeline.connections) variables_in(connection);
    unused_isolation();
    for (const auto& pin : pipeline.pins) known_plugin("[plugins.pin]", pin.plugin_id, pin.where);
    for (const auto& allow : pipeline.allow) known_plugin("[plugins.allow]", allow.plugin_id, allow.where);
    sort_by_place(reading_.errors);
    sort_by_place(reading_.warnings);
  }

 private:
  void error(const base::Place& where, std::string message, std::string hint = {}) {
    reading_.errors.push_back(mistake(where, std::move(message), std::move(hint)));
  }

  /// An undefined variable may be set where the pipeline runs; a reference that is written wrongly stays wrong.
  void unexpanded(base::Error problem) {
    auto& list = variables_required_ || problem.code != base::Status::not_found ? reading_.errors : reading_.warnings;
    problem.code = base::Status::config;
    list.push_back(std::move(problem));
  }

  void entry(Stage& stage) {
    conditions(stage);
    if (stage.use.empty()) return;  // reported by parse
    const auto known = catalogue_.find(stage.use);
    if (known.type == nullptr) return unknown_type(stage);
    plugins_used_.insert(known.plugin_id);
    if (known.bundled) bundled_used_.insert(known.plugin_id);
    stage.needs_database = contains<std::string>(known.type->required_services, TG_DB);
    for (const auto& key : known.type->provides)
      if (key.restore_from) stage.restore_keys.push_back(key.key);
    services(stage, known);
    const bool of_main_list = contains(kinds_under(Kind::detect), stage.kind);
    if (kind(stage, *known.type) && of_main_list) order(stage, *known.type);
    settings(stage, *known.type);
    publish(stage, *known.type);
  }

  void unknown_type(const Stage& stage) {
    const auto& names = catalogue_.names;
    error(place_of(stage, "use"), "no plugin offers the stage type '" + stage.use + "'" + base::did_you_mean(stage.use, names),
          names.empty() ? "no plugins were found" : "known stage types: " + base::join_words(names));
    unknown_ids_.push_back(stage.id);
  }

  /// A service that its plugin cannot do without has to be allowed.
  void services(const Stage& stage, const KnownType& known) {
    const auto* allowed = allowed_services(reading_.pipeline, known.plugin_id);
    if (allowed == nullptr) return;
    for (const auto& id : known.type->required_services)
      if (!may_use(*allowed, id))
        error(place_of(stage, "use"),
              "'" + stage.use + "' cannot do without the service " + service_name(id) + ", which [plugins.allow] does not give to its plugin '" +
                  known.plugin_id + "'",
              "add \"" + service_name(id) + "\" to its list, or use another stage type");
  }

  /// Settles the stage's kind; false when that cannot be done.
  bool kind(Stage& stage, const manifest::StageType& type) {
    std::vector<Kind> possible;
    for (const auto kind : kinds_under(stage.kind))
      if (contains(type.kinds, kind)) possible.push_back(kind);
    if (type.kinds.empty()) return false;
    if (possible.empty()) {
      error(place_of(stage, "use"), "'" + stage.use + "' is no " + noun_of(stage.kind) + " but of kind " + words(type.kinds),
            "write it under " + section_of(type.kinds.front()));
      return false;
    }
    if (const auto* chosen = stage.written.find("kind")) {
      const auto wanted = manifest::kind_from(chosen->text());
      if (!wanted || !contains(kinds_under(stage.kind), *wanted)) return false;  // reported by parse
      if (!contains(type.kinds, *wanted)) {
        error(chosen->where, "'" + stage.use + "' cannot be of kind '" + chosen->text() + "'", "its kinds: " + words(type.kinds));
        return false;
      }
      stage.kind = *wanted;
      return true;
    }
    if (possible.size() > 1) {
      error(place_of(stage, "use"), "'" + stage.use + "' is " + words(possible) + ": " + named(stage) + " must choose one with 'kind'",
            "for example kind = \"" + std::string(manifest::name_of(possible.front())) + "\"");
      return false;
    }
    stage.kind = possible.front();
    return true;
  }

  void order(const Stage& stage, const manifest::StageType& type) {
    if (last_ != nullptr && stage.kind < last_->kind) {
      error(stage.where,
            named(stage) + " (" + std::string(manifest::name_of(stage.kind)) + ") stands after stage '" + last_->id + "' (" +
                std::string(manifest::name_of(last_->kind)) + ")",
            "stages go in the order detect, precheck, apply, verify: move it above stage '" + last_->id +
                (stage.where.file == last_->where.file ? "'" : "', with before = \"" + last_->id + "\""));
    } else {
      last_ = &stage;
    }
    if (stage.kind != Kind::apply) return;
    if (stage.written.find("on_error") != nullptr)
      error(place_of(stage, "on_error"), "'on_error' is not allowed on " + named(stage) + ", an apply stage: its failure always counts",
            "remove it");
    if (std::find(type.extensions.begin(), type.extensions.end(), kHistory) == type.extensions.end()) return;
    if (history_ != nullptr)
      error(stage.where, named(stage) + " and stage '" + history_->id + "' both keep a history of migrations; a pipeline has one at most",
            "put one of them into a pipeline of its own");
    else
      history_ = &stage;
  }

  void settings(Stage& stage, const manifest::StageType& type) {
    settings(stage, type, stage.with);
    for (const auto& [environment, overlay] : stage.in) settings(stage, type, merged(stage.with, overlay));
  }

  void settings(const Stage& stage, const manifest::StageType& type, const base::Value& given) {
    auto expanded = expand_settings(given, type, variables_);
    manifest::StageType lenient = type;  // what cannot be known yet is neither missing nor wrong
    for (auto& setting : lenient.settings)
      if (std::find(expanded.lost.begin(), expanded.lost.end(), setting.name) != expanded.lost.end()) setting.required = false;
    for (auto& problem : expanded.undefined) unexpanded(std::move(problem));
    auto checked = manifest::check_settings(lenient, expanded.values, stage.where, overrides_.working_folder);
    for (auto& problem : checked.errors) reading_.errors.push_back(placed(std::move(problem)));
    for (auto& problem : checked.warnings) reading_.warnings.push_back(placed(std::move(problem)));
  }

  static base::Error placed(base::Error problem) {
    if (problem.file.empty() && problem.line == 0) problem.file = kCommandLine;
    return problem;
  }

  /// What the stages below may ask for in `when`.
  void publish(const Stage& stage, const manifest::StageType& type) {
    for (const auto& provided : type.provides) {
      if (provided.key == "environment.name" || provided.key == "environment.class") {
        keys_.insert("environment.name");
        keys_.insert("environment.class");
      } else {
        keys_.insert(stage.id + '.' + provided.key);
      }
    }
  }

  void conditions(const Stage& stage) {
    for (const auto& condition : stage.when) {
      if (keys_.count(condition.key) != 0) continue;
      const bool of_unknown = std::any_of(unknown_ids_.begin(), unknown_ids_.end(), [&](const auto& id) {
        return condition.key.starts_with(id + '.') || condition.key.starts_with("environment.");
      });
      if (of_unknown) continue;  // would follow from the unknown type only
      const std::vector<std::string> names(keys_.begin(), keys_.end());
      const std::string provider = later_provider(stage, condition.key);
      error(condition.where,
            "no stage before " + named(stage) + " publishes '" + condition.key + "'" + base::did_you_mean(condition.key, names),
            !provider.empty() ? noun_of(stage.kind) + " '" + provider + "' does, but comes no earlier"
                              : (names.empty() ? "no stage before it publishes anything" : "published: " + base::join_words(names)));
    }
  }

  /// The stage, this one or one below, that publishes the key.
  [[nodiscard]] std::string later_provider(const Stage& stage, const std::string& key) const {
    bool reached = false;
    for (const auto& other : stage.kind == Kind::rollback ? reading_.pipeline.rollback : reading_.pipeline.stages) {
      reached = reached || &other == &stage;
      const auto known = reached && !other.use.empty() ? catalogue_.find(other.use) : KnownType{};
      if (known.type == nullptr) continue;
      for (const auto& provided : known.type->provides)
        if (provided.key == key || other.id + '.' + provided.key == key) return other.id;
    }
    return {};
  }

  void variables_in(const Connection& connection) {
    if (connection.url.empty()) return;
    auto url = expand_or_tell(connection.url, variables_, connection.where);
    if (!url) unexpanded(std::move(url.error()));
  }

  void unused_isolation() {
    if (!unknown_ids_.empty()) return;
    const std::vector<std::string> used(plugins_used_.begin(), plugins_used_.end());
    for (const auto& id : reading_.pipeline.isolated) {
      if (bundled_used_.count(id) != 0)
        reading_.warnings.push_back(mistake(reading_.pipeline.isolation_where,
                                            "[plugins.isolation] names '" + id + "', which is bundled and always runs in process", "remove the line"));
      if (plugins_used_.count(id) == 0)
        reading_.warnings.push_back(
            mistake(reading_.pipeline.isolation_where,
                    "[plugins.isolation] names '" + id + "', of which no stage is used" + base::did_you_mean(id, used), "remove the line"));
    }
  }

  /// A misspelt id would leave the plugin that is meant without its limits.
  void known_plugin(const std::string& section, const std::string& id, const base::Place& where) {
    if (contains(catalogue_.plugins, id)) return;
    error(where, section + " names the plugin '" + id + "', which is not found" + base::did_you_mean(id, catalogue_.plugins),
          catalogue_.plugins.empty() ? "no plugins were found" : "found: " + base::join_words(catalogue_.plugins));
  }

  Reading& reading_;
  const Catalogue& catalogue_;
  const Overrides& overrides_;
  const base::Environment& variables_;
  bool variables_required_;
  const Stage* last_ = nullptr;  // of the latest kind so far
  const Stage* history_ = nullptr;
  std::set<std::string> keys_, plugins_used_, bundled_used_;
  std::vector<std::string> unknown_ids_;
};

}  // namespace

void check(Reading& reading, const Catalogue& catalogue, const Overrides& overrides, const base::Environment& variables,
           bool variables_required) {
  Checker(reading, catalogue, overrides, variables, variables_required).all();
}

}  // namespace tidegate::pipeline
