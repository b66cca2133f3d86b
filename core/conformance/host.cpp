// SPDX-License-Identifier: Apache-2.0
#include "conformance/host.hpp"

#include <algorithm>
#include <cstring>

#include "base/text.hpp"

namespace tidegate::conformance {

using sdk::view;

namespace {

constexpr unsigned char kPoison = 0xA5;
constexpr std::size_t kTail = 64;

/// One that only reads, by its first word; the host's own judge is stricter.
bool reads_only(std::string_view sql) {
  const auto start = sql.find_first_not_of(" \t\r\n(");
  if (start == std::string_view::npos) return true;
  const auto end = sql.find_first_of(" \t\r\n(;", start);
  const auto word = base::to_lower(sql.substr(start, end == std::string_view::npos ? end : end - start));
  static const std::set<std::string> reading{"select", "with", "values", "table", "show", "explain"};
  return reading.contains(word);
}

std::string shortened(std::string_view text) {
  constexpr std::size_t most = 80;
  return std::string(text.substr(0, most)) + (text.size() > most ? "…" : "");
}

/// Settings into the fake, by path; texts of secrets become canaries.
void fill(sdk::testing::FakeHost& host, const std::string& path, const base::Value& value, const manifest::Setting* setting) {
  if (setting != nullptr && setting->type == manifest::SettingType::secret) {
    host.set_secret(path, std::string(kCanary) + "-" + path);
    return;
  }
  if (const auto* flag = value.as<bool>()) host.set(path, *flag);
  if (const auto* number = value.as<std::int64_t>()) host.set(path, *number);
  if (const auto* real = value.as<double>()) host.set(path, *real);
  if (const auto* text = value.as<std::string>()) host.set(path, *text);
  if (const auto* list = value.as<base::Array>()) {
    if (list->empty()) host.set(path, std::vector<std::string>{});
    const auto* element = setting != nullptr && !setting->element.empty() ? &setting->element.front() : nullptr;
    for (std::size_t i = 0; i < list->size(); ++i) fill(host, path + "." + std::to_string(i), (*list)[i], element);
  }
  if (const auto* table = value.as<base::Table>()) {
    for (const auto& [key, member] : *table) {
      const manifest::Setting* field = nullptr;
      if (setting != nullptr)
        for (const auto& candidate : setting->fields)
          if (candidate.name == key) field = &candidate;
      fill(host, path + "." + key, member, field);
    }
  }
}

}  // namespace

/// The functions behind the tables: each keeps the record, fails when it has to, else hands on to the fake.
struct CheckServices {
  static CheckHost& of(const tg_host* raw) {
    return *const_cast<CheckHost*>(static_cast<const CheckHost*>(static_cast<const sdk::testing::FakeHost*>(raw)));
  }
  static CheckHost::Session& session(tg_db* raw) { return *reinterpret_cast<CheckHost::Session*>(raw); }
  template <class Table>
  static const Table& fake(const tg_host* raw, const char* id) {
    return *static_cast<const Table*>(of(raw).inner_(raw, id));
  }

  static bool refuses(CheckHost& host, const char* call) {
    if (!host.behaviour_.failing.contains(call)) return false;
    ++host.refused;
    return true;
  }
  static tg_status refuse(CheckHost& host, const char* call, tg_report* report) {
    const sdk::Error error{static_cast<sdk::Status>(host.behaviour_.with), std::string("the check makes ") + call + " fail"};
    return sdk::testing::report_to(report, error);
  }
  static void writes(const CheckHost::Session& session, const std::string& what) {
    if (session.scratch) return;
    auto& host = *session.host;
    host.database_writes.push_back(what);
    if (host.changes_announced() == 0) host.too_early.push_back(what);
  }

  static void changing(const tg_host* raw) {
    of(raw).database_writes.emplace_back("changing()");
    fake<tg_control_v1>(raw, TG_CONTROL).changing(raw);
  }
  static tg_status config_get(const tg_host* raw, tg_str path, tg_value* out) {
    auto& host = of(raw);
    host.read_settings.insert(std::string(view(path)));
    *out = tg_value{};
    if (refuses(host, "config.get")) return host.behaviour_.with;
    return fake<tg_config_v1>(raw, TG_CONFIG).get(raw, path, out);
  }
  static tg_status context_get(const tg_host* raw, tg_str key, void* user, tg_take take) {
    if (refuses(of(raw), "context.get")) return of(raw).behaviour_.with;
    return fake<tg_context_v1>(raw, TG_CONTEXT).get(raw, key, user, take);
  }
  static tg_status context_put(const tg_host* raw, tg_str key, tg_str value) {
    if (refuses(of(raw), "context.put")) return of(raw).behaviour_.with;
    return fake<tg_context_v1>(raw, TG_CONTEXT).put(raw, key, value);
  }
  static tg_status secret_get(const tg_host* raw, tg_str path, void* user, tg_take take) {
    of(raw).read_settings.insert(std::string(view(path)));
    if (refuses(of(raw), "secrets.get")) return of(raw).behaviour_.with;
    return fake<tg_secrets_v1>(raw, TG_SECRETS).get(raw, path, user, take);
  }

  static tg_status db_open(const tg_host* raw, tg_str, std::uint32_t, tg_db** out, tg_report* report) {
    auto& host = of(raw);
    host.touched.emplace_back("opens a database session");
    if (refuses(host, "db.open")) return refuse(host, "db.open", report);
    *out = reinterpret_cast<tg_db*>(&host.main_);
    return TG_OK;
  }
  static tg_status scratch_create(const tg_host* raw, std::int32_t, tg_str, tg_db** out, tg_report* report) {
    auto& host = of(raw);
    host.touched.emplace_back("makes a scratch database");
    if (refuses(host, "scratch.create")) return refuse(host, "scratch.create", report);
    *out = reinterpret_cast<tg_db*>(&host.scratch_);
    return TG_OK;
  }
  /// Every statement succeeds without rows, or fails as the check wants.
  static tg_status answer(CheckHost& host, void* user, tg_on_result on_result, tg_on_db_error on_error) {
    if (refuses(host, "db.query")) {
      constexpr std::string_view words = "the check makes this statement fail";
      tg_db_error error{};
      error.struct_size = sizeof error;
      error.status = host.behaviour_.with;
      error.message = sdk::to_abi(words);
      if (on_error != nullptr) on_error(user, &error);
      return host.behaviour_.with;
    }
    if (on_result != nullptr) {
      tg_result end{};
      end.struct_size = sizeof end;
      end.affected = 0;
      end.tag = sdk::to_abi("SELECT 0");
      on_result(user, &end);
    }
    return TG_OK;
  }
  static tg_status db_script(tg_db* db, tg_str sql, void* user, tg_on_result on_result, tg_on_db_error on_error) {
    writes(session(db), "script: " + shortened(view(sql)));
    return answer(*session(db).host, user, on_result, on_error);
  }
  static tg_status db_query(tg_db* db, tg_str sql, const tg_str*, const std::uint8_t*, std::uint32_t, void* user, tg_on_result on_result,
                            tg_on_db_error on_error) {
    if (!reads_only(view(sql))) writes(session(db), "query: " + shortened(view(sql)));
    return answer(*session(db).host, user, on_result, on_error);
  }
  static tg_status db_quote(tg_db*, std::int32_t as_identifier, tg_str text, void* user, tg_take take) {
    const auto quoted = sdk::testing::FakeDb::quoted(as_identifier, view(text));
    take(user, sdk::to_abi(quoted));
    return TG_OK;
  }
  static std::int32_t db_transaction(tg_db*) { return TG_TXN_IDLE; }
  static std::int32_t db_backend_pid(tg_db*) { return 4711; }
  static std::int32_t db_server_version(tg_db*) { return 150'018; }
  static tg_status db_schema(tg_db*, void* user, tg_take take) {
    take(user, sdk::to_abi("public"));
    return TG_OK;
  }
  static void db_close(tg_db*) {}

  struct HttpCall {
    void* user;
    tg_on_http take;
    Age age;
  };
  /// An older host's answer ends before retry_after_ms; what lies behind is not its.
  static void hand_on(void* user, const tg_http_response* response) {
    const auto& call = *static_cast<HttpCall*>(user);
    tg_http_response copy = *response;
    if (call.age == Age::older) {
      copy.struct_size = offsetof(tg_http_response, retry_after_ms);
      std::memset(&copy.retry_after_ms, kPoison, sizeof copy.retry_after_ms);
    }
    call.take(call.user, &copy);
  }
  static tg_status http_send(const tg_host* raw, const tg_http_request* request, void* user, tg_on_http take, tg_report* report) {
    auto& host = of(raw);
    host.touched.emplace_back("sends a request");
    const auto method = view(request->method);
    if (method != "GET" && method != "HEAD" && method != "OPTIONS") host.outside_writes.push_back(std::string(method) + " request");
    if (refuses(host, "http.send")) return refuse(host, "http.send", report);
    HttpCall call{user, take, host.behaviour_.age};
    return fake<tg_http_v1>(raw, TG_HTTP).send(raw, request, &call, &hand_on, report);
  }
  static tg_status process_run(const tg_host* raw, const tg_process_spec* spec, std::int32_t* exit_code, void* user, tg_take out,
                               tg_take err, tg_report* report) {
    auto& host = of(raw);
    host.touched.emplace_back("starts a program");
    host.outside_writes.push_back("program " + shortened(spec->argc == 0 ? "" : view(spec->argv[0])));
    if (refuses(host, "process.run")) return refuse(host, "process.run", report);
    return fake<tg_process_v1>(raw, TG_PROCESS).run(raw, spec, exit_code, user, out, err, report);
  }
  static tg_status ask(const tg_host* raw, tg_str extension, tg_str method, tg_str arguments, void* user, tg_take take, tg_report* report) {
    auto& host = of(raw);
    host.touched.emplace_back("asks another stage");
    if (refuses(host, "stages.ask")) return refuse(host, "stages.ask", report);
    return fake<tg_stages_v1>(raw, TG_STAGES).ask(raw, extension, method, arguments, user, take, report);
  }

  static const void* service(const tg_host* raw, const char* id) {
    auto& host = of(raw);
    const std::string name = id == nullptr ? "" : id;
    const auto named = [&](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), name) != list.end(); };
    if (!named(host.type_.required_services) && !named(host.type_.wanted_services)) {
      host.undeclared_services.insert(name);
      return nullptr;
    }
    if (host.inner_(raw, id) == nullptr) return nullptr;  // denied, or unknown
    for (const auto& [known, bytes] : host.tables_)
      if (known == name) return bytes.data();
    return nullptr;
  }
};

namespace {

/// A table as bytes; that of a newer host has more behind its last known field.
template <class Table>
std::vector<unsigned char> bytes_of(Table table, Age age) {
  std::vector<unsigned char> out(sizeof table + kTail, kPoison);
  table.struct_size = static_cast<std::uint32_t>(sizeof table + (age == Age::newer ? kTail : 0));
  std::memcpy(out.data(), &table, sizeof table);
  return out;
}

}  // namespace

CheckHost::CheckHost(const manifest::StageType& type, const base::Value& settings, Behaviour behaviour)
    : inner_(service), type_(type), behaviour_(std::move(behaviour)) {
  constexpr std::uint32_t much_newer = 1000;
  constexpr std::int64_t time_left_ms = 60'000;  // used up by waits, so that a stage that polls comes to an end
  using S = CheckServices;
  const Age age = behaviour_.age;
  auto control = *static_cast<const tg_control_v1*>(inner_(this, TG_CONTROL));
  control.changing = &S::changing;
  auto config = *static_cast<const tg_config_v1*>(inner_(this, TG_CONFIG));
  config.get = &S::config_get;
  tables_ = {{TG_LOG, bytes_of(*static_cast<const tg_log_v1*>(inner_(this, TG_LOG)), age)},
             {TG_CONTROL, bytes_of(control, age)},
             {TG_CONFIG, bytes_of(config, age)},
             {TG_CONTEXT, bytes_of(tg_context_v1{0, 0, &S::context_get, &S::context_put}, age)},
             {TG_SECRETS, bytes_of(tg_secrets_v1{0, 0, &S::secret_get}, age)},
             {TG_DB, bytes_of(tg_db_v1{0, 0, &S::db_open, &S::db_script, &S::db_query, &S::db_quote, &S::db_transaction, &S::db_backend_pid,
                                       &S::db_server_version, &S::db_schema, &S::db_close},
                              age)},
             {TG_HTTP, bytes_of(tg_http_v1{0, 0, &S::http_send}, age)},
             {TG_SCRATCH, bytes_of(tg_scratch_v1{0, 0, &S::scratch_create}, age)},
             {TG_PROCESS, bytes_of(tg_process_v1{0, 0, &S::process_run}, age)},
             {TG_STAGES, bytes_of(tg_stages_v1{0, 0, &S::ask}, age)}};
  service = &S::service;
  if (age == Age::older) abi_minor = 1;
  if (age == Age::newer) abi_minor = much_newer;
  set_remaining_ms(time_left_ms);
  on_http("").answers(200, "{}");
  on_program("").exits(0);
  if (const auto* table = settings.as<base::Table>())
    for (const auto& [key, value] : *table) fill(*this, key, value, type.setting(key));
}

}  // namespace tidegate::conformance
