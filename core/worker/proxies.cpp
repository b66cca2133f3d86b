// SPDX-License-Identifier: Apache-2.0
#include "worker/proxies.hpp"

#include <algorithm>

namespace tidegate::worker {
namespace {

using sdk::to_abi;
using sdk::view;

const void* find_service(const tg_host* raw, const char* id) noexcept {
  const auto& granted = ProxyHost::from(raw).services;
  if (id == nullptr || std::find(granted.begin(), granted.end(), id) == granted.end()) return nullptr;
  return proxy_table(id);
}

// ---- log, control

void write_log(const tg_host* raw, std::int32_t level, tg_str message) noexcept {
  ProxyHost::from(raw).link.tell(Function::log, Writer().i32(level).text(view(message)));
}

std::int32_t cancelled(const tg_host* raw) noexcept {
  return ProxyHost::from(raw).link.cancelled() ? 1 : 0;
}

std::int64_t remaining_ms(const tg_host* raw) noexcept {
  return ProxyHost::from(raw).link.remaining_ms();
}

/// The host is told, since a session that reads must not hold a snapshot meanwhile; the waiting is done here.
std::int32_t wait_ms(const tg_host* raw, std::int64_t ms) noexcept {
  auto& link = ProxyHost::from(raw).link;
  if (link.on_stage_thread()) link.tell(Function::rest, Writer());
  return link.wait(ms) ? 1 : 0;
}

void progress(const tg_host* raw, std::uint64_t done, std::uint64_t total, tg_str what) noexcept {
  ProxyHost::from(raw).link.tell(Function::progress, Writer().u64(done).u64(total).text(view(what)));
}

void emit(const tg_host* raw, tg_str type, tg_str fields_json) noexcept {
  ProxyHost::from(raw).link.tell(Function::emit, Writer().text(view(type)).text(view(fields_json)));
}

/// Waits for the answer: what follows may touch the target without the host's help.
void changing(const tg_host* raw) noexcept {
  ProxyHost::from(raw).link.call(Function::changing, Writer());
}

// ---- config: asked once for each path, and kept

tg_status config_get(const tg_host* raw, tg_str path, tg_value* out) noexcept {
  auto& host = ProxyHost::from(raw);
  const std::lock_guard lock(host.settings_mutex);
  auto found = host.settings.find(view(path));
  if (found == host.settings.end()) {
    const auto answer = host.link.call(Function::config_get, Writer().text(view(path)));
    Reader reader(answer);
    found = host.settings.emplace(std::string(view(path)), ProxyHost::Setting{}).first;
    auto& setting = found->second;
    setting.status = reader.i32();
    setting.value.type = reader.i32();
    setting.value.count = reader.u32();
    setting.value.i = reader.i64();
    setting.value.d = reader.real();
    setting.text = reader.text();
    if (setting.value.type == TG_TEXT) setting.value.s = to_abi(setting.text);
  }
  *out = found->second.value;
  return found->second.status;
}

tg_status config_key(const tg_host* raw, tg_str table_path, std::uint32_t index, tg_str* out) noexcept {
  auto& host = ProxyHost::from(raw);
  const std::lock_guard lock(host.settings_mutex);
  const auto [found, added] = host.keys.try_emplace({std::string(view(table_path)), index});
  auto& key = found->second;
  if (added) {
    const auto answer = host.link.call(Function::config_key, Writer().text(view(table_path)).u32(index));
    Reader reader(answer);
    key.status = reader.i32();
    key.text = reader.text();
  }
  *out = key.status == TG_OK ? to_abi(key.text) : tg_str{};
  return key.status;
}

// ---- context, secrets, stages

tg_status take_text(const std::string& answer, void* user, tg_take take, tg_report* report) {
  Reader reader(answer);
  const auto status = take_status(reader, report);
  const auto text = reader.text();
  if (status == TG_OK) take(user, to_abi(text));
  return status;
}

tg_status context_get(const tg_host* raw, tg_str key, void* user, tg_take take) noexcept {
  return take_text(ProxyHost::from(raw).link.call(Function::context_get, Writer().text(view(key))), user, take, nullptr);
}

tg_status context_put(const tg_host* raw, tg_str key, tg_str value) noexcept {
  const auto answer = ProxyHost::from(raw).link.call(Function::context_put, Writer().text(view(key)).text(view(value)));
  return Reader(answer).i32();
}

tg_status secret(const tg_host* raw, tg_str path, void* user, tg_take take) noexcept {
  return take_text(ProxyHost::from(raw).link.call(Function::secret, Writer().text(view(path))), user, take, nullptr);
}

tg_status ask(const tg_host* raw, tg_str extension, tg_str method, tg_str arguments_json, void* user, tg_take take,
              tg_report* report) noexcept {
  const auto answer =
      ProxyHost::from(raw).link.call(Function::ask, Writer().text(view(extension)).text(view(method)).text(view(arguments_json)));
  return take_text(answer, user, take, report);
}

constexpr tg_log_v1 kLog{sizeof(tg_log_v1), 0, &write_log};
constexpr tg_control_v1 kControl{sizeof(tg_control_v1), 0, &cancelled, &remaining_ms, &wait_ms, &progress, &emit, &changing};
constexpr tg_config_v1 kConfig{sizeof(tg_config_v1), 0, &config_get, &config_key};
constexpr tg_context_v1 kContext{sizeof(tg_context_v1), 0, &context_get, &context_put};
constexpr tg_secrets_v1 kSecrets{sizeof(tg_secrets_v1), 0, &secret};
constexpr tg_stages_v1 kStages{sizeof(tg_stages_v1), 0, &ask};

}  // namespace

ProxyHost::ProxyHost(Link& to, std::vector<std::string> granted)
    : tg_host{sizeof(tg_host), TG_ABI_MINOR, &find_service}, link(to), services(std::move(granted)) {}

tg_status take_status(Reader& answer, tg_report* report) {
  const auto status = answer.i32();
  if (answer.u8() == 0) return status;
  const auto e = answer.error();
  if (report == nullptr) return status;
  const tg_error raw{sizeof(tg_error),
                     static_cast<std::int32_t>(e.code),
                     to_abi(e.message),
                     to_abi(e.hint),
                     to_abi(e.file),
                     e.line,
                     e.column,
                     to_abi(e.sqlstate),
                     to_abi(e.detail),
                     to_abi(e.relation),
                     to_abi(e.constraint)};
  report->error(report, &raw);
  return status;
}

const void* proxy_table(std::string_view id) {
  if (id == TG_LOG) return &kLog;
  if (id == TG_CONTROL) return &kControl;
  if (id == TG_CONFIG) return &kConfig;
  if (id == TG_CONTEXT) return &kContext;
  if (id == TG_SECRETS) return &kSecrets;
  if (id == TG_STAGES) return &kStages;
  if (id == TG_DB) return proxy_db();
  if (id == TG_SCRATCH) return proxy_scratch();
  if (id == TG_HTTP) return proxy_http();
  if (id == TG_PROCESS) return proxy_process();
  return nullptr;
}

}  // namespace tidegate::worker
