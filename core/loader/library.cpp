// SPDX-License-Identifier: Apache-2.0
//
// The one file that knows Boost.DLL: from a path that passed every check to a plugin's entry in this process.
#define BOOST_DLL_USE_STD_FS
#include "loader/library.hpp"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>

namespace tidegate::loader {
namespace {

/// The words of dlopen and dlsym inside Boost's message, which adds an errno that has nothing to do with it.
std::string loader_words(const std::string& what) {
  constexpr std::string_view before = "dlerror system message: ";
  const auto start = what.find(before);
  if (start == std::string::npos) return what;
  const auto from = start + before.size();
  const auto end = what.rfind("): ");
  return what.substr(from, end == std::string::npos || end < from ? std::string::npos : end - from);
}

std::string remedy_for(const std::string& words) {
  if (words.find("cannot open shared object file") != std::string::npos)
    return "install the library that is named, or link it into the plugin; `ldd` on the plugin lists all it needs";
  if (words.find("undefined symbol") != std::string::npos || words.find("version `") != std::string::npos)
    return "build the plugin on a system that is no newer than this one, and link every library that it uses";
  if (words.find("noexec") != std::string::npos || words.find("failed to map segment") != std::string::npos)
    return "put the plugin on a file system that is not mounted noexec";
  return "copy or build the plugin again";
}

std::optional<LoadFailure> check_entry(const Plugin& plugin, const tg_plugin_entry& entry) {
  constexpr std::size_t first_size = sizeof(tg_plugin_entry);
  if (entry.struct_size < first_size)
    return failure(plugin.path, "entry",
                   "its entry is " + std::to_string(entry.struct_size) + " bytes long, and the shortest that was ever released has " +
                       std::to_string(first_size),
                   "set struct_size to sizeof(tg_plugin_entry) and build against the headers of this tidegate");
  if (entry.abi_major != plugin.manifest.abi)
    return failure(plugin.path, "entry",
                   "its code is built for major version " + std::to_string(entry.abi_major) +
                       " of the plugin contract, and its manifest says " + std::to_string(plugin.manifest.abi),
                   "set abi in plugin.toml to TG_ABI_MAJOR of the headers that the plugin is built with");
  if (std::string_view(entry.manifest.data == nullptr ? "" : entry.manifest.data,
                       entry.manifest.data == nullptr ? 0 : entry.manifest.size) != plugin.manifest_text)
    return failure(plugin.path, "entry", "the manifest that its code shows differs from the one in its section " TG_MANIFEST_SECTION,
                   "let the entry point at tidegate_manifest, which tidegate_add_plugin() makes from plugin.toml");
  if (entry.create == nullptr) return failure(plugin.path, "entry", "its entry has no create function", "set create in the plugin's entry");
  return std::nullopt;
}

}  // namespace

// Here and not with its users, so that the worker, which loads what was examined before, brings nothing else along.
LoadFailure failure(const std::string& path, std::string step, std::string reason, std::string remedy, std::string detail) {
  base::Error error{base::Status::config, "plugin " + path + " cannot be used (step " + step + "): " + reason, std::move(remedy), path};
  error.detail = std::move(detail);
  return {path, std::move(step), std::move(error)};
}

base::Result<const tg_plugin_entry*> open_library(const Plugin& plugin) {
  namespace dll = boost::dll;
  // Without RTLD_NODELETE the end of `library` would unmap code that destructors of the plugin still need.
  const auto mode =
      static_cast<dll::load_mode::type>(static_cast<unsigned>(dll::load_mode::rtld_now) |
                                        static_cast<unsigned>(dll::load_mode::rtld_local) | static_cast<unsigned>(RTLD_NODELETE));
  std::string step = "dlopen";
  try {
    const dll::shared_library library(dll::fs::path(plugin.path), mode);
    step = "symbol";
    const auto& entry = library.get<const tg_plugin_entry>(TG_ENTRY_SYMBOL);
    if (auto refused = check_entry(plugin, entry)) return std::move(refused->error);
    return &entry;
  } catch (const std::exception& e) {
    const std::string words = loader_words(e.what());
    if (step == "symbol")
      return failure(plugin.path, step, "it has no entry: " + words,
                     "export " TG_ENTRY_SYMBOL " with TIDEGATE_PLUGIN(…), and build with tidegate_add_plugin()")
          .error;
    return failure(plugin.path, step, "the system's loader refused it: " + words, remedy_for(words)).error;
  }
}

}  // namespace tidegate::loader
