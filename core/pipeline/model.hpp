// SPDX-License-Identifier: Apache-2.0
//
// A pipeline file as data, checked against manifests only (no plugin code runs). Immutable after reading: any thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "base/world.hpp"
#include "manifest/model.hpp"

namespace tidegate::pipeline {

/// One entry of `when`: all must hold. "x" or a list of allowed values; "!=x", ">n", ">=n", "<n", "<=n".
struct Condition {
  std::string key;
  std::vector<std::string> any_of;  ///< each as written, operator included
  base::Place where;
};

/// How a failed call is tried again; the pause before try n+1 is delay * backoff^(n-1), up to `jitter` of it more or less.
struct Retry {
  int attempts = 1;  ///< tries in all
  std::chrono::milliseconds delay{1'000};
  double backoff = 2.0;
  double jitter = 0.2;
  std::vector<std::string> on{"unavailable", "locked", "conflict"};  ///< names of states (base::name_of) that are worth it
};

/// One configured [[stage]], [[rollback]] or [[notify]].
struct Stage {
  std::string id;   ///< default: the `use`
  std::string use;
  manifest::Kind kind = manifest::Kind::detect;
  bool needs_database = false;  ///< its type cannot do without the db service
  std::vector<std::string> restore_keys;  ///< of its context values: those that name a backup (restore_from of its type)
  std::vector<Condition> when;
  std::optional<std::chrono::milliseconds> timeout;   ///< one attempt
  std::optional<std::chrono::milliseconds> deadline;  ///< all attempts
  std::optional<Retry> retry;
  bool ensure = false;  ///< rollback: also at the end of a run that succeeded
  bool warn_on_error = false;                        ///< on_error = "warn"
  base::Value with = base::Value(base::Table{});     ///< settings as written: [with] defaults laid under, `--set` over
  std::vector<std::pair<std::string, base::Value>> in;  ///< environment name and settings to lay over
  std::vector<std::string> on;                       ///< notify: the events asked for
  base::Place where;
  base::Value written;                               ///< the table as it stands in the file, for the places of its keys
};

struct Connection {
  std::string name;
  std::string url;  ///< as written, `${VAR}` not yet expanded; "" = by the default variables
  base::Place where;
};

/// What a plugin has to be: where one of the two is empty it does not matter.
struct Pin {
  std::string plugin_id;
  std::string version;
  std::string sha256;  ///< lower-case hexadecimal
  base::Place where;
};

/// The services that a plugin may use, by their short names ("http").
struct Allow {
  std::string plugin_id;
  std::vector<std::string> services;
  base::Place where;
};

/// What becomes of the migrations that a failed run had completed.
enum class OnFailure { undo, keep };
/// Where runs are recorded.
enum class JournalKind { database, file, none };

struct Pipeline {
  std::string file;    ///< as shown to the user; "<bundled>/default.toml" style paths are real paths
  bool bundled = false;
  std::string name;
  std::string folder;  ///< relative paths of the file start here; the working folder when bundled
  std::vector<Connection> connections;
  base::Value with = base::Value(base::Table{});  ///< [with], already laid under each stage by `check`
  std::vector<Stage> stages;  ///< in the order written
  std::vector<Stage> rollback;  ///< in the order written
  std::vector<Stage> notify;
  std::chrono::milliseconds lock_wait{std::chrono::minutes(5)};
  std::optional<std::chrono::milliseconds> deadline;  ///< everything up to verify
  std::chrono::milliseconds rollback_deadline{std::chrono::minutes(5)};
  OnFailure on_failure = OnFailure::undo;
  JournalKind journal = JournalKind::database;
  std::vector<Pin> pins;
  std::vector<Allow> allow;  ///< a plugin that is not listed may use all services that it asks for
  std::vector<std::string> plugin_dirs;  ///< absolute
  std::vector<std::string> in_process;   ///< plugin ids with isolation "in-process"
  std::vector<std::string> isolated;     ///< plugin ids that [plugins.isolation] names, whatever it says of them
  base::Place isolation_where;           ///< [plugins.isolation], for a plugin that nothing uses
  [[nodiscard]] const Connection* connection(std::string_view name) const;
};

}  // namespace tidegate::pipeline
