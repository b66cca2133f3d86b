// SPDX-License-Identifier: Apache-2.0
#include "programs.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <tidegate/process.hpp>

#include "listing.hpp"

namespace tidegate::backup {
namespace {

using sdk::Error;
using sdk::Status;
namespace fs = std::filesystem;

bool has_both(const fs::path& folder) {
  return ::access((folder / "pg_dump").c_str(), X_OK) == 0 && ::access((folder / "pg_restore").c_str(), X_OK) == 0;
}

/// Folders of packages come first: on Debian the one in PATH is a wrapper that picks a version by its own rules.
std::vector<fs::path> candidates() {
  std::vector<fs::path> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) out.push_back(entry.path() / "bin");
  for (const auto& entry : fs::directory_iterator("/usr", ignored))
    if (entry.path().filename().string().starts_with("pgsql-")) out.push_back(entry.path() / "bin");
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (folder.starts_with('/')) out.emplace_back(folder);
  return out;
}

int major_in(const sdk::Host& host, const fs::path& folder) {
  sdk::Program program;
  program.argv = {(folder / "pg_dump").string(), "--version"};
  program.env = sdk::basic_environment();
  int major = 0;
  const auto exit_code = sdk::run_program(host, program, [&](std::string_view line) { major = major == 0 ? major_of(line) : major; }, {});
  return exit_code && *exit_code == 0 ? major : 0;
}

}  // namespace

sdk::Result<Programs> find_programs(const sdk::Host& host, const std::string& bin_dir, int server_major) {
  Programs newest;
  for (const auto& folder : bin_dir.empty() ? candidates() : std::vector<fs::path>{bin_dir}) {
    if (!has_both(folder)) continue;
    if (const int major = major_in(host, folder); major > newest.major) newest = {folder.string(), major};
  }
  if (newest.major >= server_major) return newest;
  const auto wanted = std::to_string(server_major);
  Error error{Status::failed, "no backup: pg_dump and pg_restore of PostgreSQL " + wanted + " or newer were not found"};
  if (!bin_dir.empty()) error.message += " in " + bin_dir;
  if (newest.major != 0)
    error.message += "; those of PostgreSQL " + std::to_string(newest.major) + " are in " + newest.folder + ", older than the server";
  error.hint = "install them (Debian: apt-get install postgresql-client-" + wanted + ") or name their folder in the setting 'bin_dir'";
  return error;
}

}  // namespace tidegate::backup
