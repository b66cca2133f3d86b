// SPDX-License-Identifier: Apache-2.0
#include "pipeline/keys.hpp"

#include <algorithm>

namespace tidegate::pipeline {
namespace {

Key planned(std::string_view name, Shape shape, std::string_view help) {
  Key key{name, shape, help};
  key.available = false;
  return key;
}

Key one_of(std::string_view name, std::string_view help, std::vector<std::string> choices) {
  Key key{name, Shape::choice, help};
  key.choices = std::move(choices);
  return key;
}

Key within(std::string_view name, Shape shape, std::string_view help, const Section& inside) {
  Key key{name, shape, help};
  key.inside = &inside;
  return key;
}

Key required(Key key) {
  key.required = true;
  return key;
}

const Section& connection_section() {
  static const Section section{"[connection.NAME]",
                               {{"url", Shape::text, "URL of the database; ${VAR} is expanded when it is first opened"}}};
  return section;
}

const Section& run_section() {
  static const Section section{"[run]",
                               {{"lock_wait", Shape::duration, "how long to wait for another run to finish"},
                                planned("deadline", Shape::duration, "time for everything up to verify"),
                                planned("rollback_deadline", Shape::duration, "time for the rollback"),
                                planned("on_failure", Shape::choice, "what happens to completed migrations of a failed run"),
                                planned("journal", Shape::choice, "where the run is recorded")}};
  return section;
}

const Section& plugins_section() {
  static const Section section = [] {
    Key isolation{"isolation", Shape::named_choices, "where each plugin runs, by its id"};
    isolation.choices = {"in-process"};
    isolation.unavailable_choices = {"worker"};
    return Section{"[plugins]",
                   {{"dirs", Shape::texts, "folders with plugins, relative to this file"},
                    isolation,
                    planned("pin", Shape::named_tables, "version and sha256 that a plugin must have"),
                    planned("allow", Shape::named_tables, "services that a plugin may use")}};
  }();
  return section;
}

const Section& overlay_section() {
  static const Section section{"[stage.in.NAME]", {{"with", Shape::settings, "settings laid over the stage's in that environment"}}};
  return section;
}

const Section& stage_section() {
  static const Section section{
      "[[stage]]",
      {{"id", Shape::text, "name of the stage; default: its use"},
       required({"use", Shape::text, "the stage type"}),
       one_of("kind", "which of the stage type's kinds, when it has several", {"detect", "precheck", "apply", "verify"}),
       {"when", Shape::conditions, "context values that must hold for the stage to run"},
       {"timeout", Shape::duration, "time for one attempt"},
       one_of("on_error", "what a call that did not work means (not a verdict)", {"fail", "warn"}),
       {"with", Shape::settings, "settings of the stage type"},
       within("in", Shape::named_tables, "settings for one environment", overlay_section()),
       planned("deadline", Shape::duration, "time for all attempts"),
       planned("retry", Shape::table, "how a failed call is tried again"),
       planned("remove", Shape::choice, "drops the stage of the extended pipeline"),
       planned("before", Shape::text, "places the stage in the extended pipeline"),
       planned("after", Shape::text, "places the stage in the extended pipeline"),
       planned("ensure", Shape::choice, "runs on success too")}};
  return section;
}

const Section& notify_section() {
  static const Section section = [] {
    Key on{"on", Shape::texts, "the events it is told of; default: all but waiting"};
    on.choices = notify_events();
    return Section{"[[notify]]",
                   {{"id", Shape::text, "name of the notification; default: its use"},
                    required({"use", Shape::text, "the stage type"}),
                    {"with", Shape::settings, "settings of the stage type"},
                    on,
                    planned("remove", Shape::choice, "drops the notification of the extended pipeline"),
                    planned("before", Shape::text, "places it in the extended pipeline"),
                    planned("after", Shape::text, "places it in the extended pipeline")}};
  }();
  return section;
}

}  // namespace

const Key* Section::find(std::string_view name) const {
  const auto at = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return at == keys.end() ? nullptr : &*at;
}

std::vector<std::string> Section::names() const {
  std::vector<std::string> out;
  for (const auto& key : keys)
    if (key.available) out.emplace_back(key.name);
  return out;
}

const Section& pipeline_file() {
  static const Section section{
      "the pipeline file",
      {required({"version", Shape::integer, "version of the format: 1"}),
       {"name", Shape::text, "what the pipeline is called in messages"},
       within("connection", Shape::named_tables, "databases; \"main\" is the one that is changed", connection_section()),
       {"with", Shape::settings, "settings for every stage type that has them"},
       within("run", Shape::table, "the run as a whole", run_section()),
       within("plugins", Shape::table, "plugins of your own", plugins_section()),
       within("stage", Shape::tables, "the stages, in order", stage_section()),
       within("notify", Shape::tables, "who is told what", notify_section()),
       planned("extends", Shape::text, "a pipeline to start from"),
       planned("rollback", Shape::tables, "what happens when a stage fails after the first change")}};
  return section;
}

const std::vector<std::string>& notify_events() {
  static const std::vector<std::string> names = {"started",     "waiting",         "succeeded", "not_started", "blocked",  "failed",
                                                 "rolled_back", "rollback_failed", "kept",      "cancelled",   "recovered"};
  return names;
}

std::vector<std::string> default_notify_events() {
  auto names = notify_events();
  std::erase(names, "waiting");
  return names;
}

}  // namespace tidegate::pipeline
