// SPDX-License-Identifier: Apache-2.0
#include "cli/compose.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <utility>

#include "base/text.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"
#include "cli/render.hpp"
#include "cli/version.hpp"
#include "pipeline/services.hpp"
#include "run/json.hpp"
#include "services/db/url.hpp"
#include "stage/local_stage.hpp"
#include "worker/worker_stage.hpp"

namespace tidegate::cli {

using base::Error;
using base::Result;
using base::Status;
using base::Value;

namespace {

/// Where connection main comes from when neither --url nor the pipeline says; the first that is set.
constexpr std::array<const char*, 5> kUrlVariables = {"TIDEGATE_DATABASE_URL", "DIRECT_URL", "DATABASE_URL_UNPOOLED", "POSTGRES_URL_NON_POOLING",
                                                      "DATABASE_URL"};

Error no_connection() {
  return Error{Status::config, "no database URL is set",
               "give --url, set connection.main.url in the pipeline, or set one of " +
                   base::join_words(std::vector<std::string>(kUrlVariables.begin(), kUrlVariables.end()))};
}

/// The settings as they decide what a run does: secrets as `${NAME}`, nothing of other sensitive ones, and paths that
/// are the same wherever the project is checked out. An array's element stands as a setting of its own.
Value fingerprint_of(const std::vector<manifest::Setting>& settings, Value values, const std::string& folder);

Value fingerprint_of(const manifest::Setting& setting, Value value, const std::string& folder) {
  if (setting.type == manifest::SettingType::secret) return value;
  if (setting.sensitive) return "sensitive";
  if (auto* text = value.as<std::string>(); text != nullptr && setting.path && text->starts_with(folder)) return text->substr(folder.size());
  if (auto* list = value.as<base::Array>(); list != nullptr && !setting.element.empty())
    for (auto& element : *list) element = fingerprint_of(setting.element.front(), std::move(element), folder);
  return setting.fields.empty() ? value : fingerprint_of(setting.fields, std::move(value), folder);
}

Value fingerprint_of(const std::vector<manifest::Setting>& settings, Value values, const std::string& folder) {
  for (const auto& setting : settings)
    if (auto* value = values.find(setting.name)) *value = fingerprint_of(setting, std::move(*value), folder);
  return values;
}

/// What the manifest asks for, as far as the pipeline allows it.
std::vector<std::string> grants(const pipeline::Pipeline& pipeline, const std::string& plugin_id, const manifest::StageType& type) {
  auto out = services::grants_for(type);
  if (const auto* allowed = pipeline::allowed_services(pipeline, plugin_id))
    std::erase_if(out, [&](const std::string& id) { return !pipeline::may_use(*allowed, id); });
  return out;
}

}  // namespace

Result<pipeline::Source> read_extended(const std::string& name, const pipeline::Source& from) {
  const auto file = find_extended(name, {from.file, from.bundled});
  if (!file) return file.error();
  auto text = base::read_file(file->path);
  if (!text) return Error{Status::config, text.error().message, text.error().hint};
  return pipeline::Source{std::move(*text), file->path, file->bundled};
}

std::string new_run_id() {
  const auto now = base::format_time(std::chrono::system_clock::now());
  std::string id;
  for (const char c : now.substr(0, 19))
    if (c != '-' && c != ':') id += c;
  char tail[16];
  std::snprintf(tail, sizeof tail, "-%08x", std::random_device{}());
  return id + tail;
}

base::Environment variables_of(const std::string& working_folder) {
  const auto process = base::process_environment();
  std::map<std::string, std::string> file;
  for (const char* name : {"/.env", "/prisma/.env"})
    if (const auto text = base::read_file(working_folder + name))
      for (auto& [key, value] : pipeline::parse_dotenv(*text, process)) file.try_emplace(key, std::move(value));
  return [process, file = std::move(file)](std::string_view name) -> std::optional<std::string> {
    if (auto value = process(name)) return value;
    const auto found = file.find(std::string(name));
    if (found == file.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

Result<Checked> check_pipeline(const Options& options, Pinned pinned) {
  const auto file = find_pipeline(options.file);
  if (!file) return file.error();
  const auto text = base::read_file(file->path);
  if (!text) return Error{Status::config, "the pipeline could not be read: " + text.error().message};
  Checked out;
  out.working_folder = working_folder();
  out.variables = variables_of(out.working_folder);
  out.reading = pipeline::parse({*text, file->path, file->bundled}, out.working_folder, read_extended);
  out.registry = std::make_unique<loader::Registry>();
  loader::SearchPath search{installation().plugins, out.reading.pipeline.plugin_dirs, {}};
  if (pinned == Pinned::held)
    for (const auto& pin : out.reading.pipeline.pins) search.pins.push_back({pin.plugin_id, pin.version, pin.sha256});
  // Of the process only: a .env comes with the sources that are deployed, and must not choose the code that deploys them.
  if (const auto more = base::process_environment()("TIDEGATE_PLUGIN_PATH"))
    for (const auto& dir : base::split(*more, ':')) {
      if (dir.empty()) continue;
      if (dir.starts_with('/'))
        search.dirs.push_back(dir);
      else
        out.reading.warnings.push_back({Status::config, "TIDEGATE_PLUGIN_PATH: '" + dir + "' is not an absolute path and is ignored",
                                        "write the whole path, from / on"});
    }
  out.registry->find(search);
  std::vector<std::string> plugin_ids;
  for (const auto& plugin : out.registry->plugins()) plugin_ids.push_back(plugin.manifest.id);
  for (const auto& failure : out.registry->failures()) {
    const bool pinned = !failure.plugin_id.empty();  // the pipeline itself says that this must not run
    (pinned ? out.reading.errors : out.reading.warnings).push_back(failure.error);
    if (pinned) plugin_ids.push_back(failure.plugin_id);
  }
  pipeline::Catalogue catalogue{[registry = out.registry.get()](std::string_view use) -> pipeline::KnownType {
                                  const auto* plugin = registry->offering(use);
                                  if (plugin == nullptr) return {};
                                  return {plugin->manifest.stage(use), plugin->manifest.id, plugin->bundled};
                                },
                                out.registry->stage_types(), std::move(plugin_ids)};
  pipeline::check(out.reading, catalogue, {options.set, out.working_folder}, out.variables, options.env);
  return out;
}

std::string problems_text(const std::vector<Error>& errors, const std::vector<Error>& warnings, const Options& options, const base::Redactor* redactor) {
  const auto style = style_for(STDERR_FILENO, options.color, redactor);
  std::string out;
  for (const auto& error : errors) out += describe(error, "error", style);
  if (!options.quiet)
    for (const auto& warning : warnings) out += describe(warning, "warning", style);
  return style.clean(out);
}

void print_problems(const std::vector<Error>& errors, const std::vector<Error>& warnings, const Options& options, const base::Redactor* redactor) {
  std::fputs(problems_text(errors, warnings, options, redactor).c_str(), stderr);
}

std::unique_ptr<Job> Job::make(const Options& options, run::Settings settings, Refusal& refusal) {
  auto checked = check_pipeline(options);
  if (!checked) {
    refusal = {run::kExitUsage, {checked.error()}, {}, "", base::without_url_passwords(options.file)};
    return nullptr;
  }
  const auto& reading = checked->reading;
  if (!reading.errors.empty()) {
    refusal = {run::kExitUsage, reading.errors, reading.warnings, reading.pipeline.name, reading.pipeline.file};
    return nullptr;
  }
  std::unique_ptr<scratch::Server> scratch;
  if (options.scratch) {  // before any thread: its guardian is forked from here
    auto started = scratch::Server::start({}, base::Deadline::in(std::chrono::seconds(60)));
    if (!started) {
      refusal = {run::exit_for(started.error()), {started.error()}, reading.warnings, reading.pipeline.name, reading.pipeline.file};
      return nullptr;
    }
    scratch = std::move(*started);
  }
  auto job = std::unique_ptr<Job>(new Job(options, std::move(*checked), std::move(settings)));
  job->scratch_ = std::move(scratch);
  return job;
}

std::unique_ptr<Job> Job::make_to_ask(const Options& options, int& exit_code, const std::string& command) {
  Refusal refusal;
  run::Settings settings{.dry_run = true, .environment = options.environment, .only = {}, .override_rule = {}, .override_reason = {}};
  settings.command = command;
  auto job = make(options, std::move(settings), refusal);
  if (!job) {
    print_problems(refusal.errors, refusal.warnings, options);
    exit_code = refusal.exit;
    return nullptr;
  }
  print_problems({}, job->warnings(), options, &job->redactor_);
  TextOptions view{style_for(STDERR_FILENO, options.color, &job->redactor_), options.quiet, options.verbose};
  view.only_warnings = true;
  job->lines_ = std::make_unique<StreamLines>(stdout, stderr);
  job->reader_ = make_text_renderer(*job->lines_, view);
  job->events_->add(*job->reader_);
  return job;
}

int Job::fail(const Error& error) const {
  print_problems({error}, {}, options_, &redactor_);
  return interrupted() != 0 ? interrupted() : run::exit_for(error);
}

void Job::warn_unrecorded() const {
  if (const auto& why = runner_->report().unrecorded) print_problems({}, {*why}, options_, &redactor_);
}

/// The first event of a run is its start, so this waits for the first stage to be made.
void Job::tell_warnings_now() {
  if (!std::exchange(warnings_untold_, false)) return;
  for (const auto& warning : warnings()) {
    base::Table fields{{"level", "warn"}, {"message", warning.message}};
    const auto more = run::to_value(warning);
    for (const char* key : {"hint", "where"})
      if (const auto* value = more.find(key)) fields.emplace_back(key, *value);
    events_->emit("log", "", std::move(fields));
  }
}

Job::Job(const Options& options, Checked checked, run::Settings settings) : options_(options), checked_(std::move(checked)) {
  events_ = std::make_unique<run::EventStream>(new_run_id(), redactor_);
  guard_ = std::make_unique<run::Guard>(interruption_);
  services::db::Hub::Options hub;
  hub.application_name = "tidegate " + events_->run_id();
  hub.on_warning = [this](const std::string& text) { events_->emit("log", "", {{"level", "warn"}, {"message", text}}); };
  hub.on_notice = [this](std::string_view severity, std::string_view text) {
    const bool loud = severity == "WARNING";
    events_->emit("log", "", {{"level", loud ? "warn" : "debug"}, {"message", std::string(severity) + " of the server: " + std::string(text)}});
  };
  hub_ = std::make_unique<services::db::Hub>(redactor_, interruption_, [this](std::string_view name) { return connection_text(name); }, std::move(hub));
  runner_ = std::make_unique<run::Runner>(
      pipeline(), std::move(settings),
      [this](const pipeline::Stage& spec, const std::vector<std::string>& environments, services::Shared& shared) {
        tell_warnings_now();
        return make_stage(spec, environments, shared);
      },
      run::World{redactor_, context_, interruption_, *hub_, *events_, *guard_, checked_.variables, kVersion});
}

Job::~Job() = default;

Result<std::string> Job::connection_text(std::string_view name) const {
  if (name == "main" && scratch_) return scratch_->url();
  if (name == "main" && !options_.url.empty()) return options_.url;
  const auto* connection = pipeline().connection(name);
  if (connection != nullptr && !connection->url.empty()) return pipeline::expand(connection->url, checked_.variables, connection->where);
  if (name == "main") {
    for (const char* variable : kUrlVariables)
      if (auto value = checked_.variables(variable)) return *value;
    return no_connection();
  }
  std::vector<std::string> known{"main"};
  for (const auto& c : pipeline().connections) known.push_back(c.name);
  return Error{Status::config, "the pipeline has no connection '" + std::string(name) + "'" + base::did_you_mean(name, known),
               "add [connection." + std::string(name) + "] with its url"};
}

Result<std::unique_ptr<stage::Stage>> Job::make_stage(const pipeline::Stage& spec, const std::vector<std::string>& environments,
                                                      services::Shared& shared) {
  const auto* plugin = checked_.registry->offering(spec.use);
  if (plugin == nullptr) return Error{Status::config, "no plugin offers the stage type '" + spec.use + "'"};  // check() has named it before
  const auto* type = plugin->manifest.stage(spec.use);
  auto config = pipeline::settings_for(spec, *type, environments, checked_.variables, checked_.working_folder);
  if (!config) return config.error();
  // Who names the environment is told the name that was asked for, and settles what follows from it (its class).
  const auto names_it = [](const auto& key) { return key.key == "environment.name"; };
  if (!options_.environment.empty() && type->setting("name") != nullptr && std::any_of(type->provides.begin(), type->provides.end(), names_it))
    config->set("name", options_.environment);
  stage::LocalStageOptions made{spec.id, spec.kind, type, std::move(*config), grants(pipeline(), plugin->manifest.id, *type)};
  const auto& trusted = pipeline().in_process;
  if (!plugin->bundled && std::find(trusted.begin(), trusted.end(), plugin->manifest.id) == trusted.end())
    return worker::make_worker_stage(installation().worker, *checked_.registry, *plugin, shared, std::move(made));
  const auto entry = checked_.registry->load(*plugin);
  if (!entry) return entry.error();
  return stage::make_local_stage(**entry, shared, std::move(made));
}

std::string Job::stage_type_offering(std::string_view extension) const {
  for (const auto& plugin : checked_.registry->plugins())
    for (const auto& type : plugin.manifest.stages)
      if (std::find(type.extensions.begin(), type.extensions.end(), extension) != type.extensions.end()) return type.type;
  return {};
}

std::string Job::target() {
  const auto target = hub_->target("main");
  return target ? (*target)->display : std::string{};
}

std::vector<std::string> Job::plugin_fingerprints() const {
  std::vector<std::string> out;
  const auto add = [&](const pipeline::Stage& spec) {
    const auto* plugin = checked_.registry->offering(spec.use);
    if (plugin == nullptr) return;
    const auto bytes = base::read_file(plugin->path);
    const auto text = plugin->manifest.id + " " + plugin->manifest.version + " " + (bytes ? loader::sha256_hex(*bytes) : "unreadable");
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
  };
  for (const auto* list : {&pipeline().stages, &pipeline().rollback})
    for (const auto& spec : *list) add(spec);
  std::sort(out.begin(), out.end());
  return out;
}

Value Job::settled(const pipeline::Stage& spec, const std::vector<std::string>& environments) const {
  const auto* plugin = checked_.registry->offering(spec.use);
  const auto* type = plugin != nullptr ? plugin->manifest.stage(spec.use) : nullptr;
  if (type == nullptr) return spec.with;
  auto settings = pipeline::settings_for(spec, *type, environments, checked_.variables, checked_.working_folder);
  return settings ? fingerprint_of(type->settings, *settings, pipeline().folder + "/") : spec.with;
}

std::string Job::pipeline_fingerprint(const std::vector<std::string>& environments) const {
  const auto stage_value = [&](const pipeline::Stage& spec) {
    base::Array when;
    for (const auto& condition : spec.when)
      when.emplace_back(base::Table{{"key", condition.key}, {"any_of", base::Array(condition.any_of.begin(), condition.any_of.end())}});
    const auto ms = [](const std::optional<std::chrono::milliseconds>& span) {
      return span ? Value(static_cast<std::int64_t>(span->count())) : Value();
    };
    Value retry;
    if (spec.retry)
      retry = base::Table{{"attempts", spec.retry->attempts},
                          {"delay", ms(spec.retry->delay)},
                          {"backoff", spec.retry->backoff},
                          {"jitter", spec.retry->jitter},
                          {"on", base::Array(spec.retry->on.begin(), spec.retry->on.end())}};
    return Value(base::Table{{"id", spec.id},
                             {"use", spec.use},
                             {"kind", manifest::name_of(spec.kind)},
                             {"when", std::move(when)},
                             {"timeout", ms(spec.timeout)},
                             {"deadline", ms(spec.deadline)},
                             {"retry", std::move(retry)},
                             {"ensure", spec.ensure},
                             {"warn_on_error", spec.warn_on_error},
                             {"on", base::Array(spec.on.begin(), spec.on.end())},
                             {"with", settled(spec, environments)}});
  };
  base::Array stages, connections;
  for (const auto* list : {&pipeline().stages, &pipeline().rollback, &pipeline().notify})
    for (const auto& spec : *list) stages.push_back(stage_value(spec));
  std::vector<std::string> names{"main"};
  for (const auto& connection : pipeline().connections)
    if (connection.name != "main") names.push_back(connection.name);
  for (const auto& name : names) {
    const auto text = connection_text(name);
    const auto target = text ? services::db::parse_connection(*text) : Result<services::db::ConnectionTarget>(text.error());
    if (target) connections.emplace_back(base::Table{{"name", name}, {"target", target->display}, {"schema", target->schema}});
  }
  return run::to_json(base::Table{{"stages", std::move(stages)},
                                  {"connections", std::move(connections)},
                                  {"on_failure", pipeline().on_failure == pipeline::OnFailure::keep ? "keep" : "undo"}});
}

}  // namespace tidegate::cli
