// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "manifest/services.hpp"
#include "manifest/settings.hpp"
#include "pipeline/layering.hpp"
#include "pipeline/read.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

using manifest::Kind;

constexpr std::string_view kHistory = "tidegate.history/1";

std::string named(const Stage& stage) {
  return "stage '" + stage.id + "'";
}

/// Where a key of the stage stands; the stage itself when it has no such key.
base::Place place_of(const Stage& stage, std::string_view key) {
  const auto* value = stage.written.find(key);
  return value != nullptr ? value->where : stage.where;
}

std::string kinds_of(const manifest::StageType& type) {
  std::vector<std::string> names;
  for (const auto kind : type.kinds) names.emplace_back(manifest::name_of(kind));
  return base::join_words(names);
}

class Checker {
 public:
  Checker(Reading& reading, const Catalogue& catalogue, const Overrides& overrides, const base::Environment& variables,
          bool variables_required)
      : reading_(reading), catalogue_(catalogue), overrides_(overrides), variables_(variables), variables_required_(variables_required) {}

  void all() {
    apply_defaults_and_overrides(reading_, catalogue_, overrides_);
    auto& pipeline = reading_.pipeline;
    for (auto& stage : pipeline.stages) entry(stage, false);
    for (auto& stage : pipeline.notify) entry(stage, true);
    for (const auto& connection : pipeline.connections) variables_in(connection);
    unused_isolation();
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

  void entry(Stage& stage, bool notify) {
    conditions(stage);
    if (stage.use.empty()) return;  // reported by parse
    const auto known = catalogue_.find(stage.use);
    if (known.type == nullptr) return unknown_type(stage);
    plugins_used_.insert(known.plugin_id);
    const auto& services = known.type->required_services;
    stage.needs_database = std::find(services.begin(), services.end(), TG_DB) != services.end();
    isolation(stage, known);
    if (notify)
      notification(stage, *known.type);
    else if (kind(stage, *known.type))
      order(stage, *known.type);
    settings(stage, *known.type);
    publish(stage, *known.type);
  }

  void unknown_type(const Stage& stage) {
    const auto& names = catalogue_.names;
    error(place_of(stage, "use"), "no plugin offers the stage type '" + stage.use + "'" + base::did_you_mean(stage.use, names),
          names.empty() ? "no plugins were found" : "known stage types: " + base::join_words(names));
    unknown_ids_.push_back(stage.id);
  }

  void isolation(const Stage& stage, const KnownType& known) {
    const auto& allowed = reading_.pipeline.in_process;
    if (known.bundled || std::find(allowed.begin(), allowed.end(), known.plugin_id) != allowed.end()) return;
    error(place_of(stage, "use"),
          "'" + stage.use + "' comes from the plugin '" + known.plugin_id +
              "', which is not bundled, and plugins of one's own in worker processes are not available in this version",
          "let it run inside tidegate by adding these lines:\n[plugins.isolation]\n\"" + known.plugin_id + "\" = \"in-process\"");
  }

  void notification(const Stage& stage, const manifest::StageType& type) {
    if (std::find(type.kinds.begin(), type.kinds.end(), Kind::notify) != type.kinds.end()) return;
    error(place_of(stage, "use"), "'" + stage.use + "' is no notification but " + kinds_of(type), "write it under [[stage]]");
  }

  /// Settles the stage's kind; false when that cannot be done.
  bool kind(Stage& stage, const manifest::StageType& type) {
    const auto* chosen = stage.written.find("kind");
    if (chosen != nullptr) {
      const auto wanted = manifest::kind_from(chosen->text());
      if (!wanted) return false;  // reported by parse
      if (std::find(type.kinds.begin(), type.kinds.end(), *wanted) == type.kinds.end()) {
        error(chosen->where, "'" + stage.use + "' cannot be of kind '" + chosen->text() + "'", "its kinds: " + kinds_of(type));
        return false;
      }
      stage.kind = *wanted;
      return true;
    }
    if (type.kinds.size() > 1) {
      error(place_of(stage, "use"), "'" + stage.use + "' is " + kinds_of(type) + ": " + named(stage) + " must choose one with 'kind'",
            "for example kind = \"" + std::string(manifest::name_of(type.kinds.front())) + "\"");
      return false;
    }
    if (type.kinds.empty()) return false;
    stage.kind = type.kinds.front();
    if (stage.kind == Kind::notify || stage.kind == Kind::rollback) {
      error(place_of(stage, "use"), "'" + stage.use + "' is of kind " + kinds_of(type) + " and no stage of its own",
            stage.kind == Kind::notify ? "write it under [[notify]]" : "rollback stages are not available in this version");
      return false;
    }
    return true;
  }

  void order(const Stage& stage, const manifest::StageType& type) {
    if (last_ != nullptr && stage.kind < last_->kind) {
      error(stage.where,
            named(stage) + " (" + std::string(manifest::name_of(stage.kind)) + ") stands after stage '" + last_->id + "' (" +
                std::string(manifest::name_of(last_->kind)) + ")",
            "stages go in the order detect, precheck, apply, verify: move it above stage '" + last_->id + "'");
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
            !provider.empty() ? "stage '" + provider + "' does, but comes no earlier"
                              : (names.empty() ? "no stage before it publishes anything" : "published: " + base::join_words(names)));
    }
  }

  /// The stage, this one or one below, that publishes the key.
  [[nodiscard]] std::string later_provider(const Stage& stage, const std::string& key) const {
    bool reached = false;
    for (const auto& other : reading_.pipeline.stages) {
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
    for (const auto& id : reading_.pipeline.in_process)
      if (plugins_used_.count(id) == 0)
        reading_.warnings.push_back(
            mistake(reading_.pipeline.isolation_where,
                    "[plugins.isolation] names '" + id + "', of which no stage is used" + base::did_you_mean(id, used), "remove the line"));
  }

  Reading& reading_;
  const Catalogue& catalogue_;
  const Overrides& overrides_;
  const base::Environment& variables_;
  bool variables_required_;
  const Stage* last_ = nullptr;  // of the latest kind so far
  const Stage* history_ = nullptr;
  std::set<std::string> keys_, plugins_used_;
  std::vector<std::string> unknown_ids_;
};

}  // namespace

void check(Reading& reading, const Catalogue& catalogue, const Overrides& overrides, const base::Environment& variables,
           bool variables_required) {
  Checker(reading, catalogue, overrides, variables, variables_required).all();
}

}  // namespace tidegate::pipeline
