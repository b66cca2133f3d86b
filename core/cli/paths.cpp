// SPDX-License-Identifier: Apache-2.0
#include "cli/paths.hpp"

#include <sys/auxv.h>
#include <algorithm>
#include <filesystem>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace tidegate::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> bundled_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// The file of this program, links resolved; where /proc is not mounted, by the name that it was started with.
fs::path this_program() {
  std::error_code failure;
  const auto by_proc = fs::read_symlink("/proc/self/exe", failure);
  if (!failure) return by_proc;
  const auto* started_as = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  return started_as == nullptr ? fs::path() : fs::canonical(started_as, failure);
}

}  // namespace

Installation installation() {
  const auto prefix = this_program().parent_path().parent_path();
  return {(prefix / "lib/tidegate/plugins").string(), (prefix / "share/tidegate/pipelines").string(),
          (prefix / "share/tidegate/templates").string(), (prefix / "lib/tidegate/tidegate-worker").string()};
}

std::string working_folder() {
  std::error_code failure;
  return fs::current_path(failure).string();
}

base::Result<PipelineFile> find_pipeline(const std::string& argument) {
  std::error_code ignored;
  const std::string bundled = installation().pipelines;
  if (!argument.empty()) {
    if (fs::is_regular_file(argument, ignored)) return PipelineFile{argument, false};
    const std::string named = bundled + "/" + argument + ".toml";
    if (argument.find('/') == std::string::npos && fs::is_regular_file(named, ignored)) return PipelineFile{named, true};
    auto names = bundled_names(bundled);
    const auto near = base::did_you_mean(argument, names);
    return base::Error{base::Status::config, "no pipeline '" + base::without_url_passwords(argument) + "': there is no such file, and no bundled pipeline of that name" + near,
                       "bundled: " + base::join_words(names)};
  }
  for (fs::path folder = working_folder();; folder = folder.parent_path()) {
    const auto file = folder / "tidegate.toml";
    if (fs::is_regular_file(file, ignored)) return PipelineFile{shown(file.string()), false};
    if (folder == folder.parent_path()) break;
  }
  const std::string fallback = bundled + "/default.toml";
  if (fs::is_regular_file(fallback, ignored)) return PipelineFile{fallback, true};
  return base::Error{base::Status::config, "the bundled pipelines are missing: " + fallback,
                     "the installation is incomplete: keep bin, lib/tidegate and share/tidegate together"};
}

base::Result<PipelineFile> find_extended(const std::string& name, const PipelineFile& from) {
  std::error_code ignored;
  const std::string bundled = installation().pipelines;
  if (name.find('/') != std::string::npos || name.ends_with(".toml")) {
    const auto path = (fs::path(working_folder()) / fs::path(from.path).parent_path() / name).lexically_normal();
    if (fs::is_regular_file(path, ignored)) return PipelineFile{shown(path.string()), false};
    return base::Error{base::Status::config, "there is no file " + shown(path.string()), "a path starts at the folder of the file that names it"};
  }
  const std::string path = bundled + "/" + name + ".toml";
  if (fs::is_regular_file(path, ignored)) return PipelineFile{path, true};
  const auto names = bundled_names(bundled);
  return base::Error{base::Status::config, "no bundled pipeline is called '" + name + "'" + base::did_you_mean(name, names),
                     "bundled: " + base::join_words(names) + "; a file is written with its path: extends = \"./" + name + ".toml\""};
}

std::string shown(const std::string& path) {
  const std::string here = working_folder() + "/";
  return path.rfind(here, 0) == 0 ? path.substr(here.size()) : path;
}

}  // namespace tidegate::cli
