// SPDX-License-Identifier: Apache-2.0
#include "scratch/server.hpp"

#include <locale.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "scratch/guardian.hpp"
#include "scratch/programs.hpp"

extern char** environ;

namespace tidegate::scratch {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::Status;

constexpr std::string_view kFolderName = "/tidegate-XXXXXX";
constexpr std::string_view kSocketName = "/.s.PGSQL.5432";

/// Whether another user may pass through every folder on the way.
bool open_to_all(const fs::path& folder) {
  fs::path step;
  for (const auto& part : folder) {
    step /= part;
    struct stat info {};
    if (::stat(step.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) return false;
  }
  return true;
}

/// TMPDIR where the socket's name fits (a Unix socket address has 108 bytes) and the server's user gets to it.
std::string temporary_folder(bool change_user) {
  const auto set = base::process_environment()("TMPDIR");
  const bool fits = set && set->starts_with('/') && set->size() + kFolderName.size() + kSocketName.size() < sizeof(sockaddr_un::sun_path);
  return fits && (!change_user || open_to_all(*set)) ? *set : "/tmp";
}

/// The owner's environment without what would steer PostgreSQL's programs elsewhere; English messages.
std::vector<std::string> environment_for_server() {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool steers = text.starts_with("PG") || text.starts_with("LC_") || text.starts_with("LANG");
    if (!steers) out.emplace_back(text);
  }
  out.emplace_back("LC_ALL=C");
  return out;
}

std::string best_locale() {
  const locale_t utf8 = ::newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) return "C";
  ::freelocale(utf8);
  return "C.UTF-8";
}

base::Result<void> choose_user(Guard& task) {
  if (::geteuid() != 0) return {};
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* found = ::getpwnam(name)) {
      task.change_user = true;
      task.user = found->pw_uid;
      task.group = found->pw_gid;
      return {};
    }
  }
  return Error{Status::unsupported, "PostgreSQL does not run as root, and there is neither a user 'postgres' nor a user 'nobody'",
               "install the package postgresql, or start tidegate as an ordinary user"};
}

void plan_commands(Guard& task, const Programs& programs, const Options& options) {
  const std::string data = task.folder + "/data";
  task.initdb = {programs.bin_dir + "/initdb", "-D",       data, "-U", "postgres", "-A", "trust", "--encoding=UTF8",
                 "--locale=" + best_locale(),  "--no-sync"};
  std::vector<std::string> settings = {"listen_addresses=", "port=5432", "unix_socket_directories=" + task.folder,
                                       "max_connections=" + std::to_string(options.max_connections)};
  if (!options.durable) settings.insert(settings.end(), {"fsync=off", "synchronous_commit=off", "full_page_writes=off"});
  settings.insert(settings.end(), options.settings.begin(), options.settings.end());
  task.postgres = {programs.bin_dir + "/postgres", "-D", data};
  for (const auto& setting : settings) task.postgres.insert(task.postgres.end(), {"-c", setting});
  task.hba = options.hba;
  task.environment = environment_for_server();
}

/// The guardian's one message; empty when there was none in time, or the guardian died.
std::string await_message(int lifeline, base::Deadline deadline) {
  for (;;) {
    pollfd line{lifeline, POLLIN, 0};
    const auto left = std::min<std::int64_t>(deadline.remaining_ms(), std::numeric_limits<int>::max());
    const int ready = ::poll(&line, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return {};
    char piece[8192];
    const ssize_t got = ::recv(lifeline, piece, sizeof piece, 0);
    if (got < 0 && errno == EINTR) continue;
    return got > 0 ? std::string(piece, static_cast<std::size_t>(got)) : std::string{};
  }
}

}  // namespace

base::Result<std::unique_ptr<Server>> Server::start(const Options& options, base::Deadline deadline) {
  const auto programs = find_programs(options.major, options.bin_dir, base::process_environment());
  if (!programs) return programs.error();
  Guard task;
  if (auto chosen = choose_user(task); !chosen) return chosen.error();
  task.folder = temporary_folder(task.change_user) + std::string(kFolderName);
  if (::mkdtemp(task.folder.data()) == nullptr)
    return Error{Status::failed, "cannot make a folder like " + task.folder + ": " + std::strerror(errno),
                 "set TMPDIR to a folder that can be written"};
  std::unique_ptr<Server> server(new Server);
  server->folder_ = task.folder;
  server->major_ = programs->major;
  if (task.change_user && ::chown(task.folder.c_str(), task.user, task.group) != 0)
    return Error{Status::failed, "cannot give " + task.folder + " to the server's user: " + std::strerror(errno)};
  plan_commands(task, *programs, options);

  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return Error{Status::failed, std::string("cannot make a socket pair: ") + std::strerror(errno)};
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    guard(task, ends[1]);
  }
  ::close(ends[1]);
  server->lifeline_ = ends[0];
  server->guardian_pid_ = child;
  if (child < 0) return Error{Status::failed, std::string("cannot start a process: ") + std::strerror(errno)};

  const std::string message = await_message(ends[0], deadline);
  if (!message.empty() && message.front() == kReady) return server;
  if (!message.empty())
    return Error{Status::failed, "the scratch server could not be started: " + message.substr(1),
                 "check that PostgreSQL " + std::to_string(programs->major) +
                     " is installed completely and that its folder for temporary files has room"};
  if (deadline.over()) return Error{Status::deadline, "the scratch server did not start in time (" + programs->bin_dir + ")"};
  return Error{Status::failed, "the scratch server's guardian process ended while the server was starting"};
}

Server::~Server() {
  if (lifeline_ >= 0) ::close(lifeline_);
  if (guardian_pid_ > 0)
    while (::waitpid(guardian_pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  std::error_code ignored;  // there is something left when the guardian itself was killed
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string Server::url(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + folder_ + "&port=5432&user=postgres";
}

int Server::pid() const {
  std::ifstream in(folder_ + "/data/postmaster.pid");
  int number = 0;
  return in >> number ? number : 0;
}

}  // namespace tidegate::scratch
