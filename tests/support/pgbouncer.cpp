// SPDX-License-Identifier: Apache-2.0
#include "support/pgbouncer.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <vector>

#include "support/postgres.hpp"

namespace tidegate::test {
namespace {

/// Only the user that runs the server may enter its folder; PgBouncer changes to a user by itself when root starts it.
uid_t owner_of(const std::string& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) throw std::runtime_error("cannot look at " + folder);
  return info.st_uid;
}

}  // namespace

PgBouncer::PgBouncer(const Options& options) {
  const auto server = server_socket_dir();
  const auto file = folder_.path() + "/pgbouncer.ini";
  std::ofstream(file) << "[databases]\n* = host=" << server << " port=5432 user=postgres\n[pgbouncer]\nunix_socket_dir = " << folder_.path()
                      << "\nlisten_addr =\nlisten_port = 5432\nauth_type = any\npool_mode = " << options.mode
                      << "\ndefault_pool_size = " << options.pool << "\nserver_round_robin = " << (options.round_robin ? 1 : 0)
                      << "\nmax_client_conn = 100\nquery_wait_timeout = 60\n";
  std::vector<std::string> argv{"/usr/sbin/pgbouncer"};
  if (::geteuid() == 0) {
    const auto owner = owner_of(server);
    if (::chown(folder_.path().c_str(), owner, static_cast<gid_t>(-1)) != 0) throw std::runtime_error("cannot give away " + folder_.path());
    const passwd* user = ::getpwuid(owner);
    if (user == nullptr) throw std::runtime_error("the server's user has no name");
    argv.insert(argv.end(), {"-u", user->pw_name});
  }
  argv.push_back(file);
  process_ = std::make_unique<Process>(Command{argv, {}});
  if (!process_->wait_for_line("process up")) throw std::runtime_error("pgbouncer did not start: " + process_->wait().err);
}

std::string PgBouncer::url(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + folder_.path() + "&port=5432&user=postgres";
}

}  // namespace tidegate::test
