// SPDX-License-Identifier: Apache-2.0
// The Runner's dealings with its stages: making them, one call into each under the guard, and what a call means.
#include <algorithm>
#include <cmath>
#include <random>

#include "base/text.hpp"
#include "pipeline/read.hpp"
#include "run/json.hpp"
#include "run/keeper.hpp"
#include "run/notifier.hpp"
#include "run/runner.hpp"

namespace tidegate::run {

using base::Clock;
using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using manifest::Kind;
using stage::Verdict;

namespace {

constexpr std::string_view kName = "environment.name";
constexpr std::string_view kClass = "environment.class";
/// Nobody watches a thousand steps a second; the first of a run and the last of a stage are always told.
constexpr std::chrono::milliseconds kProgressEvery{100};

/// One text a line, as a list.
base::Array list_of_lines(std::string_view text) {
  base::Array out;
  for (const auto& line : base::split(text, '\n'))
    if (!line.empty()) out.emplace_back(line);
  return out;
}

std::chrono::milliseconds since(Clock::time_point began) { return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began); }

}  // namespace

Result<void> Runner::prepare() {
  for (const auto& spec : pipeline_.stages) {
    if (spec.kind != Kind::detect) continue;
    auto made = make_(spec, environments_, shared_);
    if (!made) return made.error();
    Entry entry{&spec, std::move(*made)};
    if (auto checked = entry.stage->validate(deadline_of(spec)); checked.error) return *checked.error;
    if (!applies(spec)) {
      skip(spec, why_not(spec));
      continue;
    }
    const auto began = Clock::now();
    auto outcome = call_stage(entry, settings_.dry_run);
    auto error = outcome.error.value_or(Error{Status::denied, "stage '" + spec.id + "' failed"});
    if (conclude(entry, std::move(outcome), since(began))) continue;
    // Where this is cannot be told, so the gate is closed as by a precheck that could not run.
    const bool keeps_its_end = error.code == Status::unavailable || error.code == Status::config || error.code == Status::cancelled;
    if (!keeps_its_end || unavailable_but_not_the_target(error)) error.code = Status::denied;
    return error;
  }
  settle_environment();
  connect_ahead();
  for (const auto& spec : pipeline_.stages) {
    if (spec.kind == Kind::detect) continue;
    auto made = make_(spec, environments_, shared_);
    if (!made) return made.error();
    if (auto checked = (*made)->validate(deadline_of(spec)); checked.error) return *checked.error;
    entries_.push_back({&spec, std::move(*made)});
  }
  for (const auto& spec : pipeline_.rollback) {
    auto made = make_(spec, environments_, shared_);
    if (!made) return made.error();
    if (auto checked = (*made)->validate(deadline_of(spec)); checked.error) return *checked.error;
    rollbacks_.push_back({&spec, std::move(*made)});
  }
  if (settings_.dry_run) return {};
  return notifier_->prepare(environments_, [this](const pipeline::Stage& spec) { return applies(spec); });
}

Result<void> Runner::prepare_to_ask() {
  asking_ = true;
  if (!settings_.command.empty())
    events_.emit("run.started", "", {{"pipeline", pipeline_.name}, {"file", pipeline_.file}, {"dry_run", false}, {"command", settings_.command}});
  auto prepared = prepare();
  ignore_when_ = true;
  return prepared;
}

/// The server starts its process while the stages' plugins are loaded.
void Runner::connect_ahead() {
  if (!connect_ahead_) return;
  const auto& stages = pipeline_.stages;
  const bool needed = std::any_of(stages.begin(), stages.end(), [this](const pipeline::Stage& spec) {
    return spec.needs_database && spec.kind != Kind::detect && (asking_ || applies(spec));
  });
  if (needed) shared_.databases.begin_main();
}

/// The environment's names, most specific first; --environment wins over what was detected, and unknown counts as
/// production.
void Runner::settle_environment() {
  constexpr std::string_view classes[] = {"production", "preview", "development", "unknown"};
  auto& context = shared_.context;
  if (!settings_.environment.empty()) {
    const bool is_class = std::find(std::begin(classes), std::end(classes), settings_.environment) != std::end(classes);
    context[std::string(kName)] = settings_.environment;
    if (is_class) context[std::string(kClass)] = settings_.environment;
  }
  const std::string name = context_value(kName).value_or("unknown");
  const std::string type = context_value(kClass).value_or(name);
  context.try_emplace(std::string(kName), name);
  environments_ = {name};
  if (type != name) environments_.push_back(type);
  if (type == "unknown") environments_.emplace_back("production");
  base::Table fields{{"name", name}, {"class", type}};
  add_deployment(fields);
  events_.emit("environment", "", std::move(fields));
}

/// What is known of the deployment, each only when it is.
void Runner::add_deployment(base::Table& fields) const {
  for (const char* key : {"platform", "runner", "commit", "branch", "deployment", "url", "pull_request"})
    if (const auto value = context_value("environment." + std::string(key)); value && !value->empty()) fields.emplace_back(key, *value);
}

std::optional<std::string> Runner::context_value(std::string_view key) const {
  const auto found = shared_.context.find(key);
  if (found == shared_.context.end()) return std::nullopt;
  return found->second;
}

bool Runner::applies(const pipeline::Stage& spec) const {
  return ignore_when_ || pipeline::holds(spec.when, [this](std::string_view key) { return context_value(key); });
}

std::string Runner::why_not(const pipeline::Stage& spec) const {
  for (const auto& condition : spec.when) {
    if (pipeline::holds({condition}, [this](std::string_view key) { return context_value(key); })) continue;
    return condition.key + " is " + context_value(condition.key).value_or("not set") + ", and `when` asks for " + base::join_words(condition.any_of);
  }
  return "its `when` does not hold";
}

/// Of one attempt that begins now; rollback has a deadline of its own beside the run's.
Deadline Runner::deadline_of(const pipeline::Stage& spec) const {
  const auto own = spec.timeout ? Deadline::in(*spec.timeout) : Deadline{};
  return spec.kind == Kind::rollback ? own : own.sooner(run_deadline_);
}

/// How the process ends when the call does not return: as settled already, or blocked before the first change, kept
/// after it.
Guard::Watch Runner::watch_for(stage::Stage& stage, Deadline deadline) {
  const auto end = [this]() -> End {
    if (finished_) return {report_.outcome, report_.exit};
    return changing_ ? End{Outcome::kept, kExitKept} : End{Outcome::blocked, kExitBlocked};
  };
  return {deadline, [&stage] { stage.cancel(); }, [end] { return end().exit; },
          [this, &stage, end] {
            const Error hung{Status::deadline, "stage '" + stage.id() + "' did not stop within " + base::format_duration(Guard::kGrace) +
                                                   " of being told to; the process ends",
                             changing_ ? "a change had begun: look at `tidegate status` before the next run" : "nothing was touched"};
            const auto error = finished_ ? report_.error : hung;
            const auto ended = end_of_run(end(), error);
            events_.emit_unless_busy("run.finished", "", finished_fields(ended), std::chrono::seconds(1));
            keeper_->last_words(ended);
          }};
}

/// The stage with its retries. An apply stage gets one call: after it the lock and what is pending come first again.
stage::Outcome Runner::call_stage(Entry& entry, bool dry) {
  const auto& spec = *entry.spec;
  const auto all = spec.deadline ? Deadline::in(*spec.deadline) : Deadline{};
  for (int attempt = 1;; ++attempt) {
    auto outcome = call_once(entry, dry, static_cast<std::uint32_t>(attempt), all);
    if (!outcome.error || spec.kind == Kind::apply || all.over() || !pause_before_retry(spec, *outcome.error, attempt, all.sooner(run_deadline_)))
      return outcome;
  }
}

stage::Outcome Runner::call_once(Entry& entry, bool dry, std::uint32_t attempt, Deadline all) {
  const auto deadline = deadline_of(*entry.spec).sooner(all);
  events_.emit("stage.started", entry.spec->id, {{"use", entry.spec->use}, {"kind", manifest::name_of(entry.spec->kind)}});
  guard_.watch(watch_for(*entry.stage, deadline));
  auto outcome = entry.stage->run({events_.run_id(), dry, changing_, attempt, deadline});
  guard_.unwatch();
  return outcome;
}

/// True after the pause when the pipeline wants such a failure to be tried again, and there is time for it before the end.
bool Runner::pause_before_retry(const pipeline::Stage& spec, const Error& error, int attempt, Deadline end) {
  if (!spec.retry || attempt >= spec.retry->attempts) return false;
  const auto& retry = *spec.retry;
  if (std::find(retry.on.begin(), retry.on.end(), base::name_of(error.code)) == retry.on.end()) return false;
  static thread_local std::minstd_rand random{std::random_device{}()};
  const double most = static_cast<double>(retry.delay.count()) * std::pow(retry.backoff, attempt - 1);
  const double span = most * (1 + retry.jitter * std::uniform_real_distribution<double>(-1, 1)(random));
  const std::chrono::milliseconds pause(static_cast<std::int64_t>(std::clamp(span, 0.0, 3.6e6)));
  if (end.remaining_ms() <= pause.count()) return false;
  events_.emit("stage.retry", spec.id, {{"attempt", attempt}, {"of", retry.attempts}, {"ms", static_cast<std::int64_t>(pause.count())},
                                        {"error", to_value(error)}});
  return !shared_.interruption.wait_for(pause);
}

/// --override lets one closed gate through: when all that blocks is of its rule.
bool Runner::overridden(const std::vector<stage::Finding>& findings) {
  if (settings_.override_rule.empty()) return false;
  int blocks = 0;
  for (const auto& finding : findings) {
    if (finding.verdict != Verdict::block) continue;
    if (finding.rule != settings_.override_rule) return false;
    ++blocks;
  }
  return blocks > 0;
}

/// Reports what a call came to and decides whether the run goes on. Ends the run itself for prechecks and verifies;
/// a failed detect or apply stage is left to the caller.
bool Runner::conclude(Entry& entry, stage::Outcome outcome, std::chrono::milliseconds took) {
  const auto& spec = *entry.spec;
  // A stage that ran out of time may call that cancelled; only a signal interrupts a run.
  if (outcome.error && outcome.error->code == Status::cancelled && guard_.signal() == 0) outcome.error->code = Status::deadline;
  const bool checks = spec.kind == Kind::precheck || spec.kind == Kind::verify || spec.kind == Kind::detect;
  bool softened = outcome.error && checks && spec.warn_on_error && outcome.error->code != Status::cancelled;
  if (outcome.error && checks && outcome.error->code != Status::cancelled)
    outcome.findings.push_back({softened ? Verdict::warn : Verdict::block, "check-could-not-run", outcome.error->message, outcome.error->file,
                                outcome.error->line, outcome.error->column, outcome.error->hint, {}});
  for (const auto& finding : outcome.findings) {
    events_.emit("finding", spec.id, *to_value(finding).as<base::Table>());
    report_.findings.push_back(finding);
  }
  const bool override = spec.kind == Kind::precheck && (!outcome.error || outcome.error->code != Status::cancelled) && overridden(outcome.findings);
  overrode_ = overrode_ || override;
  if (override)
    events_.emit("gate.overridden", spec.id, {{"rule", settings_.override_rule}, {"reason", settings_.override_reason}});
  softened = softened || (override && outcome.error);
  const auto verdict = softened || override ? Verdict::warn : outcome.error ? Verdict::unset : outcome.verdict;
  base::Table fields{{"verdict", outcome.error && !softened ? std::string_view("error") : stage::name_of(verdict)},
                     {"ms", static_cast<std::int64_t>(took.count())}};
  if (outcome.error) fields.emplace_back("error", to_value(*outcome.error));
  events_.emit("stage.finished", spec.id, std::move(fields));

  const bool went_well = verdict != Verdict::unset && verdict != Verdict::block;
  if (went_well && spec.kind == Kind::apply) note_backups(spec);
  if (went_well) return true;
  if (spec.kind == Kind::apply || spec.kind == Kind::detect) return false;
  if (outcome.error && outcome.error->code == Status::cancelled) {
    end_early(*outcome.error);
    return false;
  }
  const auto error = outcome.error.value_or(Error{Status::denied, "stage '" + spec.id + "' refused", "see its findings"});
  if (spec.kind == Kind::verify && changing_) {
    put_back(error);
  } else if (outcome.error && unavailable_but_not_the_target(error)) {
    // Nothing was asked, so nothing says that what is there should go.
    finish(spec.kind == Kind::verify ? End{Outcome::failed, kExitFailed} : End{Outcome::blocked, kExitBlocked}, error);
  } else if (outcome.error && (error.code == Status::unavailable || error.code == Status::config)) {
    finish(end_before_change(error), error);
  } else if (spec.kind == Kind::verify && settings_.only.empty() && only_verifies()) {
    put_back_what_others_changed(error);
  } else if (spec.kind == Kind::verify) {
    finish({Outcome::failed, kExitFailed}, error);
  } else {
    finish({Outcome::blocked, kExitBlocked}, error);
  }
  return false;
}

/// Kept before the change goes on: whoever cleans up after this process has to know what there is to restore from.
void Runner::note_backups(const pipeline::Stage& spec) {
  bool made = false;
  for (const auto& key : spec.restore_keys) {
    const auto handle = context_value(spec.id + "." + key);
    if (!handle || handle->empty()) continue;
    std::erase_if(report_.backups, [&](const Backup& one) { return one.stage == spec.id && one.handle == *handle; });  // of a try before
    report_.backups.push_back({spec.id, *handle});
    events_.emit("backup.made", spec.id, {{"handle", *handle}});
    made = true;
  }
  if (made) keeper_->flush();
}

void Runner::skip(const pipeline::Stage& spec, const std::string& reason) {
  events_.emit("stage.finished", spec.id, {{"verdict", stage::name_of(Verdict::skipped)}, {"reason", reason}, {"ms", 0}});
}

void Runner::log(const std::string& stage, int level, std::string_view message) {
  constexpr std::string_view names[] = {"", "debug", "info", "warn", "error"};
  events_.emit("log", stage, {{"level", names[std::clamp(level, 1, 4)]}, {"message", message}});
}

void Runner::progress(const std::string& stage, std::uint64_t done, std::uint64_t total, std::string_view what) {
  {
    const std::lock_guard lock(doing_mutex_);
    doing_ = what;
    doing_stage_ = stage;
  }
  const auto now = Clock::now().time_since_epoch().count();
  const bool last = done == total;
  if (!last && now - last_progress_.load() < std::chrono::nanoseconds(kProgressEvery).count()) return;
  last_progress_ = now;
  events_.emit("stage.progress", stage, {{"done", static_cast<std::int64_t>(done)}, {"total", static_cast<std::int64_t>(total)}, {"what", what}});
}

/// The names of members are redacted, too, unless they are plain words, as all that a manifest's docs name.
void Runner::redact_names(base::Value& value) const {
  if (auto* list = value.as<base::Array>())
    for (auto& element : *list) redact_names(element);
  if (auto* table = value.as<base::Table>())
    for (auto& [name, member] : *table) {
      if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos) name = shared_.redactor.apply(name);
      redact_names(member);
    }
}

void Runner::emit(const std::string& stage, std::string_view type, std::string_view fields_json) {
  auto fields = from_json(fields_json);
  if (!fields || fields->as<base::Table>() == nullptr)  // the control service has checked the plugin's text already
    fields = base::Value(base::Table{{"text", fields_json}});
  redact_names(*fields);
  events_.emit(type, stage, std::move(*fields->as<base::Table>()));
}

void Runner::changing(const std::string&) {
  if (changing_.exchange(true)) return;
  guard_.exit_code_on_second_signal(kExitKept);
  shared_.databases.mark_changed();
  enter("changing");
}

void Runner::running(const std::string& stage, const services::Running& statement) {
  base::Table fields{{"ms", static_cast<std::int64_t>(statement.took.count())}};
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) fields.emplace_back(key, text);
  };
  {
    const std::lock_guard lock(doing_mutex_);
    if (doing_stage_ == stage) add("what", doing_);
  }
  add("command", statement.command);
  add("phase", statement.phase);
  if (statement.percent >= 0) fields.emplace_back("percent", statement.percent);
  add("relation", statement.relation);
  add("index", statement.index);
  fields.emplace_back("blockers", list_of_lines(statement.blockers));
  events_.emit("statement.progress", stage, std::move(fields));
}

void Runner::waiting(const std::string& stage, std::chrono::milliseconds waited, std::string_view blockers) {
  events_.emit("waiting", stage, {{"for", "lock"}, {"ms", static_cast<std::int64_t>(waited.count())}, {"blockers", list_of_lines(blockers)}});
}

}  // namespace tidegate::run
