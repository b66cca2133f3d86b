// SPDX-License-Identifier: Apache-2.0
#include "pipeline/keys.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "manifest/services.hpp"
#include "pipeline/services.hpp"

namespace tidegate::pipeline {
namespace {

Key key(std::string_view name, Shape shape, std::string_view help, std::string_view otherwise = {}) {
  return {name, shape, help, otherwise};
}

Key one_of(std::string_view name, std::string_view help, std::vector<std::string> choices, std::string_view otherwise = {}) {
  Key made = key(name, Shape::choice, help, otherwise);
  made.choices = std::move(choices);
  return made;
}

Key between(Key made, double min, std::optional<double> max = std::nullopt) {
  made.min = min;
  made.max = max;
  return made;
}

Key within(std::string_view name, Shape shape, std::string_view help, const Section& inside) {
  Key made = key(name, shape, help);
  made.inside = &inside;
  return made;
}

Key required(Key made) {
  made.required = true;
  return made;
}

Key refused(std::string_view name, std::string_view why) {
  Key made = key(name, Shape::text, why);
  made.refused = why;
  return made;
}

std::vector<std::string> retry_classes() {
  std::vector<std::string> out;
  for (auto code = static_cast<int>(base::Status::failed); code <= static_cast<int>(base::Status::internal); ++code)
    if (static_cast<base::Status>(code) != base::Status::cancelled) out.emplace_back(base::name_of(static_cast<base::Status>(code)));
  return out;
}

const Section& connection_section() {
  static const Section section{"[connection.NAME]",
                               {key("url", Shape::text, "URL of the database; `${VAR}` is expanded when it is first opened",
                                    "of `main`: the first of `TIDEGATE_DATABASE_URL`, `DIRECT_URL`, `DATABASE_URL_UNPOOLED`, "
                                    "`POSTGRES_URL_NON_POOLING`, `DATABASE_URL` that is set")}};
  return section;
}

const Section& run_section() {
  static const Section section{
      "[run]",
      {key("deadline", Shape::duration, "time for everything up to verify", "none"),
       key("rollback_deadline", Shape::duration, "time for the rollback, which begins when the rest has failed", "5m"),
       key("lock_wait", Shape::duration, "how long to wait for another run to finish; then exit 7", "5m"),
       one_of("on_failure", "what becomes of the migrations that a failed run had completed; decided before the first change",
              {"undo", "keep"}, "undo"),
       one_of("journal", "where the run is recorded", {"database", "file", "none"}, "database")}};
  return section;
}

const Section& pin_section() {
  static const Section section{"[plugins.pin.NAME]",
                               {key("version", Shape::text, "the version that the plugin's manifest must have", "any"),
                                key("sha256", Shape::text, "the SHA-256 of the plugin's file, in hexadecimal", "any")}};
  return section;
}

const Section& plugins_section() {
  static const Section section = [] {
    Key isolation = key("isolation", Shape::named_choices, "where each plugin runs, by its id; bundled ones always in process", "`worker`");
    isolation.choices = {"worker", "in-process"};
    Key allow = key("allow", Shape::named_texts,
                    "the services that a plugin may use, by its id; log, control, config and context are always there", "all it asks for");
    allow.choices = service_names();
    return Section{"[plugins]",
                   {key("dirs", Shape::texts, "folders with plugins, relative to this file, beside the bundled ones"),
                    within("pin", Shape::named_tables, "what a plugin has to be, by its id", pin_section()), isolation, allow}};
  }();
  return section;
}

const Section& retry_section() {
  static const Section section = [] {
    Key on = key("on", Shape::texts, "the classes of failures that are worth another try", "`unavailable`, `locked`, `conflict`");
    on.choices = retry_classes();
    return Section{"'retry'",
                   {between(key("attempts", Shape::integer, "tries in all", "1"), 1, 100),
                    key("delay", Shape::duration, "the pause before the second try", "1s"),
                    between(key("backoff", Shape::number, "each pause is this many times the one before", "2.0"), 1, 100),
                    between(key("jitter", Shape::number, "the part of a pause by which chance makes it longer or shorter", "0.2"), 0, 1), on}};
  }();
  return section;
}

const Section& overlay_section() {
  static const Section section{"[stage.in.NAME]", {{"with", Shape::settings, "settings laid over the stage's in that environment"}}};
  return section;
}

/// The keys of every entry; `of`: those of its own.
std::vector<Key> entry_keys(std::vector<Key> of) {
  std::vector<Key> out{key("id", Shape::text, "its name", "its `use`"), required(key("use", Shape::text, "the stage type"))};
  std::move(of.begin(), of.end(), std::back_inserter(out));
  out.push_back(key("with", Shape::settings, "settings of the stage type; `tidegate plugin inspect USE` lists them"));
  out.push_back(key("remove", Shape::flag, "with `extends`: takes the one of this id away", "false"));
  out.push_back(key("before", Shape::text, "with `extends`: the id that this stands before"));
  out.push_back(key("after", Shape::text, "with `extends`: the id that this stands after"));
  return out;
}

const Section& stage_section() {
  static const Section section{
      "[[stage]]",
      entry_keys(
          {one_of("kind", "which of the stage type's kinds, when it has several", {"detect", "precheck", "apply", "verify"}),
           key("when", Shape::conditions, "context values that must all hold, else the stage is skipped"),
           key("timeout", Shape::duration, "time for one attempt", "none"), key("deadline", Shape::duration, "time for all attempts", "none"),
           within("retry", Shape::table, "how a failed call is tried again", retry_section()),
           one_of("on_error", "what a call that failed means, of a detect, precheck or verify stage; a verdict `block` is never softened",
                  {"fail", "warn"}, "fail"),
           within("in", Shape::named_tables, "settings for one environment", overlay_section()),
           refused("ensure", "it is of [[rollback]]: every stage runs on success")})};
  return section;
}

const Section& rollback_section() {
  static const Section section{
      "[[rollback]]",
      entry_keys({one_of("kind", "which of the stage type's kinds: need not be said", {"rollback"}, "rollback"),
                  key("ensure", Shape::flag, "runs at the end of a run that succeeded, too", "false"),
                  key("when", Shape::conditions, "context values that must all hold, else it is skipped; also `run.applied` and `run.error`"),
                  key("timeout", Shape::duration, "time for one attempt", "none"),
                  key("deadline", Shape::duration, "time for all attempts", "none"),
                  within("retry", Shape::table, "how a failed call is tried again", retry_section()),
                  within("in", Shape::named_tables, "settings for one environment", overlay_section()),
                  refused("on_error", "the failure of a rollback always counts: what stands must be said")})};
  return section;
}

const Section& notify_section() {
  static const Section section = [] {
    Key on = key("on", Shape::texts, "the events it is told of", "all but `waiting`");
    on.choices = notify_events();
    constexpr std::string_view how = "a notification chooses its events with 'on', and its failure never counts";
    return Section{"[[notify]]",
                   entry_keys({one_of("kind", "which of the stage type's kinds: need not be said", {"notify"}, "notify"), on,
                               refused("when", how), refused("on_error", how)})};
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
    if (key.refused.empty()) out.emplace_back(key.name);
  return out;
}

const Section& pipeline_file() {
  static const Section section{
      "the pipeline file",
      {required(key("version", Shape::integer, "version of the format: 1")),
       key("name", Shape::text, "what the pipeline is called in messages", "the file's name"),
       key("extends", Shape::text, "the pipeline to start from: the name of a bundled one, or a path with a `/` or `.toml` relative to this file"),
       within("connection", Shape::named_tables, "databases; `main` is the one that is changed, others are for detect, precheck and verify",
              connection_section()),
       key("with", Shape::settings, "settings for every stage type that has them"),
       within("run", Shape::table, "the run as a whole", run_section()),
       within("plugins", Shape::table, "plugins of your own", plugins_section()),
       within("stage", Shape::tables, "the stages, in order", stage_section()),
       within("rollback", Shape::tables, "what runs, in order, when a stage fails after the first change", rollback_section()),
       within("notify", Shape::tables, "who is told what", notify_section())}};
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
