// SPDX-License-Identifier: Apache-2.0
//
// The C tables behind FakeHost. Included by fake_host.hpp; stateless.
#pragma once
#include "fake_host.hpp"

namespace tidegate::sdk::testing {

struct FakeServices {
  static FakeHost& of(const tg_host* raw) { return FakeHost::of(raw); }

  static void log(const tg_host* raw, std::int32_t level, tg_str message) {
    auto& host = of(raw);
    const std::lock_guard lock(host.mutex_);
    host.logged_.push_back({level, std::string(view(message))});
  }
  static std::int32_t cancelled(const tg_host* raw) { return of(raw).cancelled_ || of(raw).remaining_ms_ <= 0 ? 1 : 0; }
  static std::int64_t remaining_ms(const tg_host* raw) { return of(raw).remaining_ms_; }
  static std::int32_t wait_ms(const tg_host* raw, std::int64_t ms) { return of(raw).wait(ms); }
  static void progress(const tg_host* raw, std::uint64_t done, std::uint64_t total, tg_str what) {
    auto& host = of(raw);
    const std::lock_guard lock(host.mutex_);
    host.progress_.push_back({done, total, std::string(view(what))});
  }
  static void emit(const tg_host* raw, tg_str type, tg_str fields) {
    auto& host = of(raw);
    const std::lock_guard lock(host.mutex_);
    host.events_.push_back({std::string(view(type)), std::string(view(fields))});
  }
  static void changing(const tg_host* raw) { ++of(raw).changing_; }

  static tg_status config_get(const tg_host* raw, tg_str path, tg_value* out) {
    *out = tg_value{};
    const auto* node = of(raw).settings_.find(view(path));
    if (node == nullptr) return TG_E_NOT_FOUND;
    if (node->secret()) return TG_E_DENIED;
    *out = node->value();
    return out->type == TG_NIL ? TG_E_NOT_FOUND : TG_OK;
  }
  static tg_status config_key_at(const tg_host* raw, tg_str path, std::uint32_t index, tg_str* out) {
    const auto* node = of(raw).settings_.find(view(path));
    const auto* key = node == nullptr ? nullptr : node->key_at(index);
    *out = key == nullptr ? tg_str{} : to_abi(*key);
    return key == nullptr ? TG_E_NOT_FOUND : TG_OK;
  }
  static tg_status context_get(const tg_host* raw, tg_str key, void* user, tg_take take) {
    const auto& values = of(raw).context_;
    const auto found = values.find(std::string(view(key)));
    if (found == values.end()) return TG_E_NOT_FOUND;
    take(user, to_abi(found->second));
    return TG_OK;
  }
  static tg_status context_put(const tg_host* raw, tg_str key, tg_str value) {
    of(raw).published_[std::string(view(key))] = std::string(view(value));
    return TG_OK;
  }
  static tg_status secret_get(const tg_host* raw, tg_str path, void* user, tg_take take) {
    const auto* node = of(raw).settings_.find(view(path));
    if (node == nullptr || !node->secret()) return TG_E_NOT_FOUND;
    take(user, to_abi(node->text()));
    return TG_OK;
  }

  static tg_status db_open(const tg_host* raw, tg_str /*connection*/, std::uint32_t flags, tg_db** out, tg_report* report) {
    return of(raw).db_.open(flags, out, report);
  }
  static tg_status db_script(tg_db* db, tg_str sql, void* user, tg_on_result on_result, tg_on_db_error on_error) {
    return FakeDb::of(db).run({std::string(view(sql)), true, {}}, user, on_result, on_error);
  }
  static tg_status db_query(tg_db* db, tg_str sql, const tg_str* params, const std::uint8_t* is_null, std::uint32_t count, void* user,
                            tg_on_result on_result, tg_on_db_error on_error) {
    FakeDb::Sent message{std::string(view(sql)), false, {}};
    for (std::uint32_t i = 0; i < count; ++i) {
      if (is_null != nullptr && is_null[i] != 0)
        message.params.emplace_back(std::nullopt);
      else
        message.params.emplace_back(std::string(view(params[i])));
    }
    return FakeDb::of(db).run(std::move(message), user, on_result, on_error);
  }
  static tg_status db_quote(tg_db*, std::int32_t as_identifier, tg_str text, void* user, tg_take take) {
    const auto quoted = FakeDb::quoted(as_identifier, view(text));
    take(user, to_abi(quoted));
    return TG_OK;
  }
  static std::int32_t db_transaction(tg_db* db) { return FakeDb::of(db).transaction; }
  static std::int32_t db_backend_pid(tg_db* db) { return FakeDb::of(db).backend_pid; }
  static std::int32_t db_server_version(tg_db* db) { return FakeDb::of(db).server_version; }
  static tg_status db_schema(tg_db* db, void* user, tg_take take) {
    take(user, to_abi(FakeDb::of(db).schema));
    return TG_OK;
  }
  static void db_close(tg_db* db) { FakeDb::of(db).close(); }

  static tg_status http_send(const tg_host* raw, const tg_http_request* request, void* user, tg_on_http take, tg_report* report) {
    return of(raw).http(*request, user, take, report);
  }
  static tg_status ask(const tg_host* raw, tg_str extension, tg_str method, tg_str arguments, void* user, tg_take take, tg_report* report) {
    return of(raw).ask({std::string(view(extension)), std::string(view(method)), std::string(view(arguments))}, user, take, report);
  }
  static tg_status scratch_create(const tg_host* raw, std::int32_t, tg_str, tg_db** out, tg_report* report) {
    return of(raw).scratch_db_.open(0, out, report);
  }
  static tg_status process_run(const tg_host* raw, const tg_process_spec* spec, std::int32_t* exit_code, void* user, tg_take out,
                               tg_take err, tg_report* report) {
    return of(raw).programs_.run(*spec, exit_code, user, out, err, report);
  }
};

inline const void* FakeHost::on_service(const tg_host* raw, const char* id) {
  using S = FakeServices;
  static const tg_log_v1 log{sizeof log, 0, &S::log};
  static const tg_control_v1 control{sizeof control, 0, &S::cancelled, &S::remaining_ms, &S::wait_ms, &S::progress, &S::emit, &S::changing};
  static const tg_config_v1 config{sizeof config, 0, &S::config_get, &S::config_key_at};
  static const tg_context_v1 context{sizeof context, 0, &S::context_get, &S::context_put};
  static const tg_secrets_v1 secrets{sizeof secrets, 0, &S::secret_get};
  static const tg_db_v1 db{sizeof db,
                           0,
                           &S::db_open,
                           &S::db_script,
                           &S::db_query,
                           &S::db_quote,
                           &S::db_transaction,
                           &S::db_backend_pid,
                           &S::db_server_version,
                           &S::db_schema,
                           &S::db_close};
  static const tg_http_v1 http{sizeof http, 0, &S::http_send};
  static const tg_stages_v1 stages{sizeof stages, 0, &S::ask};
  static const tg_process_v1 process{sizeof process, 0, &S::process_run};
  static const tg_scratch_v1 scratch{sizeof scratch, 0, &S::scratch_create};
  static const std::pair<std::string_view, const void*> tables[] = {{TG_LOG, &log},         {TG_CONTROL, &control}, {TG_CONFIG, &config},
                                                                    {TG_CONTEXT, &context}, {TG_SECRETS, &secrets}, {TG_DB, &db},
                                                                    {TG_HTTP, &http},       {TG_STAGES, &stages},   {TG_PROCESS, &process},
                                                                    {TG_SCRATCH, &scratch}};
  if (of(raw).denied_.contains(std::string_view(id))) return nullptr;
  for (const auto& [name, table] : tables)
    if (name == id) return table;
  return nullptr;
}

}  // namespace tidegate::sdk::testing
