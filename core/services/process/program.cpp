// SPDX-License-Identifier: Apache-2.0
#include "services/process/program.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.hpp"

namespace tidegate::services::process {
namespace {

enum class Found { no, not_executable, yes };

Found look_at(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) return Found::no;
  return ::access(file.c_str(), X_OK) == 0 ? Found::yes : Found::not_executable;
}

base::Error not_executable(const std::string& file) {
  return {base::Status::denied, "the program " + file + " is not executable", "make it executable: chmod +x " + file};
}

}  // namespace

std::string path_of(const std::vector<std::string>& env) {
  for (const auto& entry : env)
    if (entry.rfind("PATH=", 0) == 0) return entry.substr(5);
  const char* own = std::getenv("PATH");
  return own != nullptr && *own != '\0' ? own : "/usr/local/bin:/usr/bin:/bin";
}

base::Result<std::string> find_program(const std::string& name, const std::string& cwd, std::string_view path) {
  if (name.find('/') != std::string::npos) {
    const std::string file = name.front() == '/' || cwd.empty() ? name : cwd + "/" + name;
    switch (look_at(file)) {
      case Found::yes:
        return file;
      case Found::not_executable:
        return not_executable(file);
      case Found::no:
        break;
    }
    return base::Error{base::Status::not_found, "there is no program " + file};
  }
  std::string only_there;
  for (const auto& folder : base::split(path, ':')) {
    if (folder.empty() || folder.front() != '/') continue;
    const std::string file = folder + "/" + name;
    const Found found = look_at(file);
    if (found == Found::yes) return file;
    if (found == Found::not_executable && only_there.empty()) only_there = file;
  }
  if (!only_there.empty()) return not_executable(only_there);
  return base::Error{base::Status::not_found, "the program '" + name + "' was not found in PATH (" + std::string(path) + ")",
                     "install it, or give its whole path"};
}

}  // namespace tidegate::services::process
