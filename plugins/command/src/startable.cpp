// SPDX-License-Identifier: Apache-2.0
#include "startable.hpp"

#include <unistd.h>

#include <filesystem>
#include <sstream>

namespace tidegate::command {
namespace {

using sdk::Error;
using sdk::Status;
namespace fs = std::filesystem;

bool executable(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<Error> why_not_startable(const std::string& program, const std::string& folder, const std::string& path) {
  std::error_code ignored;
  if (!folder.empty() && !fs::is_directory(folder, ignored))
    return Error{Status::failed, "the folder to run " + program + " in, " + folder + ", is not there", "correct the setting 'folder'"};
  if (program.find('/') != std::string::npos) {
    const fs::path file = fs::path(folder) / program;  // an absolute one stays what it is
    if (executable(file)) return std::nullopt;
    return Error{Status::failed, "the program " + file.string() + (fs::exists(file, ignored) ? " is not executable" : " is not there")};
  }
  std::istringstream folders(path);
  for (std::string one; std::getline(folders, one, ':');)
    if (one.starts_with('/') && executable(fs::path(one) / program)) return std::nullopt;
  return Error{Status::failed, "the program '" + program + "' was not found in PATH (" + path + ")", "install it, or give its whole path"};
}

}  // namespace tidegate::command
