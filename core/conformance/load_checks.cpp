// SPDX-License-Identifier: Apache-2.0
//
// Group load: what loading the file does, and what its entry says.
#include <dlfcn.h>

#include "conformance/process_state.hpp"
#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

std::string dl_words() {
  const char* words = ::dlerror();
  return words == nullptr ? "the loader gives no reason" : words;
}

/// As the host loads it, but step by step; for a child, which is never unloaded either.
void* open(const Subject& subject) {
  return ::dlopen(subject.plugin.path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

const tg_plugin_entry* entry_of(void* library) {
  return library == nullptr ? nullptr : static_cast<const tg_plugin_entry*>(::dlsym(library, TG_ENTRY_SYMBOL));
}

Finding opens(const Subject& subject) {
  return open(subject) != nullptr ? pass() : fail(dl_words());
}

Finding has_entry(const Subject& subject) {
  const auto* entry = entry_of(open(subject));
  if (entry == nullptr) return fail(dl_words());
  if (entry->struct_size < sizeof(tg_plugin_entry))
    return fail("the entry's struct_size is " + std::to_string(entry->struct_size) + ", less than any released one's");
  if (entry->abi_major != TG_ABI_MAJOR)
    return fail("the entry is of major version " + std::to_string(entry->abi_major) + " of the contract; this is " +
                std::to_string(TG_ABI_MAJOR));
  if (entry->create == nullptr) return fail("the entry has no create");
  return pass();
}

Finding same_manifest(const Subject& subject) {
  const auto* entry = entry_of(open(subject));
  if (entry == nullptr || entry->struct_size < sizeof(tg_plugin_entry)) return skip("there is no entry, see load.entry");
  if (sdk::view(entry->manifest) == subject.plugin.manifest_text) return pass();
  return fail("the entry's manifest is not that of the section " TG_MANIFEST_SECTION);
}

Finding silent(const Subject& subject) {
  const auto before = bytes_printed();
  if (open(subject) == nullptr) return skip("it does not load");
  const auto printed = bytes_printed() - before;
  return printed == 0 ? pass() : fail("loading it printed " + std::to_string(printed) + " bytes");
}

Finding threads(const Subject& subject) {
  const ProcessState before;
  if (open(subject) == nullptr) return skip("it does not load");
  const auto more = before.threads_more();
  return more == 0 ? pass() : fail("loading it started " + std::to_string(more) + " threads");
}

Finding descriptors(const Subject& subject) {
  const ProcessState before;
  if (open(subject) == nullptr) return skip("it does not load");
  return passes_unless(before.descriptors_changed());
}

Finding surroundings(const Subject& subject) {
  const ProcessState before;
  if (open(subject) == nullptr) return skip("it does not load");
  return passes_unless(before.surroundings_changed());
}

Finding at_exit(const Subject& subject) {
  return open(subject) != nullptr ? pass() : skip("it does not load");
}

}  // namespace

std::vector<Check> load_checks() {
  return {{"load.opens", "the system's loader takes it, every library and symbol that it needs being there", Scope::file, &opens},
          {"load.entry", "the entry is there, long enough, of this major version, with a create", Scope::file, &has_entry},
          {"load.manifest", "the manifest is the same in the file and in memory", Scope::file, &same_manifest},
          {"load.silent", "nothing is printed", Scope::file, &silent},
          {"load.threads", "no thread is started", Scope::file, &threads},
          {"load.descriptors", "no descriptor is opened or closed", Scope::file, &descriptors},
          {"load.surroundings", "working folder, environment, locale, umask and signal handlers stay", Scope::file, &surroundings},
          {"load.exit", "a process that loaded it ends well", Scope::file, &at_exit, true}};
}

}  // namespace tidegate::conformance
