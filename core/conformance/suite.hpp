// SPDX-License-Identifier: Apache-2.0
//
// What this layer shares within itself: a check, what it is given, and the groups. Private to conformance.
#pragma once
#include "conformance/instance.hpp"
#include "conformance/samples.hpp"
#include "conformance/sandbox.hpp"
#include "loader/registry.hpp"

namespace tidegate::conformance {

/// What a check is about: the file, each stage type, or each kind of each stage type.
enum class Scope { file, type, kind };

struct Subject {
  const loader::Plugin& plugin;  ///< for the checks of the file before its manifest was read: only the path
  const CheckOptions& options;
  const manifest::StageType* type = nullptr;  ///< null for checks of the file
  manifest::Kind kind = manifest::Kind::detect;
  const tg_plugin_entry* entry = nullptr;  ///< loaded; null in groups file and load
};

struct Check {
  const char* name;
  const char* summary;
  Scope scope;
  Finding (*run)(const Subject&);
  bool leave_by_exit = false;
};

std::vector<Check> file_checks();
std::vector<Check> load_checks();
std::vector<Check> create_checks();
std::vector<Check> config_checks();
std::vector<Check> run_checks();
std::vector<Check> kind_checks();  ///< of group run: what follows from the stage's kind
std::vector<Check> tidy_checks();  ///< of group run: what is left behind
std::vector<Check> growth_checks();

/// The settings to check with; when there are none the check is skipped with the reason.
template <class Body>
Finding with_settings(const Subject& subject, Body&& body) {
  const auto settings = plain_settings(*subject.type, subject.options);
  if (!settings) return skip(settings.error().message + (settings.error().hint.empty() ? "" : "; " + settings.error().hint));
  return body(*settings);
}

/// A breach in words as a failed check; "" passes.
inline Finding passes_unless(const std::string& breach) {
  return breach.empty() ? pass() : fail(breach);
}

}  // namespace tidegate::conformance
