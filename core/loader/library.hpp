// SPDX-License-Identifier: Apache-2.0
//
// What this layer shares within itself: the steps between a path and a usable entry, and how their failures read.
// Private to the loader; main thread.
#pragma once
#include <optional>
#include <string>
#include <variant>

#include "loader/registry.hpp"

namespace tidegate::loader {

/// A failure whose error says everything: the file, the step, the reason in the words of whoever refused, the remedy.
LoadFailure failure(const std::string& path, std::string step, std::string reason, std::string remedy, std::string detail = {});

/// Who may write the file and its folder. nullopt: nobody who could slip in other code.
std::optional<LoadFailure> check_permissions(const std::string& path, bool bundled);

/// A plugin's file with its manifest as text.
struct File {
  std::string path;  ///< canonical
  std::string manifest_text;
};
/// The first steps: canonical path, permissions, ELF.
std::variant<File, LoadFailure> look_at(const std::string& path, bool bundled);
/// Every check that needs no code of the plugin to run: those, and manifest, contract's major, services.
std::variant<Plugin, LoadFailure> examine(const std::string& path, bool bundled);

/// Loads the file and checks what its entry says against its manifest. The library stays in the process.
base::Result<const tg_plugin_entry*> open_library(const Plugin& plugin);

}  // namespace tidegate::loader
