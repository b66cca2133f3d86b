// SPDX-License-Identifier: Apache-2.0
#include "database/stage.hpp"

#include <nlohmann/json.hpp>
#include <iterator>
#include <optional>
#include <tidegate/extensions.hpp>

#include "database/inverse.hpp"
#include "database/undo.hpp"
#include "migrations/discover.hpp"
#include "migrations/json.hpp"
#include "migrations/way_back.hpp"

namespace tidegate::rollback {
namespace {

using migrations::Folder;
using nlohmann::json;
using sdk::Error;
using sdk::Report;
using sdk::Result;
using sdk::Run;
using sdk::Status;
using sdk::Verdict;

/// A list of names; nullopt when it is none.
std::optional<std::vector<std::string>> names_of(const json& list) {
  if (!list.is_array()) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& name : list) {
    if (!name.is_string()) return std::nullopt;
    out.push_back(name.get<std::string>());
  }
  return out;
}

json json_of(const Error& error) {
  json out{{"class", sdk::name_of(error.code)}, {"message", error.message}};
  if (!error.hint.empty()) out["hint"] = error.hint;
  if (!error.file.empty()) {
    out["where"] = {{"file", error.file}};
    if (error.line != 0) out["where"].update({{"line", error.line}, {"column", error.column}});
  }
  if (!error.sqlstate.empty()) out["sqlstate"] = error.sqlstate;
  if (!error.detail.empty()) out["detail"] = error.detail;
  return out;
}

class RollbackDatabase final : public sdk::Stage {
 public:
  explicit RollbackDatabase(sdk::Host host) : host_(host) {}

  Result<Verdict> run(const Run& run, Report&) override {
    // Not there after a run that succeeded (ensure = true): nothing of that is to be undone.
    const auto value = host_.context("run.applied");
    const auto applied = value ? names_of(json::parse(*value, nullptr, false)) : std::vector<std::string>{};
    if (!applied) return Error{Status::internal, "the context value run.applied is no list of names: " + *value};
    auto folder = read_folder();
    if (!folder) return folder.error();
    auto did = Undo(host_, **folder).run({*applied, {}}, run.dry);
    if (!did) return did.error();
    undone_.insert(undone_.end(), did->undone.begin(), did->undone.end());
    if (run.dry) return did->failure ? Result<Verdict>(*did->failure) : Verdict::pass;
    host_.publish("undone", migrations::json_list(undone_));
    if (did->failure) return *did->failure;
    if (did->undone.empty()) host_.info("there is nothing to undo");
    return Verdict::pass;
  }

  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments, Report& report) override {
    const auto in = json::parse(arguments, nullptr, false);
    if (extension == TG_UNDO && method == TG_UNDO_CAN) return can(in);
    if (extension == TG_UNDO && method == TG_UNDO_DOWN) return down(in);
    if (extension == TG_UNDO && method == TG_UNDO_FINISH) return finish(in);
    return Stage::call(extension, method, arguments, report);
  }

 private:
  Result<Folder*> read_folder() {
    if (!folder_) {
      auto path = migrations::configured_folder(host_.text("migrations"));
      if (!path) return path.error();
      folder_.emplace(*path);
    }
    if (auto read = folder_->refresh(); !read) return read.error();
    return &*folder_;
  }

  Result<std::string> can(const json& in) {
    const auto names = in.is_object() ? names_of(in.value("names", json())) : std::nullopt;
    if (!names) return Error{Status::config, "can needs a list of names"};
    auto folder = read_folder();
    if (!folder) return folder.error();
    auto ways = ways_known(**folder, *names);
    if (!ways) return ways.error();
    json out = json::array();
    for (const auto& name : *names) {
      const auto* migration = (*folder)->find(name);
      const auto checksum = migration != nullptr ? migration->checksum : std::string();
      out.push_back(judged(name, inverse_of(**folder, name, checksum, *ways), way_of(*ways, name, checksum)));
    }
    return json{{"migrations", std::move(out)}}.dump();
  }

  /// Of this run's rehearsal; and of earlier runs, where the database has to be asked for them.
  Result<std::vector<migrations::WayBack>> ways_known(const Folder& folder, const std::vector<std::string>& names) {
    auto ways = migrations::ways_back_rehearsed(host_);
    if (!ways) return ways;
    std::vector<std::string> others;
    for (const auto& name : names)
      if (way_of(*ways, name, {}) == nullptr && !folder.down_text(name)) others.push_back(name);
    if (others.empty()) return ways;
    auto db = host_.db();
    if (!db) return db.error();
    auto kept = migrations::ways_back_kept(*db, others);
    if (!kept) return kept.error();
    ways->insert(ways->end(), std::make_move_iterator(kept->begin()), std::make_move_iterator(kept->end()));
    return ways;
  }

  /// What is known of the way back of one migration: of a down.sql that was not tried, what its author says by writing it.
  static json judged(const std::string& name, const Result<Inverse>& inverse, const migrations::WayBack* way) {
    if (!inverse) return {{"name", name}, {"reversible", "irreversible"}, {"reason", in_one_line(inverse.error())}};
    if (way == nullptr) return {{"name", name}, {"reversible", "exact"}, {"reason", "by its down.sql"}};
    json out{{"name", name}, {"reversible", way->reversible}, {"reason", inverse->by_file ? "by its down.sql" : "derived from the catalog"}, {"proven", way->proven}};
    if (!way->proven) {
      if (way->unproven.starts_with("the way back fails")) out["reversible"] = "irreversible";
      out["reason"] = "its down.sql was tried on a copy: " + way->unproven;
    } else if (!way->reasons.empty()) {
      out["reason"] = way->reasons.front();
    }
    return out;
  }

  Result<std::string> down(const json& in) {
    Wanted wanted;
    if (in.is_object() && in.contains("to") && in["to"].is_string()) wanted.to = in["to"].get<std::string>();
    if (auto names = in.is_object() ? names_of(in.value("names", json())) : std::nullopt)
      wanted.names = std::move(*names);
    else if (wanted.to.empty())
      return Error{Status::config, "down needs a list of names, or the one to go back to"};
    auto folder = read_folder();
    if (!folder) return folder.error();
    return told(Undo(host_, **folder).run(wanted, false));
  }

  Result<std::string> finish(const json& in) {
    auto folder = read_folder();
    if (!folder) return folder.error();
    Undo undo(host_, **folder);
    if (!in.is_object() || in.value("ask", json()) != true) return told(undo.finish());
    const auto names = undo.half_done();
    if (!names) return names.error();
    return json{{"half_done", *names}}.dump();
  }

  static Result<std::string> told(const Result<Undone>& did) {
    if (!did) return did.error();
    json out{{"undone", did->undone}, {"kept", did->kept}, {"half_done", json::array()}, {"error", nullptr}};
    if (did->half_done) out["half_done"].push_back(did->kept.front());
    if (did->failure) {
      out["error"] = in_one_line(*did->failure);
      out["failure"] = json_of(*did->failure);
    }
    return out.dump();
  }

  sdk::Host host_;
  std::optional<Folder> folder_;
  std::vector<std::string> undone_;  // by all tries of this run
};

}  // namespace

std::unique_ptr<sdk::Stage> make_database(sdk::Host host) {
  return std::make_unique<RollbackDatabase>(host);
}

}  // namespace tidegate::rollback
