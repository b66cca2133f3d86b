// SPDX-License-Identifier: Apache-2.0
//
// A private PostgreSQL server in a temporary folder, on a Unix socket only, gone with its owner: a guardian process
// stops it and removes the folder when this object is destroyed, and also when this process is killed. As root the
// server runs as an unprivileged user (PostgreSQL refuses root). Owned by one command; start it on the main thread.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/world.hpp"

namespace tidegate::scratch {

struct Options {
  int major = 0;         ///< 0: the newest installed
  std::string bin_dir;   ///< "" = look it up (TIDEGATE_PG_BIN, /usr/lib/postgresql/N/bin, pg_config, PATH)
  bool durable = false;  ///< false: fsync off, for speed
  int max_connections = 100;
  std::vector<std::string> settings = {};  ///< more server settings, "name=value"
  std::vector<std::string> hba = {};       ///< lines of pg_hba.conf in front of "local all all trust"
};

class Server {
 public:
  /// initdb and start; a few hundred milliseconds. Errors say which program failed, its own words, and what to install.
  static base::Result<std::unique_ptr<Server>> start(const Options& options, base::Deadline deadline);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// postgresql:///postgres?host=/…&port=5432&user=postgres
  [[nodiscard]] std::string url(const std::string& database = "postgres") const;
  [[nodiscard]] const std::string& socket_dir() const { return folder_; }
  [[nodiscard]] int major() const { return major_; }
  /// The postmaster's process id; 0 when it is gone.
  [[nodiscard]] int pid() const;

 private:
  Server() = default;
  std::string folder_;
  int major_ = 0;
  int lifeline_ = -1;  // the guardian acts when its other end closes
  int guardian_pid_ = -1;
};

}  // namespace tidegate::scratch
