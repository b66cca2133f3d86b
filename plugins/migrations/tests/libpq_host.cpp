// SPDX-License-Identifier: Apache-2.0
#include "migrations/tests/libpq_host.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

#include "migrations/tests/libpq_session.hpp"

struct tg_db {
  tidegate::migrations::test::Scene* scene;
  PGconn* connection;
  bool own;
  std::string schema;
};

namespace tidegate::migrations::test {

namespace {

Scene& scene_of(const tg_host* host) {
  return *static_cast<Scene*>(const_cast<tg_host*>(host));
}
}  // namespace

struct Tables {
  static const void* service(const tg_host*, const char* id) {
    static const tg_log_v1 log{sizeof(tg_log_v1), 0,
                               [](const tg_host* h, std::int32_t, tg_str m) { scene_of(h).logs.emplace_back(sdk::view(m)); }};
    static const tg_control_v1 control{
        sizeof(tg_control_v1),
        0,
        [](const tg_host* h) { return scene_of(h).cancelled ? 1 : 0; },
        [](const tg_host* h) { return scene_of(h).remaining; },
        [](const tg_host* h, std::int64_t ms) {
          auto& s = scene_of(h);
          s.pauses.push_back(ms);
          if (s.remaining != std::numeric_limits<std::int64_t>::max()) s.remaining -= ms;
          if (s.on_pause) s.on_pause();
          return 0;
        },
        [](const tg_host* h, std::uint64_t, std::uint64_t, tg_str what) { scene_of(h).progress.emplace_back(sdk::view(what)); },
        [](const tg_host* h, tg_str type, tg_str fields) {
          scene_of(h).events.emplace_back(sdk::view(type), json::parse(sdk::view(fields)));
        },
        [](const tg_host* h) { ++scene_of(h).changing; }};
    static const tg_config_v1 config{sizeof(tg_config_v1), 0,
                                     [](const tg_host* h, tg_str path, tg_value* out) -> tg_status {
                                       auto& s = scene_of(h);
                                       *out = {};
                                       if (sdk::view(path) == "lock_timeout") {
                                         out->type = TG_INT;
                                         out->i = s.lock_timeout;
                                         return TG_OK;
                                       }
                                       const auto found = s.texts.find(std::string(sdk::view(path)));
                                       if (found == s.texts.end()) return TG_E_NOT_FOUND;
                                       out->type = TG_TEXT;
                                       out->s = sdk::to_abi(found->second);
                                       return TG_OK;
                                     },
                                     [](const tg_host*, tg_str, std::uint32_t, tg_str*) -> tg_status { return TG_E_NOT_FOUND; }};
    static const tg_context_v1 context{sizeof(tg_context_v1), 0,
                                       [](const tg_host* h, tg_str key, void* user, tg_take take) -> tg_status {
                                         const auto& values = scene_of(h).context;
                                         const auto found = values.find(std::string(sdk::view(key)));
                                         if (found == values.end()) return TG_E_NOT_FOUND;
                                         take(user, sdk::to_abi(found->second));
                                         return TG_OK;
                                       },
                                       [](const tg_host* h, tg_str key, tg_str value) -> tg_status {
                                         scene_of(h).published[std::string(sdk::view(key))] = sdk::view(value);
                                         return TG_OK;
                                       }};
    static const tg_db_v1 db{sizeof(tg_db_v1),
                             0,
                             &open,
                             &script,
                             &query,
                             &quote,
                             [](tg_db* d) -> std::int32_t { return transaction_of(d->connection); },
                             [](tg_db* d) -> std::int32_t { return PQbackendPID(d->connection); },
                             [](tg_db* d) -> std::int32_t { return PQserverVersion(d->connection); },
                             [](tg_db* d, void* user, tg_take take) -> tg_status {
                               take(user, sdk::to_abi(d->schema));
                               return TG_OK;
                             },
                             [](tg_db* d) {
                               if (d->own) PQfinish(d->connection);
                               delete d;
                             }};
    const std::string_view name = id;
    if (name == TG_LOG) return &log;
    if (name == TG_CONTROL) return &control;
    if (name == TG_CONFIG) return &config;
    if (name == TG_CONTEXT) return &context;
    if (name == TG_DB) return &db;
    return nullptr;
  }

  static tg_status open(const tg_host* host, tg_str, std::uint32_t flags, tg_db** out, tg_report*) {
    auto& s = scene_of(host);
    const bool fresh = (flags & TG_DB_FRESH) != 0;
    if (fresh && s.refuse_fresh) return TG_E_UNAVAILABLE;
    if (fresh || !s.main_) {
      PGconn* connection = PQconnectdb(s.database.url(fresh ? s.fresh_user : "postgres").c_str());
      PQsetNoticeProcessor(
          connection, [](void*, const char*) {}, nullptr);
      ++s.sessions;
      // As the real host: by SET, which RESET ALL undoes.
      PQclear(PQexec(connection, ("SET lock_timeout = 200; SET search_path = \"" + s.schema + "\"").c_str()));
      if (fresh) {
        *out = new tg_db{&s, connection, true, s.schema};
        return TG_OK;
      }
      s.main_ = {connection, &PQfinish};
    }
    *out = new tg_db{&s, s.main_.get(), false, s.schema};
    return TG_OK;
  }
  static tg_status script(tg_db* db, tg_str sql, void* user, tg_on_result on_result, tg_on_db_error on_error) {
    if (db->scene->read_only) return refuse(user, on_error, TG_E_DENIED, "read-only");
    db->scene->scripts.emplace_back(sdk::view(sql));
    if (db->scene->before_script) db->scene->before_script(db->scene->scripts.back());
    const auto has = [&](const std::string& part) { return !part.empty() && sdk::view(sql).find(part) != std::string_view::npos; };
    if (has(db->scene->refuse_at)) return refuse(user, on_error, TG_E_FAILED, "refused");
    if (PQsendQuery(db->connection, std::string(sdk::view(sql)).c_str()) == 0)
      return refuse(user, on_error, TG_E_UNAVAILABLE, PQerrorMessage(db->connection));
    if (has(db->scene->give_up_at)) {  // as the real host, when neither the statement nor its cancellation is answered
      while (PQflush(db->connection) == 1) continue;
      if (db->scene->before_giving_up) db->scene->before_giving_up();
      ::shutdown(PQsocket(db->connection), SHUT_RDWR);
      while (PQconsumeInput(db->connection) == 1 && PQstatus(db->connection) == CONNECTION_OK) continue;
      return refuse(user, on_error, TG_E_DEADLINE, "the connection was given up and the outcome is unknown");
    }
    return drain(db->connection, db->scene->blockers, user, on_result, on_error);
  }
  static tg_status query(tg_db* db, tg_str sql, const tg_str* params, const std::uint8_t* nulls, std::uint32_t count, void* user,
                         tg_on_result on_result, tg_on_db_error on_error) {
    ++db->scene->queries;
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < count; ++i) texts.emplace_back(sdk::view(params[i]));
    std::vector<const char*> values;
    for (std::uint32_t i = 0; i < count; ++i) values.push_back(nulls != nullptr && nulls[i] != 0 ? nullptr : texts[i].c_str());
    if (PQsendQueryParams(db->connection, std::string(sdk::view(sql)).c_str(), static_cast<int>(count), nullptr, values.data(), nullptr,
                          nullptr, 0) == 0) {
      return refuse(user, on_error, TG_E_UNAVAILABLE, PQerrorMessage(db->connection));
    }
    return drain(db->connection, db->scene->blockers, user, on_result, on_error);
  }
  static tg_status quote(tg_db* db, std::int32_t as_identifier, tg_str text, void* user, tg_take take) {
    test::quote(db->connection, as_identifier != 0, text, user, take);
    return TG_OK;
  }
};

Scene::Scene(sdk::Factory factory, std::string type, std::string kind)
    : tg_host{sizeof(tg_host), TG_ABI_MINOR, &Tables::service}, factory_(factory), type_(std::move(type)), kind_(std::move(kind)) {
  texts["migrations"] = folder.path();
  new_run();
}
Scene::~Scene() {
  main_.reset();
}

void Scene::new_run() {
  stage_ = std::move(*factory_(sdk::Host(this), type_));
  main_.reset();
}

void Scene::migration(const std::string& name, const std::string& sql) {
  tidegate::test::write_file(folder / (name + "/migration.sql"), sql);
}

sdk::Error Scene::run(bool dry) {
  sdk::ErrorCollector sink;
  sdk::Report report(&sink);
  auto verdict = stage_->run(sdk::Run{dry, false, "run", type_, kind_, 1}, report);
  if (!verdict) return verdict.error();
  return sdk::Error{*verdict == sdk::Verdict::pass ? sdk::Status::ok : sdk::Status::internal, ""};
}

sdk::Result<json> Scene::ask(const std::string& extension, const std::string& method, const std::string& arguments) {
  sdk::ErrorCollector sink;
  sdk::Report report(&sink);
  auto answer = stage_->call(extension, method, arguments, report);
  if (!answer) return answer.error();
  return json::parse(*answer);
}

std::vector<std::string> Scene::applied() {
  std::vector<std::string> out;
  for (const auto& row : database.sql("SELECT migration_name FROM " + std::string(schema) +
                                      "._prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY started_at")) {
    out.push_back(row.at(0).value_or(""));
  }
  return out;
}

}  // namespace tidegate::migrations::test
