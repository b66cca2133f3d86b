// SPDX-License-Identifier: Apache-2.0
// The sessions of a worker's stage: handles there, the host's own sessions here.
#include "stage/collector.hpp"
#include "worker/serve.hpp"

namespace tidegate::worker {
namespace {

using sdk::to_abi;
using sdk::view;
using stage::Collector;

/// Rows on their way to the worker. Names go with the first row of a statement only.
class Rows {
 public:
  explicit Rows(const std::function<void(const Writer&)>& piece) : piece_(piece) {}

  void take(const tg_result& row) {
    Writer out;
    out.u32(row.statement).u32(row.columns).i64(row.affected).u8(row.text != nullptr ? 1 : 0);
    for (std::uint32_t i = 0; row.text != nullptr && i < row.columns; ++i) {
      const bool null = row.is_null != nullptr && row.is_null[i] != 0;
      out.u8(null ? 1 : 0).text(null ? std::string_view{} : view(row.text[i]));
    }
    const bool named = row.names != nullptr;
    const bool fresh = named && static_cast<std::int64_t>(row.statement) != named_;
    out.u8(fresh ? 1 : 0);
    for (std::uint32_t i = 0; fresh && i < row.columns; ++i) out.text(view(row.names[i]));
    if (fresh) named_ = row.statement;
    out.u8(named ? 1 : 0).text(view(row.tag));
    too_large = too_large || !out.fits();
    if (!too_large) piece_(out);
  }

  bool too_large = false;

 private:
  const std::function<void(const Writer&)>& piece_;
  std::int64_t named_ = -1;
};

struct Statement {
  Rows rows;
  Writer error;
  bool failed = false;
};

void on_result(void* user, const tg_result* row) noexcept {
  static_cast<Statement*>(user)->rows.take(*row);
}

void on_error(void* user, const tg_db_error* e) noexcept {
  auto& to = *static_cast<Statement*>(user);
  to.failed = true;
  to.error.i32(e->status).u64(e->position);
  for (const auto& text :
       {e->sqlstate, e->message, e->detail, e->hint, e->context, e->schema, e->relation, e->column, e->constraint, e->blockers})
    to.error.text(view(text));
}

}  // namespace

tg_db* Servant::session_of(std::uint32_t handle) {
  const auto found = sessions_.find(handle);
  return found == sessions_.end() ? nullptr : found->second;
}

std::uint32_t Servant::keep(tg_db* session) {
  sessions_[++last_session_] = session;
  return last_session_;
}

bool Servant::open(Function function, Reader& in, Writer& out) {
  Collector report;
  tg_db* session = nullptr;
  tg_status status = TG_OK;
  if (function == Function::db_open) {
    const auto* db = static_cast<const tg_db_v1*>(host_.service(&host_, TG_DB));
    const auto connection = in.text();
    const auto flags = in.u32();
    if (db == nullptr || !in.done()) return false;
    status = db->open(&host_, to_abi(connection), flags, &session, &report);
  } else {
    const auto* scratch = static_cast<const tg_scratch_v1*>(host_.service(&host_, TG_SCRATCH));
    const auto major = in.i32();
    const auto name = in.text();
    // Without tidegate.db/1 there would be nothing to do with it, and nobody to close it.
    if (scratch == nullptr || host_.service(&host_, TG_DB) == nullptr || !in.done()) return false;
    status = scratch->create(&host_, major, to_abi(name), &session, &report);
  }
  out.i32(status).u8(report.error ? 1 : 0);
  if (report.error) out.error(*report.error);
  if (status == TG_OK) out.u32(keep(session));
  return true;
}

bool Servant::session(Function function, Reader& in, Writer& out) {
  const auto* db = static_cast<const tg_db_v1*>(host_.service(&host_, TG_DB));
  const auto handle = in.u32();
  auto* session = session_of(handle);
  if (db == nullptr || session == nullptr) return false;
  if (function == Function::db_script || function == Function::db_query) return statement(function, *db, session, in, out);
  const bool quotes = function == Function::db_quote;
  const auto as_identifier = quotes ? in.i32() : 0;
  const auto quoted = quotes ? in.text() : std::string_view{};
  if (!in.done()) return false;
  if (function == Function::db_transaction) out.i32(db->transaction(session));
  if (function == Function::db_pid) out.i32(db->backend_pid(session));
  if (function == Function::db_version) out.i32(db->server_version(session));
  if (function == Function::db_close) {
    db->close(session);
    sessions_.erase(handle);
  }
  if (quotes || function == Function::db_schema) {
    std::string text;
    const auto status = quotes ? db->quote(session, as_identifier, to_abi(quoted), &text, &sdk::take_string)
                               : db->schema(session, &text, &sdk::take_string);
    const bool fits = text.size() + 1024 < kMostInFrame;
    out.i32(fits ? status : TG_E_FAILED).text(fits ? std::string_view(text) : std::string_view{});
  }
  return true;
}

bool Servant::statement(Function function, const tg_db_v1& db, tg_db* session, Reader& in, Writer& out) {
  const auto sql = in.text();
  std::vector<tg_str> parameters;
  std::vector<std::uint8_t> nulls;
  if (function == Function::db_query)
    for (auto left = in.u32(); left > 0 && in.ok(); --left) {
      nulls.push_back(in.u8());
      parameters.push_back(to_abi(in.text()));
    }
  if (!in.done()) return false;
  Statement one{Rows(piece_), {}, false};
  auto status = function == Function::db_script ? db.script(session, to_abi(sql), &one, &on_result, &on_error)
                                                : db.query(session, to_abi(sql), parameters.data(), nulls.data(),
                                                           static_cast<std::uint32_t>(parameters.size()), &one, &on_result, &on_error);
  if (one.rows.too_large && !one.failed) {
    status = TG_E_FAILED;
    tg_db_error error{};
    error.status = status;
    const std::string_view text = "a row of the answer is larger than a plugin in a worker process can be given (16 MiB)";
    error.message = to_abi(text);
    on_error(&one, &error);
  }
  out.i32(status).u8(one.failed ? 1 : 0).raw(one.error.bytes());
  return true;
}

}  // namespace tidegate::worker
