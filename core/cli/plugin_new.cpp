// SPDX-License-Identifier: Apache-2.0
//
// `tidegate plugin new`: writes a plugin to start from. The templates lie beside the bundled pipelines.
#include <tidegate/plugin.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"
#include "cli/template.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::Status;

struct Output {
  std::string path;  ///< in the new folder
  std::string text;
};

/// The plugin's name is a folder, a CMake target, a stage type and part of identifiers of the language.
std::optional<Error> check_name(const std::string& name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view others = "0123456789_-";
  constexpr std::size_t longest = 60;
  const auto allowed = [&](char c) { return letters.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos; };
  if (name.empty() || name.size() > longest || letters.find(name.front()) == std::string_view::npos ||
      !std::all_of(name.begin(), name.end(), allowed) || name.back() == '-' || name.back() == '_')
    return Error{Status::config, "'" + name + "' cannot be a plugin's name",
                 "lower-case letters, digits, '_' and '-', a letter first and no '_' or '-' last, at most 60: like working_hours"};
  static const std::vector<std::string> taken{"all",     "cargo",   "clean",         "core", "depend", "edit_cache", "help",
                                              "install", "package", "rebuild_cache", "std",  "test",   "tidegate"};
  if (std::find(taken.begin(), taken.end(), name) != taken.end())
    return Error{Status::config, "'" + name + "' cannot be a plugin's name: build tools mean something else by it",
                 "choose another, like my_" + name};
  return std::nullopt;
}

/// Two plugins with one stage type are refused together, so a type that is bundled already is no use.
std::optional<Error> check_type(const std::string& name) {
  loader::Registry registry;
  registry.find({installation().plugins, {}});
  const auto* other = registry.offering(name);
  if (other == nullptr) return std::nullopt;
  return Error{Status::config, "the stage type '" + name + "' is the bundled plugin " + other->manifest.id + "'s",
               "choose another name, like my_" + name};
}

base::Result<std::string> read_template(const std::string& name) {
  const std::string path = installation().templates + "/" + name + ".in";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file)
    return Error{Status::config, "the template " + path + " is missing",
                 "the installation is incomplete: keep bin, lib/tidegate and share/tidegate together"};
  return text.str();
}

std::string summary_of(const std::string& kind) {
  if (kind == "detect") return "Finds something out and publishes it";
  if (kind == "precheck") return "Closes the gate unless all is well";
  if (kind == "apply") return "Applies a change";
  if (kind == "verify") return "Proves that a change is healthy";
  if (kind == "rollback") return "Takes a change back";
  return "Tells somebody what becomes of a run";
}

base::Result<std::vector<Output>> fill(const Options& options) {
  const auto& name = options.name;
  const auto& language = options.language;
  std::string crate = name;
  std::replace(crate.begin(), crate.end(), '-', '_');
  std::string env = crate;
  std::transform(env.begin(), env.end(), env.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const std::map<std::string, std::string> values{{"name", name},
                                                  {"id", name},
                                                  {"kind", options.kind},
                                                  {"crate", crate},
                                                  {"env", env},
                                                  {"class", camel_case(name) + "Stage"},
                                                  {"summary", summary_of(options.kind)},
                                                  {"abi", std::to_string(TG_ABI_MAJOR)},
                                                  {"abi_minor", std::to_string(TG_ABI_MINOR)}};
  std::vector<std::pair<std::string, std::string>> files{{"gitignore", ".gitignore"},
                                                         {"README.md", "README.md"},
                                                         {"plugin.toml", "plugin.toml"},
                                                         {"test.cpp", "tests/" + name + "_test.cpp"},
                                                         {language + "/CMakeLists.txt", "CMakeLists.txt"}};
  if (language == "c") files.emplace_back("c/stage.c", "src/" + name + ".c");
  if (language == "c++") files.emplace_back("c++/stage.cpp", "src/" + name + ".cpp");
  if (language == "rust")
    for (const auto& [from, to] :
         {std::pair{"Cargo.toml", "Cargo.toml"}, std::pair{"lib.rs", "src/lib.rs"}, std::pair{"tidegate.rs", "src/tidegate.rs"}})
      files.emplace_back(language + "/" + from, to);
  std::vector<Output> out;
  for (const auto& [from, to] : files) {
    const auto text = read_template(from);
    if (!text) return text.error();
    auto filled = fill_template(*text, values, {options.kind, language});
    if (!filled) return filled.error();
    out.push_back({to, std::move(*filled)});
  }
  return out;
}

/// Into a folder that this makes; what was written goes away again when it cannot be finished.
std::optional<Error> write(const fs::path& folder, const std::vector<Output>& files) {
  std::error_code failure;
  if (fs::create_directories(folder.parent_path(), failure); failure)
    return Error{Status::config, folder.parent_path().string() + " could not be made: " + failure.message(),
                 "check the path and its permissions"};
  if (!fs::create_directory(folder, failure) || failure) {
    if (failure)
      return Error{Status::config, folder.string() + " could not be made: " + failure.message(), "check the path and its permissions"};
    return Error{Status::config, folder.string() + " is there already, and nothing is written over it",
                 "choose another name, or another folder by --into"};
  }
  for (const auto& file : files) {
    const auto path = folder / file.path;
    fs::create_directories(path.parent_path(), failure);
    std::FILE* out = std::fopen(path.c_str(), "wxe");
    bool good = out != nullptr && std::fwrite(file.text.data(), 1, file.text.size(), out) == file.text.size();
    if (out != nullptr && std::fclose(out) != 0) good = false;
    if (good) continue;
    const int number = errno;
    fs::remove_all(folder, failure);
    return Error{Status::config, path.string() + " could not be written: " + std::strerror(number), "make room on the file system"};
  }
  return std::nullopt;
}

void print_written(const Options& options, const std::string& folder, const std::vector<Output>& files) {
  if (options.json) {
    base::Array names;
    for (const auto& file : files) names.emplace_back(file.path);
    std::printf("%s\n", run::to_json(base::Table{{"folder", folder},
                                                 {"name", options.name},
                                                 {"kind", options.kind},
                                                 {"language", options.language},
                                                 {"files", std::move(names)}})
                            .c_str());
    return;
  }
  std::string out = "Wrote " + folder + ":\n";
  for (const auto& file : files) out += "  " + file.path + "\n";
  out +=
      "\nNext:\n  cd " + folder +
      "\n  cmake -S . -B build\n  cmake --build build\n  ctest --test-dir build\n  tidegate plugin check build/" + options.name +
      ".tidegate.so\n\nWhere tidegate is installed in a place that CMake does not search: cmake -S . -B build -DCMAKE_PREFIX_PATH=PREFIX\n";
  put(stdout, out, style_for(STDOUT_FILENO, options.color));
}

}  // namespace

int plugin_new_command(const Options& options) {
  const auto refuse = [&](const Error& error) {
    print_problems({error}, {}, options);
    return run::kExitUsage;
  };
  if (auto wrong = check_name(options.name)) return refuse(*wrong);
  if (auto wrong = check_type(options.name)) return refuse(*wrong);
  const auto files = fill(options);
  if (!files) return refuse(files.error());
  const fs::path folder = fs::path(options.into.empty() ? "." : options.into) / options.name;
  const auto absolute = (fs::path(working_folder()) / folder).lexically_normal();
  if (auto wrong = write(absolute, *files)) return refuse(*wrong);
  print_written(options, shown(absolute.string()), *files);
  return run::kExitOk;
}

}  // namespace tidegate::cli
