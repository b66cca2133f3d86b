// SPDX-License-Identifier: Apache-2.0
//
// Registry: which plugins there are, by their manifests, and which of them are loaded. Finding reads files only;
// loading happens when the first stage of a plugin is created. Owned by the command that runs; main thread.
#pragma once
#include <tidegate/plugin.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/model.hpp"

namespace tidegate::loader {

/// A plugin file that was found, with what it says of itself.
struct Plugin {
  std::string path;  ///< canonical
  bool bundled = false;
  manifest::Manifest manifest;
  std::string manifest_text;
};

/// Why a file could not be used: the step that failed, the reason in the loader's own words, the remedy.
struct LoadFailure {
  std::string path;
  std::string step;  ///< "folder", "path", "permissions", "elf", "manifest", "abi", "services", "unique", "pin", "dlopen", "symbol", "entry"
  base::Error error;
  std::string plugin_id = {};  ///< of "pin"
};

/// What the plugin of an id has to be; of the two what is empty does not matter.
struct Pin {
  std::string plugin_id, version;
  std::string sha256;  ///< of the file; lower-case hexadecimal
};

struct SearchPath {
  std::string bundled_dir;                ///< "" = none
  std::vector<std::string> dirs;          ///< absolute, from the pipeline or TIDEGATE_PLUGIN_PATH
  std::vector<Pin> pins = {};
};

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Reads the manifests of every *.tidegate.so in the folders, none of it twice. A bad file is a failure, not an
  /// end; two files with one id, or two plugins with one stage type, are failures that name both, and neither is offered.
  /// Nor is one that is not what its pin says.
  void find(const SearchPath& path);

  [[nodiscard]] const std::vector<Plugin>& plugins() const { return plugins_; }
  [[nodiscard]] const std::vector<LoadFailure>& failures() const { return failures_; }
  /// The plugin that offers a stage type; null when none does.
  [[nodiscard]] const Plugin* offering(std::string_view stage_type) const;
  [[nodiscard]] std::vector<std::string> stage_types() const;

  /// Loads the plugin (once) and gives its entry, which stays valid for the life of the process: plugins are never
  /// unloaded. The error's text is complete: path, step, the loader's own words, remedy.
  base::Result<const tg_plugin_entry*> load(const Plugin& plugin);
  /// For right before its code runs, here or elsewhere: the file may have been replaced since it was found.
  [[nodiscard]] base::Result<void> look_again(const Plugin& plugin) const;

 private:
  std::vector<Plugin> plugins_;
  std::vector<LoadFailure> failures_;
  std::vector<Pin> pins_;
  struct Loaded;
  std::vector<std::unique_ptr<Loaded>> loaded_;
};

/// Reads one file as `find` does for each.
base::Result<Plugin> inspect(const std::string& path);

/// The SHA-256 of the text as 64 lower-case hex digits.
std::string sha256_hex(std::string_view text);

}  // namespace tidegate::loader
