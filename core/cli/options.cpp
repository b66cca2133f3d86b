// SPDX-License-Identifier: Apache-2.0
// The one file that includes CLI11 (5 s to compile).
#include "cli/options.hpp"

#include <CLI/CLI.hpp>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "manifest/model.hpp"
#include "run/outcome.hpp"
#include "cli/version.hpp"

namespace tidegate::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done or nothing to do; 2 bad command line, pipeline or plugin; 3 blocked, nothing touched; 4 failed, the database is as it "
    "was; 5 failed and part of the change stands; 6 database not reached; 7 another run holds the lock; 70 a bug in tidegate; 130, 143 interrupted.";

class Parser {
 public:
  Parser() : app_("tidegate: a gate for schema changes. Runs database migrations inside a deploy, and proves the result healthy.", "tidegate") {
    app_.require_subcommand(1);
    auto* json = app_.add_flag("--json", options_.json, "With --version: what it was built from and how, as one JSON object");
    json->needs(app_.set_version_flag("--version", kVersion));
    app_.footer("Examples:\n"
                "  tidegate run                          apply what is pending in prisma/migrations to $DATABASE_URL\n"
                "  tidegate plan                         what run would do; changes nothing\n"
                "  tidegate run --scratch                try it on a private PostgreSQL that is removed afterwards\n"
                "  tidegate status --check               exit 3 unless the database is up to date\n\n" +
                std::string(kExitCodes));
    app_.get_formatter()->column_width(34);
    add_run();
    add_plan();
    add_status();
    add_rollback();
    add_lint();
    add_rehearse();
    add_resolve();
    add_validate();
    add_graph();
    add_schema();
    add_init();
    add_plugin();
    add_identity();
    add_serve();
    add_scratch();
  }

  Parsed parse(int argc, char** argv) {
    if (argc <= 1) return {std::nullopt, app_.help(), {}, run::kExitUsage};
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      return {std::nullopt, help_of_chosen(), {}, 0};
    } catch (const CLI::CallForVersion&) {
      return {std::nullopt, (app_.count("--json") > 0 ? version_json() : std::string("tidegate ") + kVersion) + "\n", {}, 0};
    } catch (const CLI::Error& e) {
      return usage_error(e.what());
    }
    return finish();
  }

 private:
  CLI::App* command(CLI::App* parent, const char* name, const char* summary, Command value, const std::string& examples) {
    auto* sub = parent->add_subcommand(name, summary);
    sub->footer("Examples:\n" + examples);
    sub->callback([this, value] { options_.command = value; });
    sub->add_flag_callback("--color", [this] { options_.color = true; }, "Colour even when the output is no terminal");
    sub->add_flag_callback("--no-color", [this] { options_.color = false; }, "No colour (also: NO_COLOR)");
    sub->add_flag("-q,--quiet", options_.quiet, "Only errors and the result");
    sub->add_flag("-v,--verbose", options_.verbose, "Also debug messages");
    return sub;
  }

  void add_pipeline(CLI::App* sub) {
    sub->add_option("FILE", options_.file, "The pipeline: a file, or the name of a bundled one (default, minimal). Without it: tidegate.toml here or "
                                           "in a parent folder, else the bundled default");
    sub->add_option("--url", options_.url, "The database (connection main), instead of the pipeline's or the environment's");
    sub->add_option("--set", set_, "A setting: KEY=VALUE for every stage that has it, STAGE.KEY=VALUE for one")->allow_extra_args(false);
    sub->add_option("--environment", options_.environment, "production, preview, development or a name of your own, instead of what is detected");
  }

  void add_run() {
    auto* sub = command(&app_, "run", "Run the pipeline", Command::run,
                        "  tidegate run\n  tidegate run --dry-run\n  tidegate run deploy/tidegate.toml --set migrations=db/migrations\n"
                        "  tidegate run --json > events.ndjson\n\n" + std::string(kExitCodes));
    add_pipeline(sub);
    sub->add_flag("--dry-run", options_.dry_run, "Say what would be done; change nothing");
    sub->add_flag("--scratch", options_.scratch, "Use a private PostgreSQL that is removed afterwards");
    sub->add_flag("--json", options_.json, "The event stream on stdout, one JSON object a line");
    sub->add_option("--events", options_.events_file, "Also write the event stream to this file");
    sub->add_option("--only", options_.only, "Run only this detect, precheck or verify stage (and what detects the environment)");
    sub->add_option("--plan", options_.plan, "The hash that `tidegate plan` printed: refuse (exit 3) when anything that decides what is done has changed since");
    sub->add_option("--override", options_.override_rule, "Let findings of this rule through, once; needs --reason");
    sub->add_option("--reason", options_.reason, "Why the gate is overridden: recorded, and told to who is notified");
  }
  void add_plan() {
    auto* sub = command(&app_, "plan", "What run would do; changes nothing", Command::plan, "  tidegate plan\n  tidegate plan --json\n  tidegate plan --format markdown > comment.md   for a pull request\n");
    add_pipeline(sub);
    sub->add_option("--format", options_.format, "text, json or markdown")->check(CLI::IsMember({"text", "json", "markdown"}));
    sub->add_flag_callback("--json", [this] { options_.format = "json"; }, "As --format json: one JSON object on stdout");
  }
  void add_status() {
    auto* sub = command(&app_, "status", "Applied, pending, failed, edited and missing migrations; who holds the lock", Command::status,
                        "  tidegate status\n  tidegate status --json\n  tidegate status --check   exit 3 unless up to date\n");
    add_pipeline(sub);
    sub->add_flag("--json", options_.json, "One JSON object on stdout");
    sub->add_flag("--check", options_.check, "Exit 3 unless the database is up to date");
  }
  void add_rollback() {
    auto* sub = command(&app_, "rollback", "Undo a run or go back to a migration, with the pipeline's rollback stage", Command::rollback,
                        "  tidegate rollback --dry-run                       what the last run applied, newest first\n"
                        "  tidegate rollback --run 20261122T172719-4f0c9a12  what that run applied is undone\n"
                        "  tidegate rollback --to 20240102_users             that migration stays, newer ones are undone\n");
    add_pipeline(sub);
    auto* to = sub->add_option("--to", options_.to, "The migration that stays; newer ones are undone");
    auto* run = sub->add_option("--run", options_.run, "The run whose migrations are undone, by its id in the journal. Default: the last one that changed something");
    to->excludes(run);
    sub->add_flag("--dry-run", options_.dry_run, "Say what would be undone; change nothing");
    sub->add_flag("--json", options_.json, "One JSON object on stdout");
  }
  void add_lint() {
    auto* sub = command(&app_, "lint", "Check SQL files: locks, rewrites, data loss, what the running code will meet; no database needed", Command::lint,
                        "  tidegate lint prisma/migrations\n  tidegate lint prisma/migrations/20240102_users/migration.sql --connection \"$DATABASE_URL\"\n"
                        "  tidegate lint migrations --format sarif > tidegate.sarif\n\nExit codes: 0 nothing to stop for; 2 bad command line, pipeline or "
                        "file; 3 a finding is deny.");
    sub->add_option("FILES", options_.paths, "SQL files, or folders of them. Of a folder of migrations the older ones say what there is")->required();
    sub->add_option("--format", options_.format, "text, json, sarif or github")->check(CLI::IsMember({"text", "json", "sarif", "github"}));
    sub->add_flag_callback("--json", [this] { options_.format = "json"; }, "As --format json");
    sub->add_option("--connection", options_.url, "Take the facts (columns, indexes, sizes) from this database instead of the older files");
    sub->add_option("--pipeline", options_.file, "The pipeline whose policy counts. Without it: tidegate.toml here or in a parent folder, else a bundled one");
    sub->add_option("--set", set_, "A setting: KEY=VALUE for every stage that has it, STAGE.KEY=VALUE for one")->allow_extra_args(false);
    sub->add_option("--environment", options_.environment, "production, preview, development or a name of your own, instead of what is detected");
  }
  void add_rehearse() {
    auto* sub = command(&app_, "rehearse", "Run what is pending on a scratch copy of the schema, forth and back; changes nothing", Command::rehearse,
                        "  tidegate rehearse\n  tidegate rehearse -v        with each statement and the SQL of the way back\n  tidegate rehearse --json\n\n"
                        "Needs the server programs of the database's major version on this machine.\n"
                        "Exit codes: 0 all of them ran; 2 bad command line or pipeline; 3 one fails, or there could be no rehearsal; 6 no database.");
    add_pipeline(sub);
    sub->add_flag("--json", options_.json, "One JSON object on stdout");
  }
  void add_resolve() {
    auto* sub = command(&app_, "resolve", "Correct the history by hand; runs no SQL of the migration", Command::resolve,
                        "  tidegate resolve --applied 0_init            baseline: the database already has it\n"
                        "  tidegate resolve --rolled-back 20240102_x    a failed one was cleaned up; it will run again\n");
    add_pipeline(sub);
    auto* applied = sub->add_option("--applied", options_.applied, "Record this migration as applied");
    auto* back = sub->add_option("--rolled-back", options_.rolled_back, "Record this failed migration as rolled back");
    applied->excludes(back);
    sub->add_flag("--json", options_.json, "One JSON object on stdout");
  }
  void add_validate() {
    auto* sub = command(&app_, "validate", "Check a pipeline file: every mistake at once, without running plugins or a database", Command::validate,
                        "  tidegate validate\n  tidegate validate deploy/tidegate.toml --env\n");
    add_pipeline(sub);
    sub->add_flag("--env", options_.env, "Undefined variables are errors, not warnings");
    sub->add_flag("--json", options_.json, "One JSON object on stdout");
  }
  void add_graph() {
    auto* sub = command(&app_, "graph", "Draw a pipeline: its stages, what undoes them and who is told", Command::graph,
                        "  tidegate graph\n  tidegate graph vercel-build --format mermaid\n  tidegate graph --format dot | dot -Tsvg > pipeline.svg\n");
    add_pipeline(sub);
    sub->add_option("--format", options_.format, "text, mermaid or dot")->check(CLI::IsMember({"text", "mermaid", "dot"}));
  }
  void add_schema() {
    auto* sub = command(&app_, "schema", "The JSON Schema of pipeline files, with the settings of all plugins found", Command::schema,
                        "  tidegate schema > tidegate.schema.json     for an editor: #:schema ./tidegate.schema.json in the first line\n");
    sub->add_option("FILE", options_.file, "The pipeline whose plugin folders are searched, too");
    sub->add_flag("--markdown", options_.markdown, "The keys as tables for the reference")->group("");
  }
  void add_init() {
    auto* sub = command(&app_, "init", "Write tidegate.toml for the project in this folder, and say what else to change", Command::init,
                        "  tidegate init\n  tidegate init --json\n");
    sub->add_flag("--json", options_.json, "One JSON object on stdout");
  }
  void add_plugin() {
    auto* plugin = app_.add_subcommand("plugin", "List, inspect, pin, begin and check plugins");
    plugin->require_subcommand(1);
    auto* list = command(plugin, "list", "The plugins that are found, and the files that can't be used", Command::plugin_list,
                         "  tidegate plugin list\n  tidegate plugin list --json\n");
    list->add_option("FILE", options_.file, "The pipeline whose plugin folders are searched");
    list->add_flag("--json", options_.json, "One JSON object on stdout");
    auto* inspect = command(plugin, "inspect", "What a plugin says of itself; runs none of its code", Command::plugin_inspect,
                            "  tidegate plugin inspect build/audit.tidegate.so\n  tidegate plugin inspect apply.prisma\n");
    inspect->add_option("FILE", options_.file, "A plugin file, a plugin's id or a stage type")->required();
    inspect->add_flag("--json", options_.json, "One JSON object on stdout");
    auto* lock = command(plugin, "lock", "Write version and SHA-256 of the plugins that a pipeline uses into its [plugins.pin]", Command::plugin_lock,
                         "  tidegate plugin lock\n  tidegate plugin lock deploy/tidegate.toml\n\nBundled plugins come with tidegate and are not pinned.");
    lock->add_option("FILE", options_.file, "The pipeline (default: tidegate.toml)");
    lock->add_flag("--json", options_.json, "One JSON object on stdout");
    auto* fresh = command(plugin, "new", "Write a plugin to start from: builds, has a test, passes `plugin check`", Command::plugin_new,
                          "  tidegate plugin new working_hours --kind precheck\n  tidegate plugin new chat --kind notify --language c --into plugins\n");
    fresh->add_option("NAME", options_.name, "The stage type, and the folder: lower-case letters, digits, '_' and '-'")->required();
    fresh->add_option("--kind", options_.kind, "detect, precheck, apply, verify, rollback or notify")->required()->check(CLI::IsMember(manifest::kind_names()));
    fresh->add_option("--language", options_.language, "c++ (the default), c or rust")->check(CLI::IsMember({"c++", "c", "rust"}));
    fresh->add_option("--into", options_.into, "The folder that gets the new one (default: here)");
    fresh->add_flag("--json", options_.json, "One JSON object on stdout");
    auto* check = command(plugin, "check", "Put plugin files through the rules of the contract, each check in a process of its own", Command::plugin_check,
                          "  tidegate plugin check build/audit.tidegate.so\n  tidegate plugin check build/audit.tidegate.so --only 'run.*' --seed 7\n"
                          "  tidegate plugin check build/*.tidegate.so --junit check.xml\n\nExit codes: 0 no check failed; 2 bad command line; 3 a check failed.");
    check->add_option("FILE", options_.paths, "Plugin files")->required();
    check->add_option("--only", options_.only, "Only checks whose name fits, like load.* or run.verdict");
    check->add_option("--set", set_, "A setting to check with: KEY=VALUE for every stage type that has it, TYPE.KEY=VALUE for one")->allow_extra_args(false);
    check->add_option("--seed", options_.seed, "For the random settings; the seed of a run is printed");
    check->add_option("--time-limit", options_.time_limit, "Of one check (default: 10s)");
    check->add_option("--junit", options_.junit, "Also write the results to this file, as JUnit XML");
    check->add_flag("--json", options_.json, "One JSON object on stdout");
  }
  void add_identity() {
    auto* identity = app_.add_subcommand("identity", "Which environment a database is marked as");
    identity->require_subcommand(1);
    auto* show = command(identity, "show", "The mark of the database, and whether it is a copy's", Command::identity_show,
                         "  tidegate identity show\n  tidegate identity show --json\n");
    add_pipeline(show);
    show->add_flag("--json", options_.json, "One JSON object on stdout");
    auto* set = command(identity, "set", "Mark the database as this environment's", Command::identity_set,
                        "  tidegate identity set --environment production\n");
    add_pipeline(set);
    set->add_flag("--json", options_.json, "One JSON object on stdout");
  }
  void add_serve() {
    auto* sub = command(&app_, "serve", "Answer GET /api/migrate/status and /healthz with JSON, until SIGTERM", Command::serve,
                        "  tidegate serve                                        for this machine, on 127.0.0.1:8080\n"
                        "  TIDEGATE_TOKEN=... tidegate serve --listen 0.0.0.0:8080\n"
                        "  curl -H \"Authorization: Bearer $TIDEGATE_TOKEN\" http://host:8080/api/migrate/status\n\n"
                        "Beyond the loopback addresses it listens only when TIDEGATE_TOKEN is set.\n");
    add_pipeline(sub);
    sub->add_option("--listen", options_.listen, "HOST:PORT; port 0 picks a free one (default: 127.0.0.1:8080)");
  }
  void add_scratch() {
    auto* sub = command(&app_, "scratch", "Start a private PostgreSQL, print its URL, remove it when this ends", Command::scratch,
                        "  tidegate scratch\n  tidegate scratch --major 15\n");
    sub->add_option("--major", options_.major, "The PostgreSQL version, of those installed (default: the newest)");
    sub->add_flag("--durable", options_.durable, "With fsync, as a real server; slower");
    sub->add_flag("--json", options_.json, "One JSON object on stdout");
  }

  [[nodiscard]] const CLI::App* chosen() const {
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return app;
  }
  std::string help_of_chosen() { return chosen()->help(); }

  Parsed usage_error(const std::string& what) {
    std::string path = "tidegate";
    for (const CLI::App* app = &app_; !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      path += " " + app->get_name();
    }
    std::string hint;
    const auto rest = app_.remaining(true);
    if (!rest.empty()) hint = base::did_you_mean(rest.front(), names_near(rest.front()));
    return {std::nullopt, {}, path + ": " + base::without_url_passwords(what + hint) + "\nSee '" + path + " --help'.\n", run::kExitUsage};
  }

  [[nodiscard]] std::vector<std::string> names_near(const std::string& word) const {
    std::vector<std::string> names;
    const auto* app = chosen();
    if (word.rfind("--", 0) == 0) {
      for (const auto* option : app->get_options())
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    } else {
      for (const auto* sub : app->get_subcommands([](const CLI::App*) { return true; })) names.push_back(sub->get_name());
    }
    return names;
  }

  Parsed finish() {
    for (const auto& pair : set_) {
      const auto equals = pair.find('=');
      if (equals == std::string::npos || equals == 0) return usage_error("--set wants KEY=VALUE, not '" + pair + "'");
      options_.set.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
    if (options_.command == Command::resolve && options_.applied.empty() == options_.rolled_back.empty())
      return usage_error("one of --applied NAME and --rolled-back NAME is needed");
    if (options_.override_rule.empty() != options_.reason.empty()) return usage_error("--override RULE and --reason TEXT belong together");
    if (!options_.only.empty() && options_.dry_run) return usage_error("--only and --dry-run exclude each other");
    if (!options_.only.empty() && !options_.plan.empty()) return usage_error("--only and --plan exclude each other: a plan is of the whole pipeline");
    if (options_.scratch && !options_.url.empty()) return usage_error("--scratch and --url exclude each other");
    return {options_, {}, {}, 0};
  }

  CLI::App app_;
  Options options_;
  std::vector<std::string> set_;
};

}  // namespace

Parsed parse_options(int argc, char** argv) { return Parser().parse(argc, argv); }

}  // namespace tidegate::cli
