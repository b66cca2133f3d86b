// SPDX-License-Identifier: Apache-2.0
//
// Checker: one pass of values over a settings schema, collecting every mistake. Private to this layer; lives for one
// call, one thread.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/model.hpp"

namespace tidegate::manifest {

struct Checker {
  const std::string& working_folder;
  std::function<std::string(const std::string& path)> call_it;  ///< how messages call the setting at "assert.0.sql"
  std::vector<base::Error>& errors;
  std::vector<base::Error>& warnings;

  /// The value in the form that the plugin gets; the value as given where it is wrong.
  base::Value check(const Setting& setting, const std::string& path, const base::Value& given);
  /// A table against the settings that may stand in it; `where` is blamed for missing ones, `prefix` is the table's
  /// own path with a dot behind it, or empty.
  base::Value members(const std::vector<Setting>& schema, const base::Value& given, const base::Place& where, const std::string& prefix);
  void error(const base::Place& where, const std::string& path, const std::string& problem, std::string hint = {});

 private:
  base::Value text(const Setting& setting, const std::string& path, const base::Value& given, const std::string& text);
  base::Value table(const Setting& setting, const std::string& path, const base::Value& given);
  base::Value default_of(const Setting& setting) const;
  void wrong_type(const Setting& setting, const std::string& path, const base::Value& given, std::string_view expected);
  void range(const Setting& setting, const std::string& path, const base::Value& given, double measure, std::string_view of);
};

/// "${NAME}" or "${NAME:-}", nothing else around it.
bool is_secret_reference(std::string_view text);

/// A bound as the setting's type writes it.
std::string bound_text(SettingType type, double bound);

}  // namespace tidegate::manifest
