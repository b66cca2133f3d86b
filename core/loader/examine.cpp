// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/text.hpp"
#include "loader/library.hpp"
#include "manifest/services.hpp"

namespace tidegate::loader {
namespace {

std::string mode_text(mode_t mode) {
  char out[8];
  std::snprintf(out, sizeof out, "%04o", static_cast<unsigned>(mode & 07777U));
  return out;
}

/// The file or its folder, `what` being the one that is looked at. `shared`: a world-writable folder whose sticky bit
/// keeps others from replacing the file.
std::optional<LoadFailure> refuse_writers(const std::string& plugin, const std::string& what, const struct stat& info, bool bundled,
                                          bool shared) {
  const auto refuse = [&](const std::string& whom, const std::string& bit, const std::string& flag) {
    return failure(plugin, "permissions",
                   "every member of " + whom + " may write " + (what == plugin ? "it" : "its folder " + what) + " (mode " +
                       mode_text(info.st_mode) + ", bit " + bit + "), and so could put other code into the deploy",
                   "chmod " + flag + " '" + what + "', or move the plugin to a folder that only its owner may write");
  };
  if ((info.st_mode & S_IWOTH) != 0 && !shared) return refuse("this machine's users", "o+w", "o-w");
  // A group's write bit is what some umasks give every file, a build tree included; ours are installed together with
  // the host, so whoever can write them can write the host.
  if ((info.st_mode & S_IWGRP) != 0 && !bundled && !shared) return refuse("group " + std::to_string(info.st_gid), "g+w", "g-w");
  return std::nullopt;
}

/// The paths of errors of the layers below start with the file's own, which the failure names already.
std::string without_path(const base::Error& error, const std::string& path) {
  std::string_view rest = error.message;
  if (rest.starts_with(path)) rest.remove_prefix(path.size());
  if (rest.starts_with(":")) rest.remove_prefix(1);
  return std::string(base::trim(rest));
}

std::string mistakes(const std::vector<base::Error>& errors) {
  std::string out;
  for (const auto& e : errors) {
    if (!out.empty()) out += '\n';
    out += "plugin.toml:" + std::to_string(e.line) + ':' + std::to_string(e.column) + ": " + e.message;
  }
  return out;
}

}  // namespace

std::optional<LoadFailure> check_permissions(const std::string& path, bool bundled) {
  const std::string folder = path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
  struct stat file_info {};
  struct stat folder_info {};
  if (::stat(path.c_str(), &file_info) != 0) return failure(path, "permissions", std::strerror(errno), "check the path");
  if (::stat(folder.c_str(), &folder_info) != 0) return failure(path, "permissions", std::strerror(errno), "check the folder " + folder);
  if (auto refused = refuse_writers(path, path, file_info, bundled, false)) return refused;
  const bool sticky = (folder_info.st_mode & S_ISVTX) != 0;
  if (sticky && (folder_info.st_mode & S_IWOTH) != 0 && file_info.st_uid != 0 && file_info.st_uid != ::geteuid())
    return failure(path, "permissions",
                   "it lies in " + folder + ", where everybody may put files, and belongs to user " + std::to_string(file_info.st_uid),
                   "move it to a folder that only its owner may write");
  return refuse_writers(path, folder, folder_info, bundled, sticky);
}

std::variant<File, LoadFailure> look_at(const std::string& path, bool bundled) {
  const std::unique_ptr<char, void (*)(void*)> canonical(::realpath(path.c_str(), nullptr), &std::free);
  if (canonical == nullptr) return failure(path, "path", std::strerror(errno), "check the path; a link must point to a file that exists");
  File out{canonical.get(), {}};
  if (auto refused = check_permissions(out.path, bundled)) return *std::move(refused);
  auto text = manifest::read_manifest_section(out.path);
  if (!text) return failure(out.path, "elf", without_path(text.error(), out.path), text.error().hint);
  out.manifest_text = std::move(*text);
  return out;
}

std::variant<Plugin, LoadFailure> examine(const std::string& path, bool bundled) {
  auto seen = look_at(path, bundled);
  if (auto* bad = std::get_if<LoadFailure>(&seen)) return std::move(*bad);
  auto& file = std::get<File>(seen);
  Plugin out{std::move(file.path), bundled, {}, std::move(file.manifest_text)};
  auto reading = manifest::read_manifest(out.manifest_text, out.path);
  if (!reading.errors.empty()) {
    const auto count = reading.errors.size();
    const auto list = mistakes(reading.errors);
    return failure(
        out.path, "manifest",
        (count == 1 ? std::string("its manifest has a mistake: ") : "its manifest has " + std::to_string(count) + " mistakes:\n") + list,
        "correct plugin.toml and build the plugin again; docs/plugins/manifest.md has the format");
  }
  out.manifest = std::move(reading.manifest);

  if (out.manifest.abi != TG_ABI_MAJOR)
    return failure(out.path, "abi",
                   "it is built for major version " + std::to_string(out.manifest.abi) + " of the plugin contract, and this host speaks " +
                       std::to_string(TG_ABI_MAJOR),
                   out.manifest.abi > TG_ABI_MAJOR ? "install a newer tidegate, or a version of the plugin that is built for this one"
                                                   : "install a version of the plugin that is built for this tidegate");
  const auto known = manifest::service_ids();
  for (const auto& stage : out.manifest.stages)
    for (const auto& id : stage.required_services)
      if (std::find(known.begin(), known.end(), id) == known.end())
        return failure(out.path, "services",
                       "stage type " + stage.type + " requires the service '" + id + "', which this host does not have" +
                           base::did_you_mean(id, known),
                       "install a tidegate that has it; this one has " + base::join_words(known));
  return out;
}

}  // namespace tidegate::loader
