// SPDX-License-Identifier: Apache-2.0
//
// The host's services as C++: thin, non-owning views of the C tables in services.h. A view lives as long as the
// stage's host. Threads as the table says. A service that was not granted answers Status::unsupported (log, control
// and context writes are then silently dropped), so a stage type that only `wants` one needs no branch.
#pragma once
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "result.hpp"
#include "services.h"

namespace tidegate::sdk {

inline tg_str to_abi(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(tg_str text) { return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size}; }

/// Copies an answer that comes through a tg_take callback.
inline void take_string(void* user, tg_str value) { static_cast<std::string*>(user)->assign(view(value)); }

/// Collects what a call of the host reports, to hand it on as an Error.
class ErrorCollector : public tg_report {
 public:
  ErrorCollector() : tg_report{sizeof(tg_report), 0, &on_error, &on_finding} {}
  /// The reported error, or one that says that `what` failed without a word.
  [[nodiscard]] Error take(tg_status status, std::string_view what) {
    if (error_.message.empty()) error_.message = std::string(what) + ": " + std::string(name_of(static_cast<Status>(status)));
    error_.code = static_cast<Status>(status);
    return std::move(error_);
  }

 private:
  static void on_error(tg_report* self, const tg_error* e) {
    auto& out = static_cast<ErrorCollector*>(self)->error_;
    out = Error{static_cast<Status>(e->status), std::string(view(e->message)), std::string(view(e->hint)), std::string(view(e->file)),
                e->line, e->column, std::string(view(e->sqlstate)), std::string(view(e->detail)), std::string(view(e->relation)),
                std::string(view(e->constraint))};
  }
  static void on_finding(tg_report*, const tg_finding*) {}
  Error error_;
};

/// One row of a query; valid inside the callback.
class Row {
 public:
  explicit Row(const tg_result& raw) : raw_(raw) {}
  [[nodiscard]] std::uint32_t columns() const { return raw_.columns; }
  [[nodiscard]] bool is_null(std::uint32_t i) const { return raw_.is_null[i] != 0; }
  [[nodiscard]] std::string_view operator[](std::uint32_t i) const { return is_null(i) ? std::string_view{} : view(raw_.text[i]); }
  [[nodiscard]] std::string_view name(std::uint32_t i) const { return view(raw_.names[i]); }
  [[nodiscard]] std::uint32_t statement() const { return raw_.statement; }

 private:
  const tg_result& raw_;
};

/// An Error of the database with what only databases have.
struct DbError {
  Error error;               ///< message, sqlstate, detail, hint, relation, constraint; no file
  std::uint64_t position = 0;  ///< 1-based, characters into the SQL as sent; 0: unknown
  std::string context, schema, column;
  std::string blockers;      ///< who held the lock, one session a line; empty: not known
};

/// One database session; closed on destruction. Stays on the thread that opened it.
class Db {
 public:
  using OnRow = std::function<void(const Row&)>;
  using Params = std::vector<std::optional<std::string>>;

  Db() = default;
  Db(const tg_db_v1* table, tg_db* session) : table_(table), session_(session, table->close) {}

  /// One simple-query message. The error of the last call has more in last_error().
  Result<void> script(std::string_view sql, const OnRow& on_row = {}) {
    Call call{on_row, {}, 0};
    return finish(table_->script(session_.get(), to_abi(sql), &call, &result, &error), call);
  }
  Result<void> query(std::string_view sql, const Params& params = {}, const OnRow& on_row = {}) {
    Call call{on_row, {}, 0};
    std::vector<tg_str> values;
    std::vector<std::uint8_t> nulls;
    for (const auto& p : params) {
      values.push_back(p ? to_abi(*p) : tg_str{});
      nulls.push_back(p ? 0 : 1);
    }
    return finish(table_->query(session_.get(), to_abi(sql), values.data(), nulls.data(), static_cast<std::uint32_t>(values.size()), &call,
                                &result, &error),
                  call);
  }
  [[nodiscard]] std::string identifier(std::string_view name) { return quoted(1, name); }
  [[nodiscard]] std::string literal(std::string_view text) { return quoted(0, text); }
  [[nodiscard]] std::int32_t transaction() const { return table_->transaction(session_.get()); }
  [[nodiscard]] std::int32_t backend_pid() const { return table_->backend_pid(session_.get()); }
  [[nodiscard]] std::int32_t server_version() const { return table_->server_version(session_.get()); }
  /// See tg_db_v1::schema.
  Result<std::string> schema() {
    std::string out;
    const tg_status status = table_->schema(session_.get(), &out, &take_string);
    if (status != TG_OK) return Error{static_cast<Status>(status), "the connection's schema could not be read"};
    return out;
  }
  [[nodiscard]] const DbError& last_error() const { return last_error_; }
  /// How many statements of the last call ran to their end.
  [[nodiscard]] std::uint32_t completed() const { return completed_; }

 private:
  struct Call {
    const OnRow& on_row;
    DbError error;
    std::uint32_t completed = 0;
  };
  static void result(void* user, const tg_result* r) {
    auto* call = static_cast<Call*>(user);
    if (r->text == nullptr) ++call->completed;
    if (r->text != nullptr && call->on_row) call->on_row(Row(*r));
  }
  static void error(void* user, const tg_db_error* e) {
    auto& out = static_cast<Call*>(user)->error;
    const auto text = [](tg_str s) { return std::string(view(s)); };
    out.error = Error{static_cast<Status>(e->status), text(e->message), text(e->hint), {}, 0, 0,
                      text(e->sqlstate), text(e->detail), text(e->relation), text(e->constraint)};
    out.position = e->position;
    out.context = text(e->context);
    out.schema = text(e->schema);
    out.column = text(e->column);
    if (TG_HAS(e, tg_db_error, blockers)) out.blockers = text(e->blockers);
  }
  Result<void> finish(tg_status status, Call& call) {
    completed_ = call.completed;
    if (status == TG_OK) return {};
    last_error_ = std::move(call.error);
    last_error_.error.code = static_cast<Status>(status);
    if (last_error_.error.message.empty()) last_error_.error.message = "the database call was refused: " + std::string(name_of(last_error_.error.code));
    return last_error_.error;
  }
  std::string quoted(std::int32_t as_identifier, std::string_view text) {
    std::string out;
    table_->quote(session_.get(), as_identifier, to_abi(text), &out, &take_string);
    return out;
  }
  const tg_db_v1* table_ = nullptr;
  std::unique_ptr<tg_db, void (*)(tg_db*)> session_{nullptr, +[](tg_db*) {}};
  DbError last_error_;
  std::uint32_t completed_ = 0;
};

struct HttpRequest {
  std::string method = "GET", url, body;
  std::vector<std::string> headers;  ///< "Name: value"
  std::int64_t timeout_ms = 10'000;
  std::uint32_t attempts = 1;
};
struct HttpResponse {
  std::int32_t code = 0;
  std::uint32_t attempts = 0;
  std::vector<std::string> headers;
  std::string body;
  std::int64_t retry_after_ms = -1;  ///< what the answer asks to wait; -1: it does not say
};

/// Everything the host offers one stage instance.
class Host {
 public:
  explicit Host(const tg_host* raw) : raw_(raw) {}
  [[nodiscard]] const tg_host* raw() const { return raw_; }

  void log(std::int32_t level, std::string_view message) const {
    if (const auto* t = table<tg_log_v1>(TG_LOG)) t->write(raw_, level, to_abi(message));
  }
  void info(std::string_view message) const { log(TG_LOG_INFO, message); }
  void warn(std::string_view message) const { log(TG_LOG_WARN, message); }

  [[nodiscard]] bool cancelled() const {
    const auto* t = table<tg_control_v1>(TG_CONTROL);
    return t != nullptr && t->cancelled(raw_) != 0;
  }
  [[nodiscard]] std::int64_t remaining_ms() const {
    const auto* t = table<tg_control_v1>(TG_CONTROL);
    return t != nullptr ? t->remaining_ms(raw_) : std::numeric_limits<std::int64_t>::max();
  }
  /// Sleeps; true when cancelled meanwhile (also at once when control was not granted).
  [[nodiscard]] bool wait_ms(std::int64_t ms) const {
    const auto* t = table<tg_control_v1>(TG_CONTROL);
    return t == nullptr || t->wait_ms(raw_, ms) != 0;
  }
  void progress(std::uint64_t done, std::uint64_t total, std::string_view what) const {
    if (const auto* t = table<tg_control_v1>(TG_CONTROL)) t->progress(raw_, done, total, to_abi(what));
  }
  void emit(std::string_view event_type, std::string_view fields_json) const {
    if (const auto* t = table<tg_control_v1>(TG_CONTROL)) t->emit(raw_, to_abi(event_type), to_abi(fields_json));
  }
  void changing() const {
    if (const auto* t = table<tg_control_v1>(TG_CONTROL)) t->changing(raw_);
  }

  /// A setting; nullopt when it is not set and has no default. Text stays valid as long as the host.
  [[nodiscard]] std::optional<tg_value> setting(std::string_view path) const {
    tg_value value{};
    const auto* t = table<tg_config_v1>(TG_CONFIG);
    if (t == nullptr || t->get(raw_, to_abi(path), &value) != TG_OK || value.type == TG_NIL) return std::nullopt;
    return value;
  }
  [[nodiscard]] std::string text(std::string_view path, std::string_view otherwise = {}) const {
    const auto v = setting(path);
    return std::string(v && v->type == TG_TEXT ? view(v->s) : otherwise);
  }
  [[nodiscard]] std::int64_t integer(std::string_view path, std::int64_t otherwise = 0) const {
    const auto v = setting(path);
    return v && (v->type == TG_INT || v->type == TG_BOOL) ? v->i : otherwise;
  }
  [[nodiscard]] bool flag(std::string_view path, bool otherwise = false) const { return integer(path, otherwise ? 1 : 0) != 0; }
  /// The number of elements of an array or keys of a table; 0 when not set.
  [[nodiscard]] std::uint32_t count(std::string_view path) const {
    const auto v = setting(path);
    return v && (v->type == TG_ARRAY || v->type == TG_TABLE) ? v->count : 0;
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view path) const {
    std::vector<std::string> out;
    for (std::uint32_t i = 0, n = count(path); i < n; ++i) out.push_back(text(std::string(path) + "." + std::to_string(i)));
    return out;
  }

  [[nodiscard]] Result<std::string> context(std::string_view key) const {
    const auto* t = table<tg_context_v1>(TG_CONTEXT);
    std::string out;
    const tg_status status = t == nullptr ? TG_E_UNSUPPORTED : t->get(raw_, to_abi(key), &out, &take_string);
    if (status != TG_OK) return Error{static_cast<Status>(status), "no context value " + std::string(key)};
    return out;
  }
  void publish(std::string_view key, std::string_view value) const {
    if (const auto* t = table<tg_context_v1>(TG_CONTEXT)) t->put(raw_, to_abi(key), to_abi(value));
  }
  [[nodiscard]] Result<std::string> secret(std::string_view path) const {
    const auto* t = table<tg_secrets_v1>(TG_SECRETS);
    std::string out;
    const tg_status status = t == nullptr ? TG_E_UNSUPPORTED : t->get(raw_, to_abi(path), &out, &take_string);
    if (status != TG_OK) return Error{static_cast<Status>(status), "no secret " + std::string(path)};
    return out;
  }

  [[nodiscard]] Result<Db> db(std::string_view connection = "main", std::uint32_t flags = 0) const {
    const auto* t = table<tg_db_v1>(TG_DB);
    if (t == nullptr) return not_granted(TG_DB);
    ErrorCollector report;
    tg_db* session = nullptr;
    const tg_status status = t->open(raw_, to_abi(connection), flags, &session, &report);
    if (status != TG_OK) return report.take(status, "opening the database session");
    return Db(t, session);
  }
  /// A session on an empty database to try things in: see tg_scratch_v1.
  [[nodiscard]] Result<Db> scratch(std::int32_t major = 0, std::string_view name = {}) const {
    const auto* t = table<tg_scratch_v1>(TG_SCRATCH);
    const auto* db = table<tg_db_v1>(TG_DB);
    if (t == nullptr || db == nullptr) return not_granted(t == nullptr ? TG_SCRATCH : TG_DB);
    ErrorCollector report;
    tg_db* session = nullptr;
    const tg_status status = t->create(raw_, major, to_abi(name), &session, &report);
    if (status != TG_OK) return report.take(status, "making a scratch database");
    return Db(db, session);
  }
  [[nodiscard]] Result<HttpResponse> http(const HttpRequest& request) const {
    const auto* t = table<tg_http_v1>(TG_HTTP);
    if (t == nullptr) return not_granted(TG_HTTP);
    std::vector<tg_str> headers;
    for (const auto& h : request.headers) headers.push_back(to_abi(h));
    const tg_http_request raw{sizeof(tg_http_request), static_cast<std::uint32_t>(headers.size()), to_abi(request.method), to_abi(request.url),
                              to_abi(request.body), headers.data(), request.timeout_ms, request.attempts, 0, 0};
    HttpResponse out;
    ErrorCollector report;
    const tg_status status = t->send(
        raw_, &raw, &out,
        [](void* user, const tg_http_response* r) {
          auto& to = *static_cast<HttpResponse*>(user);
          to.code = r->code;
          to.attempts = r->attempts;
          for (std::uint32_t i = 0; i < r->header_count; ++i) to.headers.emplace_back(view(r->headers[i]));
          to.body = view(r->body);
          if (TG_HAS(r, tg_http_response, retry_after_ms)) to.retry_after_ms = r->retry_after_ms;
        },
        &report);
    if (status != TG_OK) return report.take(status, "sending the request");
    return out;
  }
  /// Asks another stage's extension; the answer is JSON.
  [[nodiscard]] Result<std::string> ask(std::string_view extension, std::string_view method, std::string_view arguments_json = "{}") const {
    const auto* t = table<tg_stages_v1>(TG_STAGES);
    if (t == nullptr) return not_granted(TG_STAGES);
    std::string out;
    ErrorCollector report;
    const tg_status status = t->ask(raw_, to_abi(extension), to_abi(method), to_abi(arguments_json), &out, &take_string, &report);
    if (status != TG_OK) return report.take(status, "asking " + std::string(extension));
    return out;
  }

  /// The service's table, or null. Programs have a face of their own: <tidegate/process.hpp>.
  template <class Table>
  [[nodiscard]] const Table* table(const char* id) const { return static_cast<const Table*>(raw_->service(raw_, id)); }

 private:
  static Error not_granted(const char* id) { return Error{Status::unsupported, std::string("the service ") + id + " is not granted to this stage"}; }
  const tg_host* raw_;
};

}  // namespace tidegate::sdk
