// SPDX-License-Identifier: Apache-2.0
#include "live/live.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tidegate/extensions.hpp>

#include "live/judge.hpp"
#include "live/words.hpp"

namespace tidegate::safety {
namespace {

using Json = nlohmann::json;
using sdk::Error;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Of the format's advisory lock, which costs no question to the database; empty: it has none, or nobody knows.
std::string lock_key_of(const sdk::Host& host) {
  const auto answer = host.ask(TG_HISTORY, TG_HISTORY_LOCK_KEY);
  const auto json = answer ? Json::parse(*answer, nullptr, false) : Json();
  const auto key = json.is_object() ? json.find("key") : json.end();
  return json.is_object() && key != json.end() && key->is_number_integer() ? key->dump() : std::string();
}

std::string attributes(const Notice& notice, Verdict verdict) {
  Json out = {{"severity", verdict == Verdict::block ? "deny" : verdict == Verdict::warn ? "warn" : "info"}};
  if (!notice.blockers.empty()) out["blockers"] = notice.blockers;
  if (notice.lock != migrations::Lock::none && !notice.relation.empty())
    out["locks"] = Json::array({{{"relation", notice.relation}, {"mode", std::string(name_of(notice.lock))}}});
  return json_text(out);
}

class Live {
 public:
  Live(const sdk::Host& host, const Pending& pending, sdk::Report& report)
      : host_(host), settings_(host), targets_(targets_of(pending.migrations)), report_(report) {
    // Asked of the whole cluster's files only where it is of use.
    if (settings_.number("disk_space", "capacity") == 0) skip_.emplace_back("disk");
    skip_what_nothing_is_asked_of();
    for (const auto& part : all_parts()) {
      if (part.name == "server" || part.name == "sessions") continue;  // others lean on them
      if (!wanted(part)) skip_.push_back(part.name);
    }
    if (const auto key = lock_key_of(host); !key.empty()) lock_key_ = key;
  }

  Result<Checked> run(bool dry) {
    auto db = host_.db();
    if (!db) return db.error();
    const auto most = settings_.plain("max_wait");
    std::vector<Notice> notices;
    for (std::int64_t waited = 0;;) {
      const auto facts = look(*db, targets_, lock_key_, skip_);
      if (!facts && facts.error().code == Status::deadline && waited_) return tell(notices, dry, waited);  // what was in the way still is
      if (!facts) return facts.error();
      notices = judge(*facts, targets_, settings_);
      const auto has = [&](Level level) {
        return std::any_of(notices.begin(), notices.end(), [&](const Notice& n) { return n.level == level; });
      };
      const bool over = waited >= most || host_.remaining_ms() <= 0;
      if (dry || over || has(Level::block) || !has(Level::wait)) return tell(notices, dry, waited);
      say_waiting(notices, waited);
      const auto pause = std::min({settings_.plain("poll"), most - waited, host_.remaining_ms()});
      const bool stopped = host_.wait_ms(pause);
      waited += pause;
      if (!stopped) continue;
      if (host_.remaining_ms() > 0) return Error{Status::cancelled, "interrupted while waiting: " + first(notices)};
      return tell(notices, dry, waited);
    }
  }

 private:
  void skip_what_nothing_is_asked_of() {
    constexpr std::string_view of_relations[] = {"locks", "columns", "indexes", "constraints", "sequences", "published", "builds"};
    const auto& relations = targets_.relations;
    if (relations.empty()) skip_.insert(skip_.end(), std::begin(of_relations), std::end(of_relations));
    if (relations.empty() && targets_.expected.empty()) skip_.emplace_back("relations");
    if (std::none_of(relations.begin(), relations.end(), [](const Target& t) { return !t.typed_columns.empty(); }))
      skip_.emplace_back("views");
  }

  [[nodiscard]] bool wanted(const Part& part) const {
    for (std::size_t at = 0; at < part.rules.size();) {
      const auto end = std::min(part.rules.find(' ', at), part.rules.size());
      if (settings_.wanted(check_of(part.rules.substr(at, end - at)))) return true;
      at = end + 1;
    }
    return part.name == "advisory";
  }

  static std::string first(const std::vector<Notice>& notices) {
    for (const auto& notice : notices)
      if (notice.level == Level::wait) return notice.message;
    return {};
  }

  /// An event for those that follow the run, and the progress of the stage.
  void say_waiting(const std::vector<Notice>& notices, std::int64_t waited) {
    auto rules = Json::array();
    auto blockers = Json::array();
    for (const auto& notice : notices) {
      if (notice.level != Level::wait) continue;
      rules.push_back(notice.rule);
      if (notice.blockers.empty()) blockers.push_back(notice.message);
      for (const auto& one : notice.blockers) blockers.push_back(one);
    }
    host_.emit("waiting", json_text({{"for", "check"}, {"rules", rules}, {"ms", waited}, {"blockers", blockers}}));
    const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(settings_.plain("max_wait"), 0) / 1'000);
    host_.progress(static_cast<std::uint64_t>(waited / 1'000), most, "waiting: " + first(notices));
    waited_ = true;
  }

  Result<Checked> tell(const std::vector<Notice>& notices, bool dry, std::int64_t waited) {
    Checked out;
    for (const auto& notice : notices) {
      const bool waits = notice.level == Level::wait;
      const auto verdict = notice.level == Level::block || (waits && !dry) ? Verdict::block
                           : notice.level == Level::info                   ? Verdict::pass
                                                                           : Verdict::warn;
      auto message = notice.message;
      if (waits && dry) message += " (a run would wait for that)";
      if (waits && !dry && waited > 0) message += " (waited " + span(waited) + " for it to end)";
      report_.finding({verdict, notice.rule, std::move(message), notice.place.file, notice.place.line, notice.place.line == 0 ? 0U : 1U,
                       notice.fix, attributes(notice, verdict)});
      if (verdict == Verdict::block) out.verdict = Verdict::block;
      if (verdict == Verdict::warn && out.verdict == Verdict::pass) out.verdict = Verdict::warn;
      if (notice.level < Level::wait) continue;
      for (const auto& one : notice.blockers)
        if (std::find(out.blockers.begin(), out.blockers.end(), one) == out.blockers.end()) out.blockers.push_back(one);
    }
    if (waited_ && out.verdict != Verdict::block) host_.info("what was in the way has ended, after " + span(waited));
    return out;
  }

  const sdk::Host& host_;
  Settings settings_;
  Targets targets_;
  sdk::Report& report_;
  std::string lock_key_;
  std::vector<std::string_view> skip_;
  bool waited_ = false;
};

}  // namespace

Result<Checked> check_live(const sdk::Host& host, const Pending& pending, bool dry, sdk::Report& report) {
  return Live(host, pending, report).run(dry);
}

}  // namespace tidegate::safety
