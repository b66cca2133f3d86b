// SPDX-License-Identifier: Apache-2.0
//
// What a plugin says of itself (plugin.toml), as data: stage types, their kinds, services, context keys, events and
// settings. Read without running plugin code. Immutable after reading: any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"

namespace tidegate::manifest {

/// The contract that the host enforces (docs/plugins/kinds.md).
enum class Kind { detect, precheck, apply, verify, rollback, notify };
std::string_view name_of(Kind kind);
std::optional<Kind> kind_from(std::string_view name);
const std::vector<std::string>& kind_names();

enum class SettingType { boolean, integer, real, string, duration, size, enumeration, array, table, secret };
std::string_view name_of(SettingType type);  ///< as plugin.toml spells it: bool, int, real, string …
std::optional<SettingType> setting_type_from(std::string_view name);
const std::vector<std::string>& setting_type_names();

/// One setting of a stage type; also the element of an array and the field of a table.
struct Setting {
  std::string name;
  SettingType type = SettingType::string;
  bool required = false;
  std::optional<base::Value> default_value;  ///< already in the form the plugin gets (durations in ms …)
  std::optional<double> min, max;            ///< of numbers; of a text's or list's length
  std::vector<std::string> one_of;           ///< required for enumeration
  std::string pattern;                       ///< ECMAScript regular expression that the whole text must match
  bool sensitive = false;                    ///< never shown; implied by secret
  bool path = false;                         ///< text that is made absolute against the file it stands in
  std::string deprecated;                    ///< what to use instead; "" = current
  std::string help;
  std::vector<Setting> element;  ///< array: exactly one
  std::vector<Setting> fields;   ///< table; with no fields any key is allowed and values are taken as they are
};

struct ContextKey {
  std::string key;   ///< without the stage id, except the well-known "environment.name"
  std::string type;  ///< text, integer, boolean, list
  std::string help;
  bool redact = false;  ///< secrets are taken out before it is kept
  bool restore_from = false;  ///< the target, as it was before the run's change, can be restored from what it names
};

struct StageType {
  std::string type;  ///< what a pipeline names in `use`
  std::vector<Kind> kinds;
  std::string summary;
  std::vector<std::string> extensions;
  std::vector<std::string> required_services, wanted_services;
  std::vector<ContextKey> provides;
  std::vector<std::string> events;  ///< event types it may emit
  bool dry_run = false;
  std::vector<Setting> settings;
  [[nodiscard]] const Setting* setting(std::string_view name) const;
};

struct Manifest {
  std::string id, version, summary, license, homepage;
  unsigned abi = 0;  ///< the ABI major it was built for
  std::vector<StageType> stages;
  [[nodiscard]] const StageType* stage(std::string_view type) const;
};

/// Reads plugin.toml; every mistake of it at once, each with its place in `file`.
struct ManifestReading {
  Manifest manifest;
  std::vector<base::Error> errors;
};
ManifestReading read_manifest(std::string_view toml, const std::string& file);

/// The manifest text in the ELF section of a shared library, without loading it. Explains every reason it cannot
/// (not a file, not ELF, other machine or word size, truncated, no such section).
base::Result<std::string> read_manifest_section(const std::string& path);

}  // namespace tidegate::manifest
