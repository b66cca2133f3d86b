// SPDX-License-Identifier: Apache-2.0
//
// tidegate.db/1 and tidegate.scratch/1: a stage's view of the run's sessions. What a session may do follows from the call that is under way,
// asked at each message, since an instance may be asked a question (read) between calls that write.
#include <tidegate/services.hpp>

#include "base/text.hpp"
#include "services/db/hub.hpp"
#include "services/db/preamble.hpp"
#include "services/db/read_only.hpp"
#include "services/guard.hpp"
#include "services/host.hpp"

struct tg_db {
  const tidegate::services::Host& host;
  tidegate::services::db::Session* session;  // main, or own
  std::unique_ptr<tidegate::services::db::Session> own;
  bool of_target;                     // connection main's database, and not another one's
  tidegate::services::Access access;  // when it was opened
  bool scratch;                       // a database of the stage's own, where it writes
  std::string schema;                 // asked for once
  std::string blockers;               // as last seen while a call waited
  tidegate::base::Deadline clean_up;  // set once a writing call was stopped
};

namespace tidegate::services {
namespace {

using base::Error;
using base::Status;
using db::Failure;
using db::Session;
using sdk::to_abi;
using sdk::view;

/// What a stage that was stopped in the middle of writing has left to leave things tidy (its open history row, an
/// index that is not valid). With the five seconds that a cancel may take it fits into the guard's ten.
constexpr std::chrono::seconds kCleanUp{3};

base::Deadline deadline_of(const tg_db& db) {
  return db.clean_up.never() ? db.host.call.deadline : db.clean_up;
}

Access access_of(const tg_db& db) {
  if (db.scratch) return db.host.call.access == Access::none ? Access::none : Access::write;
  return std::min(db.access, db.host.call.access);
}

tg_status tell(const Failure& failure, void* user, tg_on_db_error on_error) {
  const auto& e = failure.error;
  const auto status = static_cast<tg_status>(e.code);
  if (on_error == nullptr) return status;
  const tg_db_error raw{sizeof(tg_db_error),     status,
                        failure.position,        to_abi(e.sqlstate),
                        to_abi(e.message),       to_abi(e.detail),
                        to_abi(e.hint),          to_abi(failure.context),
                        to_abi(failure.schema),  to_abi(e.relation),
                        to_abi(failure.column),  to_abi(e.constraint),
                        to_abi(failure.blockers)};
  on_error(user, &raw);
  return status;
}

tg_status refuse(Status status, std::string message, std::string hint, void* user, tg_on_db_error on_error) {
  Failure out;
  out.error = {status, std::move(message), std::move(hint)};
  return tell(out, user, on_error);
}

/// A statement that takes longer is told of. Shorter ones can only be told that they wait.
constexpr std::chrono::milliseconds kLong{1'000};
constexpr std::chrono::milliseconds kLongestSilence{30'000};

/// "pid 1;pid 2;": who blocks, without what they do and for how long.
std::string names_of(const std::string& blockers) {
  std::string out;
  for (const auto& line : base::split(blockers, '\n')) out += line.substr(0, line.find(" (")) + ";";
  return out;
}

/// While the call waits, who blocks it and how far it is is asked through the watch session, reported, and who blocks kept
/// for the failure. The same blockers are reported at growing intervals.
void watch(tg_db& db) {
  db.blockers.clear();
  if (db.scratch) return;  // nobody else is there
  const auto half = std::max(db.session->lock_timeout() / 2, std::chrono::milliseconds(50));
  db.session->on_waiting(half, [&db, names = std::string(), next = std::chrono::milliseconds(0)](std::chrono::milliseconds waited) mutable {
    auto& sink = db.host.shared.sink;
    auto seen = db.host.shared.databases.look_at(db.session->backend_pid());
    if (!seen.blockers.empty()) {
      db.blockers = seen.blockers;
      if (auto now = names_of(seen.blockers); now != names || waited >= next) {
        names = std::move(now);
        next = waited + std::min(waited, kLongestSilence);
        sink.waiting(db.host.stage_id, waited, db.blockers);
      }
    }
    if (waited >= kLong)
      sink.running(db.host.stage_id, {waited, std::move(seen.command), std::move(seen.phase), std::move(seen.relation), std::move(seen.index), seen.percent,
                                      std::move(seen.blockers)});
  });
}

tg_status finish(tg_db& db, std::optional<Failure> failure, void* user, tg_on_db_error on_error) {
  db.session->on_waiting({}, nullptr);
  if (!failure) return TG_OK;
  const auto code = failure->error.code;
  // One that is alive was only told of something else that could not be reached, as by dblink.
  if (code == Status::unavailable && db.of_target && !db.session->alive()) db.host.shared.databases.mark_target_lost();
  if ((code == Status::cancelled || code == Status::deadline) && access_of(db) == Access::write && db.clean_up.never()) {
    db.clean_up = base::Deadline::in(kCleanUp);
    db.session->ignore_interrupt_from_now_on();
  }
  const auto& state = failure->error.sqlstate;
  if (state == "55P03" || state == "40P01") failure->blockers = db.blockers;
  return tell(*failure, user, on_error);
}

db::OnResult forward(void* user, tg_on_result on_result) {
  if (on_result == nullptr) return {};
  return [user, on_result](const tg_result& result) { on_result(user, &result); };
}

tg_status open(const tg_host* raw, tg_str connection, std::uint32_t flags, tg_db** out, tg_report* report) noexcept {
  return guarded(report, [&]() -> tg_status {
    const Host& host = Host::from(raw);
    const auto access = host.call.access;
    if (access == Access::none)
      return report_error(report, Error{Status::denied, "the stage may not use the database now", "open sessions from run() or call()"});
    auto& hub = host.shared.databases;
    const auto name = view(connection);
    const bool main = name.empty() || name == "main";
    if (!main && access == Access::write)
      return report_error(report, Error{Status::denied, "the connection " + std::string(name) + " is not this run's target",
                                        "stages that change something work on connection main alone"});
    std::unique_ptr<Session> own;
    Session* session = nullptr;
    if (!main || ((flags & TG_DB_FRESH) != 0 && hub.changed())) {
      auto opened = hub.open(main ? "main" : name, host.call.deadline);
      if (!opened) return report_error(report, opened.error());
      own = std::move(*opened);
      session = own.get();
    } else {
      auto opened = hub.main(host.call.deadline);
      if (!opened) return report_error(report, opened.error());
      session = *opened;
    }
    *out = new tg_db{host, session, std::move(own), main, access, false, {}, {}, {}};
    return TG_OK;
  });
}

tg_status create_scratch(const tg_host* raw, std::int32_t major, tg_str name, tg_db** out, tg_report* report) noexcept {
  return guarded(report, [&]() -> tg_status {
    const Host& host = Host::from(raw);
    if (host.call.access == Access::none)
      return report_error(report, Error{Status::denied, "the stage may not use a database now", "open sessions from run() or call()"});
    host.shared.databases.rest();  // this may take a while, and main has nothing to hold a snapshot for
    auto own = host.shared.databases.scratch(major, std::string(view(name)), host.call.deadline);
    if (!own) return report_error(report, own.error());
    auto* session = own->get();
    *out = new tg_db{host, session, std::move(*own), false, Access::write, true, {}, {}, {}};
    return TG_OK;
  });
}

/// Main may have been closed, or opened anew by another stage, since this handle was made.
bool usable(tg_db& db) {
  if (db.own) return true;
  auto& hub = db.host.shared.databases;
  if (!hub.main_is_open()) return false;
  auto now = hub.main(db.host.call.deadline);
  return now && *now == db.session;
}

tg_status gone(const tg_db& db, void* user, tg_on_db_error on_error) {
  db.host.shared.databases.mark_target_lost();
  return refuse(Status::unavailable, "the session is closed: its connection was lost", "open a new one", user, on_error);
}

tg_status script(tg_db* db, tg_str sql, void* user, tg_on_result on_result, tg_on_db_error on_error) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    if (access_of(*db) != Access::write)
      return refuse(Status::denied, "script() is not allowed in a read-only session", "use query(), one statement that reads a call", user,
                    on_error);
    if (!usable(*db)) return gone(*db, user, on_error);
    watch(*db);
    return finish(*db, db->session->script(view(sql), forward(user, on_result), deadline_of(*db)), user, on_error);
  });
}

tg_status query(tg_db* db, tg_str sql, const tg_str* params, const std::uint8_t* is_null, std::uint32_t count, void* user,
                tg_on_result on_result, tg_on_db_error on_error) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    const auto access = access_of(*db);
    if (access == Access::none) return refuse(Status::denied, "the stage may not use the database now", {}, user, on_error);
    if (!usable(*db)) return gone(*db, user, on_error);
    std::vector<std::optional<std::string_view>> values;
    for (std::uint32_t i = 0; i < count; ++i)
      values.push_back(is_null != nullptr && is_null[i] != 0 ? std::nullopt : std::optional(view(params[i])));
    watch(*db);
    const auto results = forward(user, on_result);
    const auto deadline = deadline_of(*db);
    auto failure = access == Access::write ? db->session->query(view(sql), values, results, deadline)
                                           : db::query_read_only(*db->session, view(sql), values, results, deadline);
    return finish(*db, std::move(failure), user, on_error);
  });
}

tg_status quote(tg_db*, std::int32_t as_identifier, tg_str text, void* user, tg_take take) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    const auto out = as_identifier != 0 ? db::quote_identifier(view(text)) : db::quote_literal(view(text));
    take(user, to_abi(out));
    return TG_OK;
  });
}

std::int32_t transaction(tg_db* db) noexcept {
  return usable(*db) ? db->session->transaction() : TG_TXN_UNKNOWN;
}
std::int32_t backend_pid(tg_db* db) noexcept {
  return usable(*db) ? db->session->backend_pid() : 0;
}
std::int32_t server_version(tg_db* db) noexcept {
  return usable(*db) ? db->session->server_version() : 0;
}

tg_status schema(tg_db* db, void* user, tg_take take) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    if (!usable(*db)) return TG_E_UNAVAILABLE;
    if (db->schema.empty()) db->schema = db->session->target().schema;
    if (db->schema.empty()) {
      const auto remember = [&](const tg_result& row) {
        if (row.text != nullptr) db->schema = view(row.text[0]);
      };
      constexpr std::string_view kAsk = "SELECT coalesce(pg_catalog.current_schema(), 'public')";
      const auto deadline = deadline_of(*db);
      const auto failure = access_of(*db) == Access::write ? db->session->query(kAsk, {}, remember, deadline)
                                                           : db::query_read_only(*db->session, kAsk, {}, remember, deadline);
      if (failure) {  // the answer has room for a status alone
        db->host.shared.sink.log(db->host.stage_id, TG_LOG_ERROR, db->host.shared.redactor.apply(failure->error.message));
        return static_cast<tg_status>(failure->error.code);
      }
    }
    take(user, to_abi(db->schema));
    return TG_OK;
  });
}

void close(tg_db* db) noexcept {
  delete db;
}

}  // namespace

const tg_db_v1* db_table() {
  static const tg_db_v1 table{sizeof(tg_db_v1), 0,       &open, &script, &query, &quote, &transaction, &backend_pid,
                              &server_version,  &schema, &close};
  return &table;
}

const tg_scratch_v1* scratch_table() {
  static const tg_scratch_v1 table{sizeof(tg_scratch_v1), 0, &create_scratch};
  return &table;
}

}  // namespace tidegate::services
