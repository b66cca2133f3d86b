// SPDX-License-Identifier: Apache-2.0
#include "worker/serve.hpp"

#include "stage/collector.hpp"

namespace tidegate::worker {
namespace {

using sdk::to_abi;
using sdk::view;
using stage::Collector;

void write_status(Writer& out, tg_status status, const std::optional<base::Error>& error) {
  out.i32(status).u8(error ? 1 : 0);
  if (error) out.error(*error);
}

base::Error too_large(std::uint64_t size) {
  return {base::Status::failed,
          "the answer has " + std::to_string(size) + " bytes, more than a plugin in a worker process can be given at once"};
}

/// What is too large for a frame is a failed call, not the end of the worker.
void write_text(Writer& out, tg_status status, Collector& report, const std::string& text) {
  if (text.size() + 1024 > kMostInFrame) {
    status = TG_E_FAILED;
    report.error = too_large(text.size());
  }
  write_status(out, status, report.error);
  out.text(status == TG_OK ? std::string_view(text) : std::string_view{});
}

std::vector<std::string> texts(Reader& in) {
  std::vector<std::string> out;
  for (auto left = in.u32(); left > 0 && in.ok(); --left) out.emplace_back(in.text());
  return out;
}

std::vector<tg_str> borrowed(const std::vector<std::string>& from) {
  std::vector<tg_str> out;
  for (const auto& text : from) out.push_back(to_abi(text));
  return out;
}

}  // namespace

Servant::~Servant() {
  if (const auto* db = table<tg_db_v1>(TG_DB))
    for (const auto& [handle, session] : sessions_) db->close(session);
}

template <class Table>
const Table* Servant::table(const char* id) {
  return static_cast<const Table*>(host_.service(&host_, id));
}

std::optional<Writer> Servant::answer(std::string_view payload) {
  Reader in(payload);
  const auto function = static_cast<Function>(in.u8());
  const bool on_stage_thread = in.u8() != 0;
  Writer out;
  bool known = false;
  switch (function) {
    case Function::rest:
      if (!on_stage_thread) return std::nullopt;
      [[fallthrough]];
    case Function::log:
    case Function::progress:
    case Function::emit:
      told_ += payload.size();
      [[fallthrough]];
    case Function::changing:
      known = say(function, in);
      break;
    case Function::context_put:
      told_ += payload.size();
      [[fallthrough]];
    case Function::config_get:
    case Function::config_key:
    case Function::context_get:
    case Function::secret:
      known = values(function, in, out);
      break;
    case Function::ask:
      known = ask(in, out);
      break;
    case Function::http:
      known = http(in, out);
      break;
    case Function::process:
      known = process(in, out);
      break;
    case Function::scratch:
    case Function::db_open:
      known = open(function, in, out);
      break;
    case Function::db_script:
    case Function::db_query:
    case Function::db_quote:
    case Function::db_transaction:
    case Function::db_pid:
    case Function::db_version:
    case Function::db_schema:
    case Function::db_close:
      known = session(function, in, out);
      break;
  }
  if (!known) return std::nullopt;
  return out;
}

/// log, control: nothing to answer.
bool Servant::say(Function function, Reader& in) {
  if (function == Function::log) {
    const auto* log = table<tg_log_v1>(TG_LOG);
    const auto level = in.i32();
    const auto text = in.text();
    if (log == nullptr || !in.done()) return false;
    log->write(&host_, level, to_abi(text));
    return true;
  }
  const auto* control = table<tg_control_v1>(TG_CONTROL);
  if (control == nullptr) return false;
  if (function == Function::progress) {
    const auto done = in.u64(), total = in.u64();
    const auto what = in.text();
    if (in.done()) control->progress(&host_, done, total, to_abi(what));
  } else if (function == Function::emit) {
    const auto type = in.text(), fields = in.text();
    if (in.done()) control->emit(&host_, to_abi(type), to_abi(fields));
  } else if (in.done()) {
    function == Function::changing ? control->changing(&host_) : static_cast<void>(control->wait_ms(&host_, 0));
  }
  return in.done();
}

/// config, context, secrets
bool Servant::values(Function function, Reader& in, Writer& out) {
  const auto name = in.text();
  Collector report;
  if (function == Function::config_get || function == Function::config_key) {
    const auto* config = table<tg_config_v1>(TG_CONFIG);
    const auto index = function == Function::config_key ? in.u32() : 0;
    if (config == nullptr || !in.done()) return false;
    if (function == Function::config_get) {
      tg_value value{};
      out.i32(config->get(&host_, to_abi(name), &value));
      out.i32(value.type).u32(value.count).i64(value.i).real(value.d).text(view(value.s));
    } else {
      tg_str key{};
      out.i32(config->key_at(&host_, to_abi(name), index, &key)).text(view(key));
    }
    return true;
  }
  if (function == Function::context_put) {
    const auto* context = table<tg_context_v1>(TG_CONTEXT);
    const auto value = in.text();
    if (context == nullptr || !in.done()) return false;
    out.i32(context->put(&host_, to_abi(name), to_abi(value)));
    return true;
  }
  std::string text;
  tg_status status = TG_OK;
  if (!in.done()) return false;
  if (function == Function::context_get) {
    const auto* context = table<tg_context_v1>(TG_CONTEXT);
    if (context == nullptr) return false;
    status = context->get(&host_, to_abi(name), &text, &sdk::take_string);
  } else {
    const auto* secrets = table<tg_secrets_v1>(TG_SECRETS);
    if (secrets == nullptr) return false;
    status = secrets->get(&host_, to_abi(name), &text, &sdk::take_string);
  }
  write_text(out, status, report, text);
  return true;
}

bool Servant::ask(Reader& in, Writer& out) {
  const auto* stages = table<tg_stages_v1>(TG_STAGES);
  const auto extension = in.text(), method = in.text(), arguments = in.text();
  if (stages == nullptr || !in.done()) return false;
  Collector report;
  std::string text;
  const auto status = stages->ask(&host_, to_abi(extension), to_abi(method), to_abi(arguments), &text, &sdk::take_string, &report);
  write_text(out, status, report, text);
  return true;
}

bool Servant::http(Reader& in, Writer& out) {
  const auto* http = table<tg_http_v1>(TG_HTTP);
  const auto method = in.text(), url = in.text(), body = in.text();
  const auto headers = texts(in);
  const auto raw_headers = borrowed(headers);
  const auto timeout = in.i64();
  const auto attempts = in.u32();
  const auto max_body = in.i64();
  if (http == nullptr || !in.done()) return false;
  const tg_http_request request{sizeof(tg_http_request),
                                static_cast<std::uint32_t>(headers.size()),
                                to_abi(method),
                                to_abi(url),
                                to_abi(body),
                                raw_headers.data(),
                                timeout,
                                attempts,
                                0,
                                max_body};
  Collector report;
  Writer response;
  const auto take = [](void* user, const tg_http_response* r) {
    auto& to = *static_cast<Writer*>(user);
    to.i32(r->code).u32(r->attempts).u32(r->header_count);
    for (std::uint32_t i = 0; i < r->header_count; ++i) to.text(view(r->headers[i]));
    to.text(view(r->body)).i64(r->retry_after_ms);
  };
  auto status = http->send(&host_, &request, &response, take, &report);
  if (status == TG_OK && response.size() + 1024 > kMostInFrame) {
    status = TG_E_FAILED;
    report.error = too_large(response.size());
  }
  write_status(out, status, report.error);
  if (status == TG_OK) out.raw(response.bytes());
  return true;
}

bool Servant::process(Reader& in, Writer& out) {
  const auto* process = table<tg_process_v1>(TG_PROCESS);
  const auto argv = texts(in), env = texts(in);
  const auto raw_argv = borrowed(argv), raw_env = borrowed(env);
  const auto cwd = in.text(), input = in.text(), connection = in.text(), connection_env = in.text();
  if (process == nullptr || !in.done()) return false;
  const tg_process_spec spec{sizeof(tg_process_spec),
                             static_cast<std::uint32_t>(argv.size()),
                             static_cast<std::uint32_t>(env.size()),
                             0,
                             raw_argv.data(),
                             raw_env.data(),
                             to_abi(cwd),
                             to_abi(input),
                             to_abi(connection),
                             to_abi(connection_env)};
  const auto out_piece = [](void* self, tg_str text) { static_cast<Servant*>(self)->piece_(Writer().u8(0).text(view(text))); };
  const auto err_piece = [](void* self, tg_str text) { static_cast<Servant*>(self)->piece_(Writer().u8(1).text(view(text))); };
  Collector report;
  std::int32_t exit_code = -1;
  const auto status = process->run(&host_, &spec, &exit_code, this, out_piece, err_piece, &report);
  write_status(out, status, report.error);
  out.i32(exit_code);
  return true;
}

}  // namespace tidegate::worker
