// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <tidegate/extensions.hpp>

#include "account.hpp"
#include "answers.hpp"
#include "migrations/discover.hpp"
#include "migrations/drift.hpp"
#include "migrations/executor.hpp"
#include "migrations/json.hpp"
#include "migrations/json_fields.hpp"
#include "migrations/way_back.hpp"
#include "resolve.hpp"

namespace tidegate::apply {
namespace {

using migrations::Detail;
using migrations::Folder;
using sdk::Db;
using sdk::Error;
using sdk::Report;
using sdk::Result;
using sdk::Run;
using sdk::Status;
using sdk::Verdict;

// Key of Prisma's advisory lock: while it is held, neither tool's run begins.
constexpr const char* kLockKey = R"({"key":72707369})";

class ApplyPrisma final : public sdk::Stage {
 public:
  explicit ApplyPrisma(sdk::Host host) : host_(host) {}

  Result<Verdict> run(const Run& run, Report& report) override;
  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments, Report& report) override;

 private:
  /// The database as it is now; the folder is read while it answers.
  struct Look {
    Db db;
    HistoryPlace place;
    History history;
  };
  Result<Look> look(Detail detail);
  /// The folder, found once.
  Result<Folder*> folder();
  /// Begins to read the folder, the first time: what was checked is what is run, whatever becomes of the files meanwhile.
  /// Not valid when it was read before.
  Result<std::future<Result<void>>> begin_reading();
  Result<std::string> list(std::string_view arguments);
  Result<std::string> plan();
  Result<std::string> drift();
  Result<std::string> applied_by(std::string_view arguments);
  Result<std::string> resolve(std::string_view arguments);
  void keep_ways_back(Db& db) const;
  Result<void> apply_all(Db& db, const HistoryPlace& place, const History& history, std::vector<Work>& works, std::string_view run);

  sdk::Host host_;
  std::optional<Folder> folder_;
  bool folder_read_ = false;
};

Result<Folder*> ApplyPrisma::folder() {
  if (!folder_) {
    auto path = migrations::configured_folder(host_.text("migrations"));
    if (!path) return path.error();
    folder_.emplace(*path);
  }
  return &*folder_;
}

Result<std::future<Result<void>>> ApplyPrisma::begin_reading() {
  if (folder_read_) return std::future<Result<void>>();
  auto where = folder();
  if (!where) return where.error();
  return (*where)->begin_refresh();
}

Result<ApplyPrisma::Look> ApplyPrisma::look(Detail detail) {
  auto reading = begin_reading();  // a missing folder is said before anything is connected to
  if (!reading) return reading.error();
  auto db = host_.db();
  if (!db) return db.error();
  auto place = migrations::place_of(*db);
  if (!place) return place.error();
  auto history = read_history(*db, *place, detail);
  if (!history) return history.error();
  if (reading->valid()) {
    if (auto read = reading->get(); !read) return read.error();
  }
  folder_read_ = true;
  return Look{std::move(*db), std::move(*place), std::move(*history)};
}

// ------------------------------------------------------------------------------------- questions

Result<std::string> ApplyPrisma::call(std::string_view extension, std::string_view method, std::string_view arguments, Report& report) {
  if (extension == "tidegate.history/1") {
    if (method == "lock_key") return std::string(kLockKey);
    if (method == "list") return list(arguments);
    if (method == "drift") return drift();
    if (method == TG_HISTORY_APPLIED_BY) return applied_by(arguments);
    if (method == "resolve") return resolve(arguments);
  }
  if (extension == "tidegate.plan/1" && method == "pending") return plan();
  return Stage::call(extension, method, arguments, report);
}

Result<std::string> ApplyPrisma::list(std::string_view arguments) {
  const auto json = nlohmann::json::parse(arguments, nullptr, false);
  const bool rows = !json.is_object() || json.value("applied", nlohmann::json()) != false;
  const std::size_t newest = json.is_object() && json.contains("rows") && json["rows"].is_number_unsigned() ? json["rows"].get<std::size_t>() : 0;
  auto now = look(rows || newest > 0 ? Detail::rows : Detail::names);
  if (!now) return now.error();
  return list_json(now->history, compare(now->history, *folder_), rows, newest);
}

Result<std::string> ApplyPrisma::plan() {
  auto now = look(Detail::rows);
  if (!now) return now.error();
  auto works = check_and_plan(now->history, compare(now->history, *folder_), *folder_, now->place);
  if (!works) return works.error();
  if (auto found = find_where_it_stopped(host_, now->db, *works); !found) return found.error();
  return plan_json(*works, *folder_);
}

Result<std::string> ApplyPrisma::drift() {
  auto db = host_.db();
  if (!db) return db.error();
  auto place = migrations::place_of(*db);
  if (!place) return place.error();
  auto found = migrations::drift_of(*db, *place);
  if (!found) return found.error();
  auto changes = nlohmann::json::array();
  for (const auto& change : found->changes) changes.push_back({{"object", change.object}, {"text", change.text}});
  return nlohmann::json{{"known", found->known}, {"why", found->why}, {"since", found->since}, {"changes", std::move(changes)}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::string> ApplyPrisma::applied_by(std::string_view arguments) {
  const auto json = nlohmann::json::parse(arguments, nullptr, false);
  const auto run = json.is_object() ? migrations::text_in(json, "run") : std::string();
  if (run.empty()) return Error{Status::config, "applied_by needs the id of a run"};
  auto db = host_.db();
  if (!db) return db.error();
  auto place = migrations::place_of(*db);
  if (!place) return place.error();
  const auto history = read_history(*db, *place, Detail::rows);
  if (!history) return history.error();
  std::vector<std::string> names;
  for (const auto& row : history->rows)
    if (row.applied() && migrations::is_id_of(row.id, run)) names.push_back(row.name);
  return "{\"names\":" + migrations::json_list(names) + "}";
}

Result<std::string> ApplyPrisma::resolve(std::string_view arguments) {
  const auto json = nlohmann::json::parse(arguments, nullptr, false);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
  };
  const std::string name = text("name"), as = text("as");
  if (name.empty() || (as != "applied" && as != "rolled-back")) {
    return Error{Status::config, "resolve needs the name of a migration and what it is to be marked as",
                 "`tidegate resolve --applied NAME` or `--rolled-back NAME`"};
  }
  auto db = host_.db();
  if (!db) return db.error();
  auto place = migrations::place_of(*db);
  if (!place) return place.error();
  Result<std::string> said = std::string();
  if (as == "applied") {
    auto where = folder();
    if (!where) return where.error();
    said = mark_applied(*db, *place, **where, name);
  } else {
    said = mark_rolled_back(*db, *place, name);
  }
  if (!said) return said.error();
  std::string out = "{\"message\":";
  migrations::append_json(out, *said);
  return out + "}";
}

// ---------------------------------------------------------------------------------------- change

Result<Verdict> ApplyPrisma::run(const Run& run, Report&) {
  auto now = look(run.dry ? Detail::rows : Detail::session);
  if (!now) return now.error();
  const auto comparison = compare(now->history, *folder_);
  auto works = check_and_plan(now->history, comparison, *folder_, now->place);
  if (!works) return works.error();
  if (auto found = find_where_it_stopped(host_, now->db, *works); !found) return found.error();
  host_.publish("pending", migrations::json_list(comparison.pending));
  if (run.dry) {
    for (const auto& work : *works) {
      host_.info("would apply " + work.name + (work.plan.whole ? "" : ", in parts, since some of it cannot run in a transaction"));
    }
    if (works->empty()) host_.info("nothing is pending");
    return Verdict::pass;
  }
  if (!works->empty()) {
    if (auto applied = apply_all(now->db, now->place, now->history, *works, run.run_id); !applied) return applied.error();
    if (const auto kept = migrations::keep_schema(now->db, now->place); !kept)
      host_.warn("what the schema is now could not be kept, so drift will not be seen: " + kept.error().message);
  }
  host_.publish("applied", migrations::json_list(comparison.pending));
  return Verdict::pass;
}

/// What a rehearsal of this run has derived and proven is in the target before the change that it undoes. Without it the run
/// goes on: a later one then knows no way back but the down.sql files.
void ApplyPrisma::keep_ways_back(Db& db) const {
  const auto ways = migrations::ways_back_rehearsed(host_);
  if (!ways) return host_.warn("what was rehearsed is not known: " + ways.error().message);
  const auto kept = migrations::keep_ways_back(db, *ways);
  if (!kept) host_.warn("the ways back could not be kept in tidegate.inverses: " + kept.error().message);
  else if (!*kept) host_.info("the ways back are not kept for later: there is no schema tidegate to keep them in");
}

Result<void> ApplyPrisma::apply_all(Db& db, const HistoryPlace& place, const History& history, std::vector<Work>& works, std::string_view run) {
  host_.changing();
  if (!history.table) {
    if (auto created = db.script(create_sql(db, place, history.schema_exists)); !created) {
      Error error = db.last_error().error;
      if (db.transaction() != TG_TXN_IDLE) (void)db.script("ROLLBACK");
      error.message = "the history table " + place.table + " could not be made: " + error.message;
      if (error.code == Status::denied) error.code = Status::failed;
      return error;
    }
  }
  keep_ways_back(db);
  std::uint64_t done = 0;
  migrations::Executor::Settings settings{host_.integer("lock_timeout", 200), history.session_settings, {}, history.backend_start};
  std::string under_way;
  settings.on_wait = [&](const std::string& line) { host_.progress(done, works.size(), line); };
  settings.on_statement = [&](const std::string& sql) { host_.progress(done, works.size(), under_way + ": " + sql); };
  migrations::Executor executor(host_, db, std::move(settings));
  std::vector<std::string> applied;
  std::string json;
  const auto event = [&](const char* type, const std::string& name, const std::string& more) {
    json = "{\"name\":";
    migrations::append_json(json, name);
    json += more;
    json += '}';
    host_.emit(type, json);
  };
  const auto stopped = [&](Error error) {
    host_.publish("applied", migrations::json_list(applied));
    return error;
  };
  for (auto& work : works) {
    if (host_.cancelled()) {
      return stopped(Error{host_.remaining_ms() <= 0 ? Status::deadline : Status::cancelled,
                           "stopped before migration " + work.name + ": " + std::to_string(applied.size()) + " of " +
                               std::to_string(works.size()) + " are applied"});
    }
    auto text = text_of(work, *folder_);
    if (!text) return stopped(text.error());
    under_way = work.name;
    host_.progress(done, works.size(), work.name);
    event("migration.started", work.name, "");
    const auto began = std::chrono::steady_clock::now();
    const Applying account(db, place, work, run);
    migrations::Script script{work.plan, *text, work.file, work.tried_before};
    if (work.begun) {
      script.done = work.begun->progress.done;
      host_.info("migration " + work.name + " was begun before and goes on: " + std::to_string(*script.done) + " of " +
                 std::to_string(work.plan.parts.size()) + " parts of it stand");
    }
    auto ran = executor.run(script, account);
    if (!ran) return stopped(ran.error());
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
    event("migration.finished", work.name, ",\"ms\":" + std::to_string(ms) + ",\"statements\":" + std::to_string(*ran));
    applied.push_back(work.name);
    ++done;
  }
  host_.progress(done, works.size(), "");
  return {};
}

}  // namespace

Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type != "apply.prisma") return Error{Status::unsupported, "this plugin has no stage type " + std::string(type)};
  return std::unique_ptr<sdk::Stage>(std::make_unique<ApplyPrisma>(host));
}

}  // namespace tidegate::apply
