// SPDX-License-Identifier: Apache-2.0
//
// Group file: what the file itself shows; none of its code runs.
#include <tidegate/plugin.h>

#include <algorithm>

#include "base/text.hpp"
#include "conformance/dynamic.hpp"
#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

/// The dynamic section for a check; what is no library at all fails file.library alone.
template <class Body>
Finding with_dynamic(const Subject& subject, Body&& body) {
  if (!manifest::read_manifest_section(subject.plugin.path)) return skip("the file is no plugin, see file.library");
  const auto dynamic = read_dynamic(subject.plugin.path);
  if (!dynamic) return fail(dynamic.error().message);
  return body(*dynamic);
}

Finding library(const Subject& subject) {
  const auto text = manifest::read_manifest_section(subject.plugin.path);
  return text ? pass() : fail(text.error().message + "; " + text.error().hint);
}

Finding name(const Subject& subject) {
  return subject.plugin.path.ends_with(".tidegate.so") ? pass() : fail("the name does not end in .tidegate.so, so no search finds it");
}

Finding manifest_is_right(const Subject& subject) {
  const auto text = manifest::read_manifest_section(subject.plugin.path);
  if (!text) return skip("the file is no plugin, see file.library");
  const auto reading = manifest::read_manifest(*text, "plugin.toml");
  std::string wrong;
  for (const auto& error : reading.errors)
    wrong += (wrong.empty() ? "" : "\n") + std::string("plugin.toml:") + std::to_string(error.line) + ": " + error.message;
  return passes_unless(wrong);
}

Finding accepted(const Subject& subject) {
  const auto text = manifest::read_manifest_section(subject.plugin.path);
  if (!text || !manifest::read_manifest(*text, "plugin.toml").errors.empty()) return skip("the file has no manifest that can be read");
  const auto plugin = loader::inspect(subject.plugin.path);
  return plugin ? pass() : fail(plugin.error().message + "; " + plugin.error().hint);
}

Finding described(const Subject& subject) {
  const auto text = manifest::read_manifest_section(subject.plugin.path);
  if (!text) return skip("the file is no plugin, see file.library");
  const auto reading = manifest::read_manifest(*text, "plugin.toml");
  if (!reading.errors.empty()) return skip("the manifest has mistakes, see file.manifest");
  if (reading.manifest.summary.empty()) return warn("the plugin has no summary");
  for (const auto& type : reading.manifest.stages) {
    if (type.summary.empty()) return warn("stage type " + type.type + " has no summary");
    for (const auto& setting : type.settings)
      if (setting.help.empty()) return warn("setting '" + setting.name + "' of " + type.type + " has no help");
    for (const auto& key : type.provides)
      if (key.help.empty()) return warn("the key '" + key.key + "' that " + type.type + " provides has no help");
  }
  return pass();
}

Finding exports(const Subject& subject) {
  return with_dynamic(subject, [](const Dynamic& file) {
    auto others = file.exports;
    std::erase(others, TG_ENTRY_SYMBOL);
    if (others.empty()) return pass();
    return fail("it exports " + std::to_string(others.size()) + " more than " TG_ENTRY_SYMBOL ", like " + others.front());
  });
}

Finding unique(const Subject& subject) {
  return with_dynamic(subject, [](const Dynamic& file) {
    return file.unique.empty() ? pass() : fail("it has a GNU_UNIQUE symbol: " + file.unique.front());
  });
}

Finding stack(const Subject& subject) {
  return with_dynamic(
      subject, [](const Dynamic& file) { return file.executable_stack ? fail("it asks for a stack that can be executed") : pass(); });
}

Finding relocations(const Subject& subject) {
  return with_dynamic(subject, [](const Dynamic& file) {
    return file.text_relocations ? fail("its code is changed while it is loaded (DT_TEXTREL)") : pass();
  });
}

Finding binds_now(const Subject& subject) {
  return with_dynamic(
      subject, [](const Dynamic& file) { return file.binds_now ? pass() : warn("its functions are bound when they are first called"); });
}

Finding search_path(const Subject& subject) {
  return with_dynamic(
      subject, [](const Dynamic& file) { return file.paths.empty() ? pass() : warn("it looks for libraries in " + file.paths.front()); });
}

Finding own_runtime(const Subject& subject) {
  return with_dynamic(subject, [](const Dynamic& file) {
    for (const auto& library : file.libraries)
      if (library.starts_with("libstdc++.so") || library.starts_with("libc++.so"))
        return warn("it shares " + library + " with whoever else uses that");
    return pass();
  });
}

}  // namespace

std::vector<Check> file_checks() {
  return {{"file.library", "it is a shared library for this machine with a manifest in its section", Scope::file, &library},
          {"file.name", "its name ends in .tidegate.so", Scope::file, &name},
          {"file.manifest", "the manifest has no mistakes", Scope::file, &manifest_is_right},
          {"file.accepted", "the host takes the file: its permissions, the contract's major version, the services it requires", Scope::file,
           &accepted},
          {"file.described", "plugin, stage types, settings and provided keys say what they are", Scope::file, &described},
          {"file.exports", "one symbol is exported, the entry", Scope::file, &exports},
          {"file.unique", "no symbol is GNU_UNIQUE", Scope::file, &unique},
          {"file.stack", "the stack need not be executable", Scope::file, &stack},
          {"file.relocations", "the code is the same for every process", Scope::file, &relocations},
          {"file.now", "all functions are bound when the file is loaded", Scope::file, &binds_now},
          {"file.path", "no folder to look for libraries in is built in", Scope::file, &search_path},
          {"file.runtime", "its C++ library is its own", Scope::file, &own_runtime}};
}

}  // namespace tidegate::conformance
