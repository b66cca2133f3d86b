// SPDX-License-Identifier: Apache-2.0
//
// A host for the tests of stages that change a database: real PostgreSQL through libpq behind the SDK's tables, everything
// else recorded. It can break the session at a chosen call, and act (free a lock) where the stage would sleep. One thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <tidegate/plugin.hpp>
#include <vector>

#include "support/files.hpp"
#include "support/postgres.hpp"

struct pg_conn;

namespace tidegate::migrations::test {

using nlohmann::json;
using tidegate::test::TestDatabase;

/// A stage on a database and a migrations folder of its own.
class Scene : public tg_host {
 public:
  Scene(sdk::Factory factory, std::string type, std::string kind);
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  TestDatabase database;
  tidegate::test::TempDir folder;
  std::map<std::string, std::string> texts;  ///< settings
  std::string schema = "public";             ///< of the URL
  std::int64_t lock_timeout = 200;
  std::int64_t remaining = std::numeric_limits<std::int64_t>::max();
  std::function<void()> on_pause;                             ///< instead of sleeping
  std::function<void(const std::string& sql)> before_script;  ///< sees every message
  std::string blockers = "pid 1 (psql)";                      ///< what the host says of a lock
  std::string give_up_at;                                     ///< a message with this is sent, and its answer never waited for
  std::function<void()> before_giving_up;                     ///< once it is sent
  std::string refuse_at;                                      ///< a message with this fails without being sent
  bool refuse_fresh = false;                                  ///< no second session
  std::string fresh_user = "postgres";                        ///< of the second session
  bool read_only = false;                                     ///< script() is refused, as in a stage that only asks

  std::map<std::string, std::string> context;                 ///< values of other stages, by full key
  bool cancelled = false;

  std::vector<std::string> logs, scripts, progress;
  std::vector<std::int64_t> pauses;
  std::vector<std::pair<std::string, json>> events;
  std::map<std::string, std::string> published;
  int queries = 0, changing = 0, sessions = 0;

  void migration(const std::string& name, const std::string& sql);
  /// run(); pass is an error without message and code ok.
  sdk::Error run(bool dry = false);
  sdk::Result<json> ask(const std::string& extension, const std::string& method, const std::string& arguments = "{}");
  /// Applied names, by the table.
  std::vector<std::string> applied();
  std::string value(const std::string& sql) { return database.value(sql); }
  /// The stage forgets everything, as in a new run; so does the session.
  void new_run();

 private:
  friend struct Tables;
  const sdk::Factory factory_;
  const std::string type_, kind_;
  std::unique_ptr<sdk::Stage> stage_;
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> main_{nullptr, nullptr};
};

}  // namespace tidegate::migrations::test
