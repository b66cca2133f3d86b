// SPDX-License-Identifier: Apache-2.0
// The services that reach out of the host: databases, HTTP, programs.
#include "worker/proxies.hpp"

struct tg_db {
  tidegate::worker::Link& link;
  const std::uint32_t handle;
};

namespace tidegate::worker {
namespace {

using sdk::to_abi;
using sdk::view;

// ---- db

tg_status take_session(ProxyHost& host, const std::string& answer, tg_db** out, tg_report* report) {
  Reader reader(answer);
  const auto status = take_status(reader, report);
  if (status == TG_OK) *out = new tg_db{host.link, reader.u32()};
  return status;
}

tg_status open(const tg_host* raw, tg_str connection, std::uint32_t flags, tg_db** out, tg_report* report) noexcept {
  auto& host = ProxyHost::from(raw);
  return take_session(host, host.link.call(Function::db_open, Writer().text(view(connection)).u32(flags)), out, report);
}

tg_status create_scratch(const tg_host* raw, std::int32_t major, tg_str name, tg_db** out, tg_report* report) noexcept {
  auto& host = ProxyHost::from(raw);
  return take_session(host, host.link.call(Function::scratch, Writer().i32(major).text(view(name))), out, report);
}

/// Rows as they come; the names of columns only with the first of a statement.
class Rows {
 public:
  Rows(void* user, tg_on_result on_result) : user_(user), on_result_(on_result) {}

  void take(Reader in) {
    tg_result out{};
    out.struct_size = sizeof out;
    out.statement = in.u32();
    out.columns = in.u32();
    out.affected = in.i64();
    const bool is_row = in.u8() != 0;
    text_.clear();
    null_.clear();
    for (std::uint32_t i = 0; is_row && i < out.columns && in.ok(); ++i) {
      null_.push_back(in.u8());
      text_.push_back(to_abi(in.text()));
    }
    if (in.u8() != 0) {
      kept_.clear();
      for (std::uint32_t i = 0; i < out.columns && in.ok(); ++i) kept_.emplace_back(in.text());
    }
    const bool named = in.u8() != 0;
    out.tag = to_abi(in.text());
    if (!in.done() || on_result_ == nullptr) return;
    names_.clear();
    for (const auto& name : kept_) names_.push_back(to_abi(name));
    if (is_row) {
      out.text = text_.data();
      out.is_null = null_.data();
    }
    if (named) out.names = names_.data();
    on_result_(user_, &out);
  }

 private:
  void* user_;
  tg_on_result on_result_;
  std::vector<std::string> kept_;
  std::vector<tg_str> text_, names_;
  std::vector<std::uint8_t> null_;
};

tg_status run_statement(tg_db* db, Function function, const Writer& arguments, void* user, tg_on_result on_result,
                        tg_on_db_error on_error) {
  Rows rows(user, on_result);
  const auto answer = db->link.call(function, arguments, [&](Reader piece) { rows.take(piece); });
  Reader in(answer);
  const auto status = in.i32();
  if (in.u8() == 0 || on_error == nullptr) return status;
  tg_db_error error{};
  error.struct_size = sizeof error;
  error.status = in.i32();
  error.position = in.u64();
  for (auto* text : {&error.sqlstate, &error.message, &error.detail, &error.hint, &error.context, &error.schema, &error.relation,
                     &error.column, &error.constraint, &error.blockers})
    *text = to_abi(in.text());
  on_error(user, &error);
  return status;
}

tg_status script(tg_db* db, tg_str sql, void* user, tg_on_result on_result, tg_on_db_error on_error) noexcept {
  return run_statement(db, Function::db_script, Writer().u32(db->handle).text(view(sql)), user, on_result, on_error);
}

tg_status query(tg_db* db, tg_str sql, const tg_str* params, const std::uint8_t* is_null, std::uint32_t count, void* user,
                tg_on_result on_result, tg_on_db_error on_error) noexcept {
  Writer arguments;
  arguments.u32(db->handle).text(view(sql)).u32(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool null = is_null != nullptr && is_null[i] != 0;
    arguments.u8(null ? 1 : 0).text(null ? std::string_view{} : view(params[i]));
  }
  return run_statement(db, Function::db_query, arguments, user, on_result, on_error);
}

tg_status text_of(tg_db* db, Function function, const Writer& arguments, void* user, tg_take take) {
  const auto answer = db->link.call(function, arguments);
  Reader in(answer);
  const auto status = in.i32();
  const auto text = in.text();
  if (status == TG_OK) take(user, to_abi(text));
  return status;
}

tg_status quote(tg_db* db, std::int32_t as_identifier, tg_str text, void* user, tg_take take) noexcept {
  return text_of(db, Function::db_quote, Writer().u32(db->handle).i32(as_identifier).text(view(text)), user, take);
}

tg_status schema(tg_db* db, void* user, tg_take take) noexcept {
  return text_of(db, Function::db_schema, Writer().u32(db->handle), user, take);
}

std::int32_t number_of(tg_db* db, Function function) {
  const auto answer = db->link.call(function, Writer().u32(db->handle));
  return Reader(answer).i32();
}

std::int32_t transaction(tg_db* db) noexcept {
  return number_of(db, Function::db_transaction);
}
std::int32_t backend_pid(tg_db* db) noexcept {
  return number_of(db, Function::db_pid);
}
std::int32_t server_version(tg_db* db) noexcept {
  return number_of(db, Function::db_version);
}

void close(tg_db* db) noexcept {
  if (db == nullptr) return;
  db->link.call(Function::db_close, Writer().u32(db->handle));
  delete db;
}

// ---- http

tg_status send(const tg_host* raw, const tg_http_request* in, void* user, tg_on_http on_answer, tg_report* report) noexcept {
  Writer arguments;
  arguments.text(view(in->method)).text(view(in->url)).text(view(in->body)).u32(in->header_count);
  for (std::uint32_t i = 0; i < in->header_count; ++i) arguments.text(view(in->headers[i]));
  arguments.i64(in->timeout_ms).u32(in->attempts).i64(in->max_body);
  const auto answer = ProxyHost::from(raw).link.call(Function::http, arguments);
  Reader reader(answer);
  const auto status = take_status(reader, report);
  if (status != TG_OK) return status;
  tg_http_response out{};
  out.struct_size = sizeof out;
  out.code = reader.i32();
  out.attempts = reader.u32();
  out.header_count = reader.u32();
  std::vector<tg_str> headers;
  for (std::uint32_t i = 0; i < out.header_count && reader.ok(); ++i) headers.push_back(to_abi(reader.text()));
  out.headers = headers.data();
  out.body = to_abi(reader.text());
  out.retry_after_ms = reader.i64();
  on_answer(user, &out);
  return status;
}

// ---- process

void add_texts(Writer& to, const tg_str* first, std::uint32_t count) {
  to.u32(count);
  for (std::uint32_t i = 0; i < count; ++i) to.text(view(first[i]));
}

tg_status run(const tg_host* raw, const tg_process_spec* in, std::int32_t* exit_code, void* user, tg_take out, tg_take err,
              tg_report* report) noexcept {
  Writer arguments;
  add_texts(arguments, in->argv, in->argc);
  add_texts(arguments, in->env, in->envc);
  arguments.text(view(in->cwd)).text(view(in->input));
  const bool newer = TG_HAS(in, tg_process_spec, connection_env);
  arguments.text(newer ? view(in->connection) : std::string_view{}).text(newer ? view(in->connection_env) : std::string_view{});
  const auto answer = ProxyHost::from(raw).link.call(Function::process, arguments, [&](Reader piece) {
    const bool is_error = piece.u8() != 0;
    const auto text = piece.text();
    if (const auto take = is_error ? err : out; take != nullptr && piece.done()) take(user, to_abi(text));
  });
  Reader reader(answer);
  const auto status = take_status(reader, report);
  *exit_code = reader.i32();
  return status;
}

constexpr tg_db_v1 kDb{sizeof(tg_db_v1), 0, &open, &script, &query, &quote, &transaction, &backend_pid, &server_version, &schema, &close};
constexpr tg_scratch_v1 kScratch{sizeof(tg_scratch_v1), 0, &create_scratch};
constexpr tg_http_v1 kHttp{sizeof(tg_http_v1), 0, &send};
constexpr tg_process_v1 kProcess{sizeof(tg_process_v1), 0, &run};

}  // namespace

const tg_db_v1* proxy_db() {
  return &kDb;
}
const tg_scratch_v1* proxy_scratch() {
  return &kScratch;
}
const tg_http_v1* proxy_http() {
  return &kHttp;
}
const tg_process_v1* proxy_process() {
  return &kProcess;
}

}  // namespace tidegate::worker
