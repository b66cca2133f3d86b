// SPDX-License-Identifier: Apache-2.0
// The Runner's questions to stages by extension.
#include <tidegate/extensions.hpp>

#include <algorithm>
#include <random>

#include "run/json.hpp"
#include "run/runner.hpp"

namespace tidegate::run {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::Access;

constexpr std::string_view kHistory = "tidegate.history/1";
constexpr std::string_view kPlan = "tidegate.plan/1";
constexpr std::string_view kWithoutRows = TG_HISTORY_WITHOUT_ROWS;
constexpr std::chrono::minutes kQuestionLimit{2};
constexpr int kConnectTries = 3;
constexpr std::chrono::milliseconds kFirstPause{400};

/// Worth another try: nobody there yet, as while a server starts. Not after a time-out, which cost its time already,
/// nor for a wrong password or a missing database (SQLSTATE class 28, 3D).
bool worth_a_retry(const Error& error) {
  const bool permanent = error.sqlstate.rfind("28", 0) == 0 || error.sqlstate.rfind("3D", 0) == 0;
  return error.code == Status::unavailable && !permanent && error.detail != "timeout";
}

std::chrono::milliseconds jittered(std::chrono::milliseconds pause) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(pause.count() / 2, pause.count())(random));
}

}  // namespace

stage::Stage* Runner::offering(std::string_view extension) {
  for (auto& entry : entries_)
    if (entry.stage->offers(extension) && applies(*entry.spec)) return entry.stage.get();
  for (auto& entry : rollbacks_)
    if (entry.stage->offers(extension) && applies(*entry.spec)) return entry.stage.get();
  return nullptr;
}

Result<std::string> Runner::call_watched(stage::Stage& stage, std::string_view extension, std::string_view method, std::string_view arguments,
                                         Access access, Deadline deadline) {
  guard_.watch(watch_for(stage, deadline));
  auto answer = stage.call(extension, method, arguments, access, deadline);
  guard_.unwatch();
  return answer;
}

/// True when the question that failed so may be asked again: it is worth it, and the pause is over.
bool Runner::retry(const Error& error, int attempt) {
  if (!worth_a_retry(error) || attempt >= kConnectTries) return false;
  auto pause = kFirstPause;
  for (int i = 1; i < attempt; ++i) pause *= 3;
  const auto span = jittered(pause);
  events_.emit("stage.retry", "", {{"attempt", attempt}, {"of", kConnectTries}, {"ms", static_cast<std::int64_t>(span.count())},
                                   {"error", to_value(error)}});
  return !shared_.interruption.wait_for(span);
}

Result<History> Runner::read_history_now(Rows rows) {
  auto* stage = offering(kHistory);
  if (stage == nullptr) return Error{Status::not_found, "no stage of this pipeline keeps a history of migrations"};
  for (int attempt = 1;; ++attempt) {
    auto answer = call_watched(*stage, kHistory, "list", rows == Rows::listed ? "{}" : kWithoutRows, Access::read, Deadline::in(kQuestionLimit));
    if (answer) return read_history(*answer);
    const bool lock_lost = shared_.databases.main_is_pinned();  // then more than the question has to be done again
    if (lock_lost || !retry(answer.error(), attempt)) return answer.error();
  }
}

Result<History> Runner::history(Rows rows) {
  if (before_ && (rows == Rows::left_out || before_rows_ == Rows::listed)) return *before_;
  auto found = read_history_now(rows);
  if (!found) return found;
  before_ = *found;
  before_rows_ = rows;
  if (!std::exchange(oddities_told_, true)) tell_oddities(*found);
  return found;
}

/// What does not stop a run, as with Prisma, but somebody should look at.
void Runner::tell_oddities(const History& found) {
  const auto warn = [this](const char* rule, const std::string& message, const char* fix) {
    report_.findings.push_back({stage::Verdict::warn, rule, message, {}, 0, 0, fix, {}});
    events_.emit("finding", offering(kHistory)->id(), *to_value(report_.findings.back()).as<base::Table>());
  };
  for (const auto& name : found.edited)
    warn("migration-edited", "migration " + name + " was edited after it was applied: the database has the older text",
         "restore the file, and put the change into a new migration");
  for (const auto& name : found.missing)
    warn("migration-missing", "migration " + name + " was applied to this database but is not in the folder",
         "expected when an older release meets a newer database; else restore it from version control");
}

Result<std::vector<PlannedMigration>> Runner::plan() {
  auto* stage = offering(kPlan);
  if (stage == nullptr) return Error{Status::not_found, "no stage of this pipeline can say what it would do"};
  auto answer = call_watched(*stage, kPlan, "pending", "{}", Access::read, Deadline::in(kQuestionLimit));
  if (!answer) return answer.error();
  return read_plan(*answer);
}

Result<std::string> Runner::ask(std::string_view extension, std::string_view method, std::string_view arguments_json, Access access, Deadline deadline) {
  auto* stage = offering(extension);
  if (stage == nullptr) return Error{Status::not_found, "no stage of this pipeline offers " + std::string(extension)};
  const bool known = before_ && !changing_ && (arguments_json == kWithoutRows || (before_rows_ == Rows::listed && arguments_json == "{}"));
  if (known && extension == kHistory && method == TG_HISTORY_LIST) return before_->json;
  return stage->call(extension, method, arguments_json, access, deadline);
}

Result<std::string> Runner::ask_stage(std::string_view extension, std::string_view method, std::string_view arguments_json) {
  auto* stage = offering(extension);
  if (stage == nullptr) return Error{Status::not_found, "no stage of this pipeline offers " + std::string(extension)};
  return call_watched(*stage, extension, method, arguments_json, Access::read, Deadline::in(kQuestionLimit));
}

}  // namespace tidegate::run
