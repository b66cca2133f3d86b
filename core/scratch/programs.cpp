// SPDX-License-Identifier: Apache-2.0
#include "scratch/programs.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/text.hpp"

extern char** environ;

namespace tidegate::scratch {
namespace {

namespace fs = std::filesystem;

bool has_programs(const std::string& folder) {
  return ::access((folder + "/initdb").c_str(), X_OK) == 0 && ::access((folder + "/postgres").c_str(), X_OK) == 0;
}

/// The first whole number in the text: 15 of "postgres (PostgreSQL) 15.18 (Debian …)".
int first_number(std::string_view text) {
  const auto at = text.find_first_of("0123456789");
  int number = 0;
  if (at != std::string_view::npos) std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

int major_of(const std::string& folder) {
  const auto said = output_of({folder + "/postgres", "--version"});
  return said ? first_number(*said) : 0;
}

/// Folders of the packages of Debian and of PostgreSQL's own repositories, newest first.
std::vector<std::string> packaged() {
  std::vector<std::pair<int, std::string>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored))
    found.emplace_back(first_number(entry.path().filename().string()), entry.path().string() + "/bin");
  for (const auto& entry : fs::directory_iterator("/usr", ignored)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("pgsql-")) found.emplace_back(first_number(name), entry.path().string() + "/bin");
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> out;
  for (auto& [number, folder] : found) out.push_back(std::move(folder));
  return out;
}

}  // namespace

std::optional<std::string> output_of(const std::vector<std::string>& argv) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> raw;
  for (const auto& word : argv) raw.push_back(const_cast<char*>(word.c_str()));
  raw.push_back(nullptr);
  pid_t child = -1;
  const int failure = ::posix_spawnp(&child, raw[0], &actions, nullptr, raw.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string out;
  char piece[4096];
  while (failure == 0) {
    const ssize_t got = ::read(ends[0], piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out.append(piece, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  if (failure != 0) return std::nullopt;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return std::nullopt;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return out;
}

base::Result<Programs> find_programs(int major, const std::string& bin_dir, const base::Environment& variables) {
  std::vector<std::string> candidates;
  if (!bin_dir.empty()) {
    candidates.push_back(bin_dir);
  } else {
    if (const auto set = variables("TIDEGATE_PG_BIN")) candidates.push_back(*set);
    for (auto& folder : packaged()) candidates.push_back(std::move(folder));
    if (const auto said = output_of({"pg_config", "--bindir"})) candidates.emplace_back(base::trim(*said));
    for (auto& folder : base::split(variables("PATH").value_or(""), ':'))
      if (folder.starts_with('/')) candidates.push_back(std::move(folder));
  }
  std::vector<std::string> others;
  for (const auto& folder : candidates) {
    if (!has_programs(folder)) continue;
    const int found = major_of(folder);
    if (found != 0 && (major == 0 || found == major)) return Programs{folder, found};
    others.push_back(found == 0 ? folder + " (it does not run)" : "PostgreSQL " + std::to_string(found) + " in " + folder);
  }
  const std::string wanted = major == 0 ? "PostgreSQL" : "PostgreSQL " + std::to_string(major);
  std::string message = wanted + "'s programs initdb and postgres were not found";
  if (!bin_dir.empty()) message += " in " + bin_dir;
  if (!others.empty()) message += "; there is " + base::join_words(others);
  const std::string package = major == 0 ? "postgresql" : "postgresql-" + std::to_string(major);
  return base::Error{base::Status::not_found, message,
                     "install them (Debian: apt-get install " + package + ") or name their folder in TIDEGATE_PG_BIN"};
}

}  // namespace tidegate::scratch
