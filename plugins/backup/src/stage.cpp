// SPDX-License-Identifier: Apache-2.0
//
// The stage type "backup". It touches nothing of the target, so it never says that the run changes something: when it
// fails, the database is as it was.
#include <tidegate/extensions.hpp>
#include <tidegate/plugin.hpp>
#include <tidegate/process.hpp>

#include "dump.hpp"
#include "tidegate_manifest.h"

namespace tidegate::backup {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

/// A backup that was not made is a failure of this stage, whatever stood in its way. Only what is worth another try, or
/// is the user's own interruption, keeps its class.
Error as_failure(Error error) {
  switch (error.code) {
    case Status::cancelled:
    case Status::deadline:
    case Status::unavailable:
    case Status::locked:
    case Status::conflict:
      break;
    default:
      error.code = Status::failed;
  }
  return error;
}

std::string count_of(std::size_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

std::string size_of(std::uintmax_t bytes) {
  constexpr std::uintmax_t kilo = 1024;
  if (bytes < 10 * kilo) return std::to_string(bytes) + " bytes";
  if (bytes < 10 * kilo * kilo) return std::to_string(bytes / kilo) + " kB";
  return std::to_string(bytes / kilo / kilo) + " MB";
}

/// Database names may hold anything; file names better not.
std::string plain(std::string text) {
  for (char& c : text) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!fine) c = '_';
  }
  return text;
}

class BackupStage : public sdk::Stage {
 public:
  explicit BackupStage(sdk::Host host) : host_(host), how_(host.text("how")) {}

  Result<void> validate(sdk::Report&) override {
    if (how_ == "dump" && host_.text("folder").empty())
      return Error{Status::config, "the backup has no folder to dump into", "set 'folder', to one that outlives this machine"};
    if (how_ == "command" && (host_.count("argv") == 0 || host_.text("argv.0").empty()))
      return Error{Status::config, "the backup has no command to run", "name the program first in the setting 'argv'"};
    return {};
  }

  Result<Verdict> run(const sdk::Run& run, sdk::Report& report) override {
    auto done = how_ == "dump" ? dump_tables(run) : how_ == "restore_point" ? restore_point(run, report) : command(run);
    if (!done) return as_failure(done.error());
    return done;
  }

 private:
  Result<Verdict> dump_tables(const sdk::Run& run) {
    auto db = host_.db();
    if (!db) return db.error();
    auto selection = select(*db);
    if (!selection) return selection.error();
    if (!selection->all && selection->names.empty()) {
      host_.info("no dump: the pending migrations touch no table that exists");
      return Verdict::skipped;
    }
    auto what = selection->all ? "all tables" : count_of(selection->names.size(), "table") + ": ";
    for (std::size_t i = 0; i < selection->names.size(); ++i) what += (i == 0 ? "" : ", ") + selection->names[i];
    if (!selection->why.empty()) what += ", since " + selection->why;
    host_.info((run.dry ? "would dump " : "dumping ") + what);
    if (run.dry) return Verdict::skipped;

    std::string database;
    const auto asked = db->query("SELECT pg_catalog.current_database()", {}, [&](const sdk::Row& row) { database = row[0]; });
    if (!asked) return asked.error();
    auto programs = find_programs(host_, host_.text("bin_dir"), db->server_version() / 10'000);
    if (!programs) return programs.error();
    const Order order{std::move(*programs), std::move(*selection), host_.text("folder"),
                      plain(database) + "-" + plain(std::string(run.run_id)) + ".dump", host_.integer("lock_wait", 30'000)};
    const auto made = dump(host_, order);
    if (!made) return made.error();
    host_.publish("handle", made->path);
    host_.info("dumped the rows of " + count_of(made->tables, "table") + ", " + size_of(made->bytes) +
               ", listed and read back: " + made->path);
    return Verdict::pass;
  }

  Result<Selection> select(sdk::Db& db) {
    if (host_.text("tables", "pending") == "all") return select_all(db, {});
    const auto plan = host_.ask(TG_PLAN, TG_PLAN_PENDING);
    if (!plan) {
      const auto code = plan.error().code;
      if (code != Status::not_found && code != Status::unsupported) return plan.error();
      return select_all(db, "no stage of this pipeline says what is pending");
    }
    const auto pending = read_plan(*plan);
    if (!pending) return pending.error();
    return select_pending(db, *pending);
  }

  Result<Verdict> restore_point(const sdk::Run& run, sdk::Report& report) {
    constexpr std::size_t longest = 63;  // of a restore point's name
    const auto name = ("tidegate-" + std::string(run.run_id)).substr(0, longest);
    if (run.dry) {
      host_.info("would create the restore point " + name);
      return Verdict::skipped;
    }
    auto db = host_.db();
    if (!db) return db.error();
    std::string where;
    std::string archiving;
    const auto made = db->query("SELECT pg_catalog.pg_create_restore_point($1), pg_catalog.current_setting('archive_mode')", {name},
                                [&](const sdk::Row& row) {
                                  where = row[0];
                                  archiving = row[1];
                                });
    if (!made) {
      Error error = made.error();
      error.message = "no backup: the restore point could not be made: " + error.message;
      if (error.code == Status::denied) error.hint = "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text) to the role that deploys";
      return error;
    }
    host_.publish("handle", name);
    host_.info("restore point " + name + " at " + where);
    if (archiving != "off") return Verdict::pass;
    report.finding({Verdict::warn,
                    "restore-point-without-archive",
                    "the server does not archive its WAL (archive_mode is off), so nothing can be restored to the restore point " + name,
                    {},
                    0,
                    0,
                    "set up archiving, or use how = \"dump\"; where something else keeps the WAL, this can be ignored"});
    return Verdict::warn;
  }

  Result<Verdict> command(const sdk::Run& run) {
    const auto program = sdk::program_in_settings(host_);
    if (run.dry) {
      host_.info("would run: " + sdk::shown(program.argv));
      return Verdict::skipped;
    }
    std::string last;
    std::string last_words;
    const auto exit_code = sdk::run_program(
        host_, program,
        [&](std::string_view line) {
          host_.info(line);
          if (line.find_first_not_of(" \t") != std::string_view::npos) last = last_words = line;
        },
        [&](std::string_view line) {
          host_.info(line);
          if (line.find_first_not_of(" \t") != std::string_view::npos) last_words = line;
        });
    if (!exit_code) return exit_code.error();
    if (!sdk::is_expected(host_, *exit_code))
      return Error{Status::failed,
                   "no backup: " + sdk::shown(program.argv) + " ended with exit code " + std::to_string(*exit_code) +
                       (last_words.empty() ? "" : ": " + last_words),
                   "nothing was changed; see what it printed"};
    host_.publish("handle", last);
    return Verdict::pass;
  }

  sdk::Host host_;
  std::string how_;
};

Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "backup") return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<BackupStage>(host));
}

}  // namespace
}  // namespace tidegate::backup

TIDEGATE_PLUGIN(tidegate::backup::make);
