// SPDX-License-Identifier: Apache-2.0
//
// The stage type "command": starts the program, hands its output on, and judges its exit code by the stage's kind.
#include <tidegate/extensions.hpp>
#include <tidegate/plugin.hpp>
#include <tidegate/process.hpp>

#include "startable.hpp"
#include "tail.hpp"
#include "tidegate_manifest.h"

namespace tidegate::command {
namespace {

using sdk::Error;
using sdk::Finding;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

constexpr std::size_t kLinesInMessages = 3;

bool is_name(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos && (text[0] < '0' || text[0] > '9');
}

bool writes(std::string_view kind) {
  return kind == "apply" || kind == "rollback";
}

/// How the program ended and what it said last.
struct End {
  std::int32_t exit_code = 0;
  std::string last_words;
};

class CommandStage : public sdk::Stage {
 public:
  explicit CommandStage(sdk::Host host) : host_(host), argv_(host.texts("argv")) {}

  Result<void> validate(sdk::Report&) override {
    if (argv_.empty() || argv_.front().empty())
      return Error{Status::config, "the command has no program to run",
                   "name it first in the setting 'argv': argv = [\"npm\", \"run\", \"check\"]"};
    const auto made = program();
    if (!made) return made.error();
    return {};
  }

  Result<Verdict> run(const sdk::Run& run, sdk::Report& report) override {
    auto made = program();
    if (!made) return made.error();
    if (run.dry && (writes(run.kind) || !host_.flag("in_dry_runs"))) {
      host_.info("would run: " + described());
      return Verdict::skipped;
    }
    if (writes(run.kind)) {
      if (auto error = why_not_startable(argv_.front(), made->folder, path_of(*made))) return *error;
      host_.changing();
    }
    const auto end = start(*made);
    if (!end) return end.error();
    host_.publish("exit_code", std::to_string(end->exit_code));
    if (sdk::is_expected(host_, end->exit_code)) {
      if (run.kind == "rollback" && host_.flag("restores")) host_.publish("restored", "true");
      return Verdict::pass;
    }
    const auto message = disappointment(*end);
    if (run.kind == "precheck" || run.kind == "verify") {
      report.finding(
          {Verdict::block, "command-failed", message, {}, 0, 0, "see what it printed; exit codes that are fine go into 'exit_codes'"});
      return Verdict::block;
    }
    Error error{Status::failed, message};
    error.hint = writes(run.kind) ? "what it has changed is not known to tidegate: see what it printed, and look at the database"
                                  : "see what it printed; exit codes that are fine go into 'exit_codes'";
    return error;
  }

  /// As a notification the program gets the event on its standard input.
  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments_json,
                           sdk::Report& report) override {
    if (extension != "tidegate.notify/1" || method != "event") return Stage::call(extension, method, arguments_json, report);
    auto made = program();
    if (!made) return made.error();
    made->input = std::string(arguments_json) + "\n";
    const auto end = start(*made);
    if (!end) return end.error();
    if (!sdk::is_expected(host_, end->exit_code)) return Error{Status::failed, disappointment(*end)};
    return std::string("{}");
  }

 private:
  Result<sdk::Program> program() const {
    auto out = sdk::program_in_settings(host_);
    out.folder = host_.text("folder");
    if (auto read = read_env(out); !read) return read.error();
    for (std::uint32_t i = 0, n = host_.count("secret_env"); i < n; ++i) {
      const auto path = "secret_env." + std::to_string(i);
      const auto name = host_.text(path + ".name");
      const auto value = host_.secret(path + ".value");
      if (value)
        out.env.emplace_back(name, *value);
      else if (value.error().code != Status::not_found)  // "${NAME:-}" may be unset
        return Error{Status::config, "the command's secret " + name + " cannot be read: the variable that it names is not set",
                     "set that variable; ${NAME:-} makes it optional"};
    }
    return out;
  }

  Result<void> read_env(sdk::Program& out) const {
    const auto* config = host_.table<tg_config_v1>(TG_CONFIG);
    tg_str raw{};
    for (std::uint32_t i = 0; config != nullptr && config->key_at(host_.raw(), sdk::to_abi("env"), i, &raw) == TG_OK; ++i) {
      const std::string name(sdk::view(raw));
      if (!is_name(name)) return Error{Status::config, "'" + name + "' in the command's 'env' is no name of a variable"};
      const auto value = host_.setting("env." + name);
      if (!value || value->type != TG_TEXT)
        return Error{Status::config, "the command's variable " + name + " must be text", "write it as " + name + " = \"value\""};
      out.env.emplace_back(name, std::string(sdk::view(value->s)));
    }
    return {};
  }

  static std::string path_of(const sdk::Program& program) {
    std::string out;
    for (const auto& [name, value] : program.env)
      if (name == "PATH") out = value;
    return out;
  }

  /// Until it ends well, as often as the pipeline allows.
  Result<End> start(const sdk::Program& program) const {
    const auto attempts = host_.integer("attempts", 1);
    for (std::int64_t attempt = 1;; ++attempt) {
      auto end = start_once(program);
      if (!end || sdk::is_expected(host_, end->exit_code) || attempt >= attempts) return end;
      host_.warn(disappointment(*end) + "; attempt " + std::to_string(attempt + 1) + " of " + std::to_string(attempts) + " follows");
      if (host_.wait_ms(host_.integer("attempt_delay", 5'000)))
        return Error{Status::cancelled, "interrupted between two attempts of " + argv_.front()};
    }
  }

  Result<End> start_once(const sdk::Program& program) const {
    Tail out;
    Tail both;
    const auto exit_code = sdk::run_program(
        host_, program,
        [&](std::string_view line) {
          out.add(line);
          both.add(line);
          host_.info(line);
        },
        [&](std::string_view line) {
          both.add(line);
          host_.info(line);
        });
    host_.publish("stdout", out.text());
    if (!exit_code) return exit_code.error();
    return End{*exit_code, both.last(kLinesInMessages)};
  }

  std::string described() const {
    std::string out = sdk::shown(argv_);
    if (const auto folder = host_.text("folder"); !folder.empty()) out += ", in " + folder;
    if (host_.flag("pass_connection")) out += ", with the connection in " + host_.text("connection_env", "DATABASE_URL");
    return out;
  }

  std::string disappointment(const End& end) const {
    std::string out = sdk::shown(argv_);
    if (end.exit_code > 128)
      out += " was ended by signal " + std::to_string(end.exit_code - 128) + " (exit code " + std::to_string(end.exit_code) + ")";
    else
      out += " ended with exit code " + std::to_string(end.exit_code);
    if (!end.last_words.empty()) out += ": " + end.last_words;
    return out;
  }

  sdk::Host host_;
  std::vector<std::string> argv_;
};

Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "command") return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<CommandStage>(host));
}

}  // namespace
}  // namespace tidegate::command

TIDEGATE_PLUGIN(tidegate::command::make);
