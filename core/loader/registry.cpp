// SPDX-License-Identifier: Apache-2.0
#include "loader/registry.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "base/world.hpp"
#include "loader/library.hpp"

namespace tidegate::loader {
namespace {

constexpr std::string_view kSuffix = ".tidegate.so";

/// The plugin files of a folder, by name, so that messages and order are the same everywhere.
std::vector<std::string> files_in(const std::string& folder, std::vector<LoadFailure>& failures) {
  std::vector<std::string> out;
  std::error_code problem;
  std::filesystem::directory_iterator entry(folder, problem);
  for (; !problem && entry != std::filesystem::directory_iterator(); entry.increment(problem))
    if (const auto name = entry->path().filename().string(); name.size() > kSuffix.size() && name.ends_with(kSuffix))
      out.push_back(entry->path().string());
  if (problem) {
    base::Error error{problem == std::errc::no_such_file_or_directory ? base::Status::not_found : base::Status::failed,
                      "plugin folder " + folder + " cannot be read (step folder): " + problem.message(),
                      "create it, or take it out of the search path", folder};
    failures.push_back({folder, "folder", std::move(error)});
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string bundled_or_not(const Plugin& plugin) {
  return plugin.path + (plugin.bundled ? " (bundled)" : "");
}

/// Why two plugins cannot stand beside each other; empty when they can.
std::string clash(const Plugin& a, const Plugin& b) {
  if (a.manifest.id == b.manifest.id) return "both have the id '" + a.manifest.id + "'";
  for (const auto& stage : b.manifest.stages)
    if (a.manifest.stage(stage.type) != nullptr) return "both offer the stage type '" + stage.type + "'";
  return {};
}

/// Why the plugin is not what a pin wants; nullopt when it is, or when nothing is wanted of it.
std::optional<LoadFailure> check_pin(const Plugin& plugin, const std::vector<Pin>& pins) {
  const auto pin = std::find_if(pins.begin(), pins.end(), [&](const Pin& p) { return p.plugin_id == plugin.manifest.id; });
  if (pin == pins.end()) return std::nullopt;
  const auto refuse = [&](std::string reason, std::string remedy) {
    auto out = failure(plugin.path, "pin", std::move(reason), std::move(remedy));
    out.plugin_id = plugin.manifest.id;
    return out;
  };
  const auto& id = plugin.manifest.id;
  if (!pin->version.empty() && plugin.manifest.version != pin->version)
    return refuse("it is version " + plugin.manifest.version + " of '" + id + "', and the pipeline pins version " + pin->version,
                  "install version " + pin->version + ", or change the pin once you have looked at the new one");
  if (pin->sha256.empty()) return std::nullopt;
  const auto bytes = base::read_file(plugin.path);
  if (!bytes) return refuse("it cannot be read to compare it with its pin: " + bytes.error().message, "check its permissions");
  if (const auto sum = sha256_hex(*bytes); sum != pin->sha256)
    return refuse("it is not the file of '" + id + "' that the pipeline pins: its SHA-256 is " + sum + ", wanted is " + pin->sha256,
                  "put the pinned file back, or change the pin once you know where this one comes from");
  return std::nullopt;
}

}  // namespace

struct Registry::Loaded {
  std::string path;
  const tg_plugin_entry* entry;
};

Registry::Registry() = default;
Registry::~Registry() = default;

void Registry::find(const SearchPath& path) {
  std::set<std::string> seen;
  for (const auto& plugin : plugins_) seen.insert(plugin.path);
  const auto look = [&](const std::string& folder, bool bundled) {
    for (const auto& file : files_in(folder, failures_)) {
      auto examined = examine(file, bundled);
      if (auto* bad = std::get_if<LoadFailure>(&examined)) {
        if (seen.insert(bad->path).second) failures_.push_back(std::move(*bad));
      } else if (auto& good = std::get<Plugin>(examined); seen.insert(good.path).second) {
        plugins_.push_back(std::move(good));
      }
    }
  };
  if (!path.bundled_dir.empty()) look(path.bundled_dir, true);
  for (const auto& dir : path.dirs) look(dir, false);

  // Neither of two that clash can be used: which one was meant is not ours to guess.
  std::set<std::string> refused;
  for (std::size_t i = 0; i < plugins_.size(); ++i) {
    for (std::size_t k = i + 1; k < plugins_.size(); ++k) {
      const auto reason = clash(plugins_[i], plugins_[k]);
      if (reason.empty()) continue;
      failures_.push_back(failure(plugins_[k].path, "unique", "it and " + bundled_or_not(plugins_[i]) + " clash: " + reason,
                                  "remove one of the two files"));
      refused.insert(plugins_[i].path);
      refused.insert(plugins_[k].path);
    }
  }
  pins_.insert(pins_.end(), path.pins.begin(), path.pins.end());
  for (const auto& plugin : plugins_) {
    auto bad = check_pin(plugin, pins_);
    if (!bad) continue;
    failures_.push_back(*std::move(bad));
    refused.insert(plugin.path);
  }
  std::erase_if(plugins_, [&](const Plugin& plugin) { return refused.contains(plugin.path); });
}

const Plugin* Registry::offering(std::string_view stage_type) const {
  const auto at = std::find_if(plugins_.begin(), plugins_.end(), [&](const Plugin& p) { return p.manifest.stage(stage_type) != nullptr; });
  return at == plugins_.end() ? nullptr : &*at;
}

std::vector<std::string> Registry::stage_types() const {
  std::vector<std::string> out;
  for (const auto& plugin : plugins_)
    for (const auto& stage : plugin.manifest.stages) out.push_back(stage.type);
  std::sort(out.begin(), out.end());
  return out;
}

base::Result<const tg_plugin_entry*> Registry::load(const Plugin& plugin) {
  for (const auto& loaded : loaded_)
    if (loaded->path == plugin.path) return loaded->entry;
  if (auto same = look_again(plugin); !same) return same.error();
  auto entry = open_library(plugin);
  if (entry) loaded_.push_back(std::make_unique<Loaded>(Loaded{plugin.path, *entry}));
  return entry;
}

base::Result<void> Registry::look_again(const Plugin& plugin) const {
  auto now = look_at(plugin.path, plugin.bundled);
  if (auto* bad = std::get_if<LoadFailure>(&now)) return std::move(bad->error);
  if (std::get<File>(now).manifest_text != plugin.manifest_text)
    return failure(plugin.path, "manifest", "the file was replaced since it was found: its manifest is another one",
                   "run again when the file no longer changes")
        .error;
  if (auto bad = check_pin(plugin, pins_)) return std::move(bad->error);
  return {};
}

base::Result<Plugin> inspect(const std::string& path) {
  auto examined = examine(path, false);
  if (auto* bad = std::get_if<LoadFailure>(&examined)) return std::move(bad->error);
  return std::move(std::get<Plugin>(examined));
}

std::string sha256_hex(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  std::string out;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1) return out;
  for (unsigned i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4U];
    out += digits[digest[i] & 15U];
  }
  return out;
}

}  // namespace tidegate::loader
