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

/// One configured [[stage]] or [[notify]].
struct Stage {
  std::string id;   ///< default: the `use`
  std::string use;
  manifest::Kind kind = manifest::Kind::detect;
  bool needs_database = false;  ///< its type cannot do without the db service
  std::vector<Condition> when;
  std::optional<std::chrono::milliseconds> timeout;  ///< one attempt
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

struct Pipeline {
  std::string file;    ///< as shown to the user; "<bundled>/default.toml" style paths are real paths
  bool bundled = false;
  std::string name;
  std::string folder;  ///< relative paths of the file start here; the working folder when bundled
  std::vector<Connection> connections;
  base::Value with = base::Value(base::Table{});  ///< [with], already laid under each stage by `check`
  std::vector<Stage> stages;  ///< in the order written
  std::vector<Stage> notify;
  std::chrono::milliseconds lock_wait{std::chrono::minutes(5)};
  std::vector<std::string> plugin_dirs;  ///< absolute
  std::vector<std::string> in_process;   ///< plugin ids with isolation "in-process"
  base::Place isolation_where;           ///< [plugins.isolation], for a plugin that nothing uses
  [[nodiscard]] const Connection* connection(std::string_view name) const;
};

}  // namespace tidegate::pipeline
