// SPDX-License-Identifier: Apache-2.0
#include "services/db/session.hpp"

#include "base/text.hpp"
#include "services/db/deliver.hpp"
#include "services/db/failure.hpp"
#include "services/db/libpq.hpp"
#include "services/db/preamble.hpp"
#include "services/db/wire.hpp"

namespace tidegate::services::db {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;

// How long an answer to a cancel request is waited for before the connection is given up.
constexpr std::chrono::milliseconds kCancelGrace{3'000};

struct ClearResult {
  void operator()(PGresult* result) const { libpq().PQclear(result); }
};
using OwnedResult = std::unique_ptr<PGresult, ClearResult>;

}  // namespace

struct Session::Impl {
  ConnectionTarget target;
  base::Redactor& redactor;
  OwnedConnection connection;
  Wire wire;
  OnNotice on_notice;
  Preamble preamble;
  bool host_transaction = false;
  bool quiet = false;  // the host's own statements are under way: their notices are nobody's business

  Impl(ConnectionTarget to, base::Redactor& red, OwnedConnection handle, const SessionOptions& options)
      : target(std::move(to)),
        redactor(red),
        connection(std::move(handle)),
        wire(connection.get(), options.interrupt),
        on_notice(options.on_notice),
        preamble(target.search_path, options.lock_timeout) {}

  [[nodiscard]] PGconn* raw() const { return connection.get(); }
  [[nodiscard]] bool in_transaction() const {
    const auto state = libpq().PQtransactionStatus(raw());
    return state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
  }

  static void notice(void* self, const PGresult* result) {
    const auto& me = *static_cast<Impl*>(self);
    const char* severity = libpq().PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char* message = libpq().PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!me.quiet && me.on_notice && message != nullptr)
      me.on_notice(severity != nullptr ? severity : "NOTICE", me.redactor.apply(message));
  }

  [[nodiscard]] Failure lost(const std::string& why) const {
    Failure out;
    out.error.code = Status::unavailable;
    out.error.message = "the connection to " + target.display + " was lost";
    if (!why.empty()) out.error.message += ": " + redactor.apply(base::trim(why));
    out.error.message += "; the outcome of the statement is unknown";
    out.error.hint = "read the database's state again before going on";
    return out;
  }

  /// Refusals before anything is sent.
  std::optional<Failure> refuse(Deadline deadline) const {
    Failure out;
    if (raw() == nullptr || libpq().PQstatus(raw()) != CONNECTION_OK) {
      out.error = {Status::unavailable, "the connection to " + target.display + " is closed", "open a new session"};
      return out;
    }
    if (wire.interrupted()) {
      out.error = {Status::cancelled, "interrupted before the statement was sent"};
      return out;
    }
    if (deadline.over()) {
      out.error = {Status::deadline, "the time was over before the statement was sent"};
      return out;
    }
    return std::nullopt;
  }

  struct Call {
    const OnResult& on_result;
    Deadline deadline;
    std::size_t own = 0;     // statements of the host in front
    std::size_t prefix = 0;  // characters of the host in front, in a simple message
    bool pipeline = false;
    std::size_t ended = 0;  // statements that are through
    Stop stopped = Stop::none;
    bool gave_up = false;
    bool copying = false;  // COPY … TO STDOUT goes nowhere
    std::optional<Failure> failure;
  };

  /// Reads everything that a message brings; cancels on deadline and interrupt.
  void collect(Call& call) {
    wire.begin();
    quiet = call.own > 0;
    for (Deadline limit = call.deadline;;) {
      const Stop stop = call.copying ? wire.until_input(limit) : wire.until_result(limit);
      if (stop == Stop::lost) {
        while (const OwnedResult last{libpq().PQgetResult(raw())}) take(call, last.get());  // does not block any more
        break;
      }
      if (stop != Stop::none) {
        if (call.stopped != Stop::none) {
          call.gave_up = true;
          break;
        }
        call.stopped = stop;
        wire.ignore_interrupt(true);
        wire.cancel();
        limit = Deadline::in(kCancelGrace);
        continue;
      }
      if (call.copying && !copied(call)) continue;
      const OwnedResult result(libpq().PQgetResult(raw()));
      if (!result) {
        if (!call.pipeline || libpq().PQstatus(raw()) != CONNECTION_OK) break;
        continue;  // the end of one statement of the pipeline
      }
      if (libpq().PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) break;
      take(call, result.get());
    }
    wire.ignore_interrupt(false);
    quiet = false;
  }

  void take(Call& call, const PGresult* result) {
    switch (libpq().PQresultStatus(result)) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        if (call.ended++ >= call.own) deliver(result, static_cast<std::uint32_t>(call.ended - 1 - call.own), call.on_result);
        quiet = call.ended < call.own;
        break;
      case PGRES_COPY_IN:
        libpq().PQputCopyEnd(raw(), "COPY … FROM STDIN has no input here; use INSERT, or COPY from a file of the server");
        break;
      case PGRES_COPY_OUT:
        call.copying = true;
        break;
      case PGRES_FATAL_ERROR:
        if (!call.failure) call.failure = failure_of(result, call.prefix, redactor);
        break;
      default:
        break;  // PGRES_PIPELINE_ABORTED follows an error that was seen; PGRES_PIPELINE_SYNC is the caller's
    }
  }

  /// Drops what a COPY has sent so far; true at its end.
  bool copied(Call& call) const {
    char* line = nullptr;
    int got = 0;
    while ((got = libpq().PQgetCopyData(raw(), &line, 1)) > 0) libpq().PQfreemem(line);
    call.copying = got == 0;
    return !call.copying;
  }

  std::optional<Failure> finish(Call& call) {
    const bool alive = libpq().PQstatus(raw()) == CONNECTION_OK;
    if (call.pipeline && alive && !call.gave_up) libpq().PQexitPipelineMode(raw());
    if (call.gave_up) {
      const bool late = call.stopped == Stop::deadline;
      Failure out;
      out.error = {
          late ? Status::deadline : Status::cancelled,
          std::string(late ? "out of time" : "interrupted") + ": " + target.display +
              " answered neither the statement nor the request to cancel it; the connection was given up and the outcome is unknown",
          "read the database's state again before going on"};
      connection.reset();
      return out;
    }
    const bool said = call.failure && !call.failure->error.sqlstate.empty();
    if (!alive && !said) {
      return lost(call.failure ? call.failure->error.message : libpq().PQerrorMessage(raw()));
    }
    if (!alive && call.failure->error.hint.empty())
      call.failure->error.hint =
          "the server ended the connection to " + target.display + "; read the database's state again before going on";
    if (call.failure && call.failure->error.sqlstate == "57014" && call.stopped != Stop::none) {
      const bool late = call.stopped == Stop::deadline;
      call.failure->error.code = late ? Status::deadline : Status::cancelled;
      call.failure->error.message = std::string(late ? "out of time" : "interrupted") + ": the statement was cancelled";
    }
    return call.failure;
  }

  std::optional<Failure> send_failed() {
    if (libpq().PQpipelineStatus(raw()) != PQ_PIPELINE_OFF) libpq().PQexitPipelineMode(raw());
    Failure out = lost(libpq().PQerrorMessage(raw()));
    if (libpq().PQstatus(raw()) == CONNECTION_OK) out.error = {Status::internal, redactor.apply(base::trim(libpq().PQerrorMessage(raw())))};
    return out;
  }

  /// What has to go in front of the next message, statement by statement.
  [[nodiscard]] std::vector<std::string> in_front() const {
    std::vector<std::string> out;
    const bool foreign = preamble.pending() == Preamble::Pending::reset || host_transaction;
    if (foreign && in_transaction()) out.emplace_back("ROLLBACK");
    for (auto& statement : preamble.statements()) out.push_back(std::move(statement));
    return out;
  }

  void sent_in_front(const Call& call) {
    if (call.own == 0 || call.ended < call.own) return;
    preamble.done();
    host_transaction = false;
  }

  std::optional<Failure> simple(std::string_view sql, const std::vector<std::string>& before, const OnResult& on_result,
                                Deadline deadline) {
    std::string text;
    for (const auto& statement : before) text += statement + ";";
    Call call{on_result, deadline, before.size(), text.size()};
    text += sql;
    if (libpq().PQsendQuery(raw(), text.c_str()) == 0) return send_failed();
    collect(call);
    sent_in_front(call);
    return finish(call);
  }

  std::optional<Failure> extended(const std::vector<std::string>& before, std::string_view sql,
                                  const std::vector<std::optional<std::string_view>>& params, const OnResult& on_result,
                                  Deadline deadline) {
    std::vector<std::string> owned;
    std::vector<const char*> values;
    owned.reserve(params.size());
    for (const auto& p : params) values.push_back(p ? owned.emplace_back(*p).c_str() : nullptr);
    const std::string text(sql);
    const auto send = [&] {
      return libpq().PQsendQueryParams(raw(), text.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0) !=
             0;
    };
    Call call{on_result, deadline, before.size(), 0, !before.empty()};
    bool sent = !call.pipeline || libpq().PQenterPipelineMode(raw()) != 0;
    for (const auto& statement : before)
      sent = sent && libpq().PQsendQueryParams(raw(), statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 0;
    sent = sent && send() && (!call.pipeline || libpq().PQpipelineSync(raw()) != 0);
    if (!sent) return send_failed();
    collect(call);
    sent_in_front(call);
    return finish(call);
  }
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  libpq().PQsetNoticeReceiver(impl_->raw(), &Impl::notice, impl_.get());
}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::connect(const ConnectionTarget& target, const SessionOptions& options, base::Redactor& redactor) {
  auto begun = Handshake::begin(target, options, redactor);
  if (!begun) return std::move(begun).error();
  return over(std::move(*begun), target, options, redactor);
}

Result<std::unique_ptr<Session>> Session::over(Handshake handshake, const ConnectionTarget& target, const SessionOptions& options,
                                               base::Redactor& redactor) {
  auto connection = handshake.finish(target, options, redactor);
  if (!connection) return std::move(connection).error();
  const int version = libpq().PQserverVersion(connection->get());
  auto impl = std::make_unique<Impl>(target, redactor, std::move(*connection), options);
  impl->preamble.server_version(version);
  return std::unique_ptr<Session>(new Session(std::move(impl)));
}

std::optional<Failure> Session::script(std::string_view sql, const OnResult& on_result, Deadline deadline) {
  auto& me = *impl_;
  if (auto refused = me.refuse(deadline)) return refused;
  if (sql.find('\0') != std::string_view::npos) return Failure{Error{Status::config, "the SQL has a zero byte in it"}};
  auto before = me.in_front();
  if (!before.empty() && minds_company(sql)) {
    if (auto failure = me.simple("", before, {}, deadline)) return failure;
    before.clear();
  }
  return me.simple(sql, before, on_result, deadline);
}

std::optional<Failure> Session::query(std::string_view sql, const std::vector<std::optional<std::string_view>>& params,
                                      const OnResult& on_result, Deadline deadline) {
  auto& me = *impl_;
  if (auto refused = me.refuse(deadline)) return refused;
  return me.extended(me.in_front(), sql, params, on_result, deadline);
}

std::optional<Failure> Session::query_behind(const std::vector<std::string>& before, std::string_view sql,
                                             const std::vector<std::optional<std::string_view>>& params, const OnResult& on_result,
                                             Deadline deadline) {
  auto& me = *impl_;
  if (auto refused = me.refuse(deadline)) return refused;
  auto all = me.in_front();
  all.insert(all.end(), before.begin(), before.end());
  auto failure = me.extended(all, sql, params, on_result, deadline);
  me.host_transaction = me.raw() != nullptr && me.in_transaction();
  return failure;
}

void Session::end_host_transaction(Deadline deadline) {
  auto& me = *impl_;
  if (!alive() || !me.host_transaction || !me.in_transaction() || me.refuse(deadline)) return;
  (void)me.simple("", me.in_front(), {}, deadline);
}

void Session::reset_before_next() {
  impl_->preamble.ask_for_reset();
}
void Session::ignore_interrupt_from_now_on() {
  impl_->wire.ignore_interrupt_from_now_on();
}

void Session::on_waiting(std::chrono::milliseconds after, OnWaiting callback) {
  impl_->wire.on_waiting(after, std::move(callback));
}

std::int32_t Session::transaction() const {
  switch (impl_->raw() != nullptr ? libpq().PQtransactionStatus(impl_->raw()) : PQTRANS_UNKNOWN) {
    case PQTRANS_IDLE:
      return TG_TXN_IDLE;
    case PQTRANS_ACTIVE:
      return TG_TXN_ACTIVE;
    case PQTRANS_INTRANS:
      return TG_TXN_OPEN;
    case PQTRANS_INERROR:
      return TG_TXN_FAILED;
    default:
      return TG_TXN_UNKNOWN;
  }
}

int Session::backend_pid() const {
  return impl_->raw() != nullptr ? libpq().PQbackendPID(impl_->raw()) : 0;
}
int Session::server_version() const {
  return impl_->raw() != nullptr ? libpq().PQserverVersion(impl_->raw()) : 0;
}
bool Session::alive() const {
  return impl_->raw() != nullptr && libpq().PQstatus(impl_->raw()) == CONNECTION_OK;
}
bool Session::in_foreign_transaction() const {
  return alive() && impl_->in_transaction() && !impl_->host_transaction && impl_->preamble.pending() != Preamble::Pending::reset;
}
std::chrono::milliseconds Session::lock_timeout() const {
  return impl_->preamble.lock_timeout();
}
void Session::close() {
  impl_->connection.reset();
}
const ConnectionTarget& Session::target() const {
  return impl_->target;
}

std::string Session::quote_identifier(std::string_view name) const {
  return db::quote_identifier(name);
}
std::string Session::quote_literal(std::string_view text) const {
  return db::quote_literal(text);
}

}  // namespace tidegate::services::db
