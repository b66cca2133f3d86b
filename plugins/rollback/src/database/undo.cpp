// SPDX-License-Identifier: Apache-2.0
#include "database/undo.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

#include "database/account.hpp"
#include "database/inverse.hpp"
#include "database/written.hpp"
#include "migrations/drift.hpp"
#include "migrations/executor.hpp"
#include "migrations/json.hpp"

namespace tidegate::rollback {

using migrations::History;
using sdk::Db;
using sdk::Error;
using sdk::Result;
using sdk::Row;
using sdk::Status;

namespace {

using Names = std::vector<std::string>;

/// The rows that say "applied", by name. A moment is read and written in UTC and by ISO, whatever the session's settings.
Result<AppliedRows> applied_rows(Db& db, const migrations::HistoryPlace& place) {
  AppliedRows out;
  auto asked = db.query(
      "SELECT migration_name, id, coalesce(pg_catalog.to_char(finished_at AT TIME ZONE 'UTC', "
      "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), 'infinity') FROM " +
          place.table + " WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY started_at, id",
      {}, [&](const Row& r) {
        out[std::string(r[0])].push_back({std::string(r[1]), std::string(r[2])});
      });
  if (!asked) return asked.error();
  return out;
}

/// Names in the order of application; a name that was applied twice counts where it was last.
Names in_order(const History& history) {
  Names out;
  std::set<std::string_view> seen;
  for (auto row = history.rows.rbegin(); row != history.rows.rend(); ++row)
    if (row->applied() && seen.insert(row->name).second) out.push_back(row->name);
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

Result<Names> Undo::newest_first(const History& history, const Wanted& wanted) const {
  Names applied = in_order(history);
  std::reverse(applied.begin(), applied.end());
  if (!wanted.to.empty()) {
    const auto stays = std::find(applied.begin(), applied.end(), wanted.to);
    if (stays == applied.end())
      return Error{Status::not_found, "migration " + wanted.to + " is not applied, so there is no going back to it",
                   "`tidegate status` lists what is applied"};
    applied.erase(stays, applied.end());
    return applied;
  }
  const std::set<std::string> asked(wanted.names.begin(), wanted.names.end());
  std::erase_if(applied, [&](const std::string& name) { return !asked.contains(name); });
  return applied;
}

/// What stands half done on top of them may need what they made. One of them that is half undone is not undone.
std::optional<Error> Undo::refuse_half_done(const History& history, const Wanted& wanted) const {
  const std::set<std::string> asked(wanted.names.begin(), wanted.names.end());
  bool below = false;
  for (const auto& row : history.rows) {  // by start
    below = below || (row.applied() && (wanted.to.empty() ? asked.contains(row.name) : row.name == wanted.to));
    if (!row.failed()) continue;
    if (wanted.to.empty() && asked.contains(row.name))
      return Error{Status::denied, "migration " + row.name + " stands half done: its row in the history is not finished",
                   (half_undone(row) ? std::string("the next `tidegate run` goes on with its rollback if the way back is still the same; else ") : std::string()) +
                       "look at what stands of it and take it back; then `tidegate resolve --rolled-back " + row.name + "`"};
    if (below)
      return Error{Status::denied, "migration " + row.name + " has failed and may stand half done on top of what would be undone",
                   "look at what stands of it and take it back; then `tidegate resolve --rolled-back " + row.name + "`"};
  }
  return std::nullopt;
}

/// A file that runs in parts may have stopped between them, and a connection may be lost behind the commit.
void Undo::look_at_the_one_that_failed(Db& db, bool lost, const migrations::Account& account, Undone& out) const {
  std::string state;
  const auto ask = [&](Db& session) { return session.query(account.ending(), {}, [&](const Row& r) { state = r[0]; }); };
  bool known = false;
  if (!lost) {
    known = ask(db).ok();
  } else if (auto fresh = host_.db("main", TG_DB_FRESH); fresh && out.failure->code != Status::conflict) {
    known = ask(*fresh).ok();
  }
  out.half_done = !known || state == "open";
  if (known && state == "done") {
    out.undone.push_back(out.kept.front());
    out.kept.erase(out.kept.begin());
  }
}

namespace {

/// Nothing was touched, so this is no failed call: it says why all of them are kept.
Undone refused(Undone out, Error error) {
  out.failure = std::move(error);
  return out;
}

}  // namespace

/// The ways back, all of them known before the first is gone.
Result<std::vector<Inverse>> Undo::ways_of(Db& db, const History& history, const Names& names) const {
  auto ways = migrations::ways_back_rehearsed(host_);
  if (!ways) return ways.error();
  auto kept = migrations::ways_back_kept(db, names);
  if (!kept) return kept.error();
  ways->insert(ways->end(), std::make_move_iterator(kept->begin()), std::make_move_iterator(kept->end()));
  std::vector<Inverse> out;
  for (const auto& name : names) {
    std::string checksum;
    for (const auto& row : history.rows)
      if (row.applied() && row.name == name) checksum = row.checksum;
    auto inverse = inverse_of(folder_, name, checksum, *ways);
    if (!inverse) {
      Error error = inverse.error();
      error.code = Status::denied;
      error.message = "migration " + name + " cannot be undone: " + error.message;
      return error;
    }
    const auto* way = inverse->by_file ? nullptr : way_of(*ways, name, checksum);
    if (way != nullptr && way->reversible == "loses_data" && host_.text("data_loss", "refuse") != "allow")
      return Error{Status::denied,
                   "migration " + name + " cannot be undone without loss" + (way->reasons.empty() ? "" : ": " + way->reasons.front()),
                   "write a down.sql that brings it back, restore a backup, or go back without it: --set rollback.database.data_loss=allow"};
    out.push_back(std::move(*inverse));
  }
  return out;
}

/// Rows that somebody wrote since into what a derived way back would drop. A down.sql is its author's own decision.
std::optional<Error> Undo::refuse_loss(Db& db, const migrations::HistoryPlace& place, const AppliedRows& rows,
                                       const std::vector<Inverse>& inverses) const {
  const bool allowed = host_.text("rows_written", "refuse") == "allow";
  for (const auto& inverse : inverses) {
    const auto row = rows.find(inverse.name);
    if (inverse.by_file || row == rows.end()) continue;
    const auto written = rows_written(db, place, row->second.back().id, inverse.derived);
    if (!written) return written.error();
    for (const auto& one : *written) {
      const auto number = one.rows < 0                ? "an unknown number of rows (" + one.why + ")"
                          : one.rows >= kMostCounted ? std::to_string(one.rows) + " rows or more"
                                                     : std::to_string(one.rows) + (one.rows == 1 ? " row" : " rows");
      const auto message = "since migration " + inverse.name + ", " + number + " went into " + one.what + ", which undoing it drops";
      if (allowed) {
        host_.warn(message);
        continue;
      }
      return Error{Status::denied, message, "save them first, or go back without them: --set rollback.database.rows_written=allow"};
    }
  }
  return std::nullopt;
}

Result<Undone> Undo::run(const Wanted& wanted, bool dry) {
  auto db = host_.db();
  if (!db) return db.error();
  auto place = migrations::place_of(*db);
  if (!place) return place.error();
  auto history = migrations::read_history(*db, *place, dry ? migrations::Detail::rows : migrations::Detail::session);
  if (!history) return history.error();
  auto names = newest_first(*history, wanted);
  if (!names) return names.error();
  Undone out;
  out.kept = *names;
  if (auto refused = refuse_half_done(*history, wanted)) {
    out.failure = std::move(*refused);
    return out;
  }
  if (names->empty()) return out;
  auto rows = applied_rows(*db, *place);
  if (!rows) return rows.error();
  auto inverses = ways_of(*db, *history, *names);
  if (!inverses) return refused(std::move(out), inverses.error());
  if (auto lost = refuse_loss(*db, *place, *rows, *inverses)) return refused(std::move(out), std::move(*lost));
  if (dry) {
    for (const auto& name : *names) host_.info("would undo " + name);
    return out;
  }
  std::set<std::string_view> tried;
  for (const auto& row : history->rows)
    if (row.rolled_back) tried.insert(row.name);

  host_.changing();
  migrations::Executor::Settings settings{host_.integer("lock_timeout", 200), history->session_settings, {}, history->backend_start};
  settings.on_wait = [&](const std::string& line) { host_.progress(out.undone.size(), inverses->size(), line); };
  migrations::Executor executor(host_, *db, std::move(settings));
  for (const auto& inverse : *inverses) {
    if (host_.cancelled()) {
      out.failure = Error{host_.remaining_ms() <= 0 ? Status::deadline : Status::cancelled,
                          "stopped before migration " + inverse.name + " was undone: " + std::to_string(out.undone.size()) + " of " +
                              std::to_string(inverses->size()) + " are",
                          "run it again: what is not undone yet will be"};
      return out;
    }
    host_.progress(out.undone.size(), inverses->size(), inverse.name);
    const auto began = std::chrono::steady_clock::now();
    const Undoing account(*db, *place, inverse, (*rows)[inverse.name]);
    auto ran = executor.run({inverse.plan, inverse.text, inverse.file, tried.contains(inverse.name)}, account);
    if (!ran) {
      out.failure = ran.error();
      look_at_the_one_that_failed(*db, executor.lost(), account, out);
      return out;
    }
    tell_undone(inverse, began, *ran);
    out.undone.push_back(inverse.name);
    out.kept.erase(out.kept.begin());
  }
  host_.progress(out.undone.size(), inverses->size(), "");
  if (const auto kept = migrations::keep_schema(*db, *place); !kept)
    host_.warn("what the schema is now could not be kept, so drift will not be seen: " + kept.error().message);
  return out;
}

void Undo::tell_undone(const Inverse& inverse, std::chrono::steady_clock::time_point began, std::uint32_t statements) const {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  std::string event = "{\"name\":";
  migrations::append_json(event, inverse.name);
  host_.emit("migration.undone", event + ",\"ms\":" + std::to_string(ms) + ",\"statements\":" + std::to_string(statements) + "}");
}

// ------------------------------------------------------------------------------- what was cut off

Result<std::vector<Undo::CutOff>> Undo::cut_off(Db& db, const History& history) const {
  std::vector<CutOff> out;
  for (auto row = history.rows.rbegin(); row != history.rows.rend(); ++row) {
    auto at = half_undone(*row);
    if (!at) continue;
    auto kept = migrations::ways_back_kept(db, {row->name});
    if (!kept) return kept.error();
    auto inverse = inverse_of(folder_, row->name, row->checksum, *kept);
    if (!inverse || way_id(inverse->text) != at->way) continue;  // another one by now: where it stopped says nothing
    if (!migrations::why_not_resumed(inverse->plan, inverse->text, at->progress).empty()) continue;
    out.push_back({std::move(*inverse), std::move(*at)});
  }
  return out;
}

Result<Names> Undo::half_done() {
  auto db = host_.db();
  if (!db) return db.error();
  auto place = migrations::place_of(*db);
  if (!place) return place.error();
  auto history = migrations::read_history(*db, *place, migrations::Detail::rows);
  if (!history) return history.error();
  auto found = cut_off(*db, *history);
  if (!found) return found.error();
  Names out;
  for (const auto& one : *found) out.push_back(one.inverse.name);
  return out;
}

Result<Undone> Undo::finish() {
  auto db = host_.db();
  if (!db) return db.error();
  auto place = migrations::place_of(*db);
  if (!place) return place.error();
  auto history = migrations::read_history(*db, *place, migrations::Detail::session);
  if (!history) return history.error();
  auto found = cut_off(*db, *history);
  if (!found) return found.error();
  Undone out;
  for (const auto& one : *found) out.kept.push_back(one.inverse.name);
  if (found->empty()) return out;
  host_.changing();
  migrations::Executor executor(host_, *db, {host_.integer("lock_timeout", 200), history->session_settings, {}, history->backend_start});
  for (auto& one : *found) {
    const auto began = std::chrono::steady_clock::now();
    auto stopped = migrations::where_it_stopped(host_, *db, one.inverse.plan, one.at.progress);
    if (!stopped) return stopped.error();
    const Undoing account(*db, *place, one.inverse, {one.at.row});
    auto ran = executor.run({one.inverse.plan, one.inverse.text, one.inverse.file, true, stopped->done}, account);
    if (!ran) {
      out.failure = ran.error();
      look_at_the_one_that_failed(*db, executor.lost(), account, out);
      return out;
    }
    tell_undone(one.inverse, began, *ran);
    out.undone.push_back(one.inverse.name);
    out.kept.erase(out.kept.begin());
  }
  if (const auto kept = migrations::keep_schema(*db, *place); !kept)
    host_.warn("what the schema is now could not be kept, so drift will not be seen: " + kept.error().message);
  return out;
}

}  // namespace tidegate::rollback
