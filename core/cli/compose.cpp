// SPDX-License-Identifier: Apache-2.0
#include "cli/compose.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

#include "base/text.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"
#include "cli/version.hpp"
#include "stage/local_stage.hpp"

namespace tidegate::cli {

using base::Error;
using base::Result;
using base::Status;

namespace {

/// Where connection main comes from when neither --url nor the pipeline says; the first that is set.
constexpr std::array<const char*, 5> kUrlVariables = {"TIDEGATE_DATABASE_URL", "DIRECT_URL", "DATABASE_URL_UNPOOLED", "POSTGRES_URL_NON_POOLING",
                                                      "DATABASE_URL"};

/// Time-ordered and unique: "20261122T172719-4f0c9a12".
std::string new_run_id() {
  const auto now = base::format_time(std::chrono::system_clock::now());
  std::string id;
  for (const char c : now.substr(0, 19))
    if (c != '-' && c != ':') id += c;
  char tail[16];
  std::snprintf(tail, sizeof tail, "-%08x", std::random_device{}());
  return id + tail;
}

Error no_connection() {
  return Error{Status::config, "no database URL is set",
               "give --url, set connection.main.url in the pipeline, or set one of " +
                   base::join_words(std::vector<std::string>(kUrlVariables.begin(), kUrlVariables.end()))};
}

}  // namespace

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

Result<Checked> check_pipeline(const Options& options) {
  const auto file = find_pipeline(options.file);
  if (!file) return file.error();
  const auto text = base::read_file(file->path);
  if (!text) return Error{Status::config, "the pipeline could not be read: " + text.error().message};
  Checked out;
  out.working_folder = working_folder();
  out.variables = variables_of(out.working_folder);
  out.reading = pipeline::parse(*text, file->path, file->bundled, out.working_folder);
  out.registry = std::make_unique<loader::Registry>();
  loader::SearchPath search{installation().plugins, out.reading.pipeline.plugin_dirs};
  if (const auto more = out.variables("TIDEGATE_PLUGIN_PATH"))
    for (const auto& dir : base::split(*more, ':'))
      if (!dir.empty()) search.dirs.push_back(dir);
  out.registry->find(search);
  for (const auto& failure : out.registry->failures()) out.reading.warnings.push_back(failure.error);
  pipeline::Catalogue catalogue{[registry = out.registry.get()](std::string_view use) -> pipeline::KnownType {
                                  const auto* plugin = registry->offering(use);
                                  if (plugin == nullptr) return {};
                                  return {plugin->manifest.stage(use), plugin->manifest.id, plugin->bundled};
                                },
                                out.registry->stage_types()};
  pipeline::check(out.reading, catalogue, {options.set, out.working_folder}, out.variables, options.env);
  return out;
}

void print_problems(const std::vector<Error>& errors, const std::vector<Error>& warnings, const Options& options) {
  const auto style = style_for(STDERR_FILENO, options.color);
  for (const auto& error : errors) std::fputs(describe(error, "error", style).c_str(), stderr);
  if (options.quiet) return;
  for (const auto& warning : warnings) std::fputs(describe(warning, "warning", style).c_str(), stderr);
}

std::unique_ptr<Job> Job::make(const Options& options, run::Settings settings, int& exit_code) {
  auto checked = check_pipeline(options);
  if (!checked) {
    print_problems({checked.error()}, {}, options);
    exit_code = run::kExitUsage;
    return nullptr;
  }
  print_problems(checked->reading.errors, checked->reading.warnings, options);
  if (!checked->reading.errors.empty()) {
    exit_code = run::kExitUsage;
    return nullptr;
  }
  std::unique_ptr<scratch::Server> scratch;
  if (options.scratch) {  // before any thread: its guardian is forked from here
    auto started = scratch::Server::start({}, base::Deadline::in(std::chrono::seconds(60)));
    if (!started) {
      print_problems({started.error()}, {}, options);
      exit_code = run::exit_for(started.error());
      return nullptr;
    }
    scratch = std::move(*started);
  }
  auto job = std::unique_ptr<Job>(new Job(options, std::move(*checked), std::move(settings)));
  job->scratch_ = std::move(scratch);
  return job;
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
        return make_stage(spec, environments, shared);
      },
      run::World{redactor_, context_, interruption_, *hub_, *events_, *guard_, checked_.variables});
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
  const auto entry = checked_.registry->load(*plugin);
  if (!entry) return entry.error();
  std::vector<std::string> granted = type->required_services;
  granted.insert(granted.end(), type->wanted_services.begin(), type->wanted_services.end());
  return stage::make_local_stage(**entry, shared, {spec.id, spec.kind, type, std::move(*config), std::move(granted)});
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
  for (const auto& spec : pipeline().stages) add(spec);
  std::sort(out.begin(), out.end());
  return out;
}

std::string Job::pipeline_fingerprint() const {
  std::string out = base::read_file(pipeline().file).ok() ? *base::read_file(pipeline().file) : std::string{};
  for (const auto& [key, value] : options_.set) out += "\n" + key + "=" + value;
  return out;
}

}  // namespace tidegate::cli
