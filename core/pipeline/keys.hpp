// SPDX-License-Identifier: Apache-2.0
//
// The keys of a pipeline file, declared once: parsing, messages about unknown keys, and everything that describes the
// format are read off these tables. Immutable: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::pipeline {

/// The form of a key's value.
enum class Shape {
  integer,
  text,
  duration,
  choice,         ///< one of `choices`
  texts,          ///< a list of text; each one of `choices` when there are any
  table,          ///< its keys are `inside`
  tables,         ///< a list of tables, written [[key]]
  named_tables,   ///< any names, each a table with the keys `inside`
  named_choices,  ///< any names, each one of `choices`
  settings,       ///< any keys; checked against a manifest later
  conditions,     ///< any keys, each text, number, boolean or a list of those
};

struct Section;

struct Key {
  std::string_view name;
  Shape shape = Shape::text;
  std::string_view help;
  bool required = false;
  bool available = true;  ///< false: planned; using it is an error that says so
  std::vector<std::string> choices = {};
  std::vector<std::string> unavailable_choices = {};
  const Section* inside = nullptr;
};

struct Section {
  std::string_view title;  ///< as messages name it: "[run]"
  std::vector<Key> keys;
  [[nodiscard]] const Key* find(std::string_view name) const;
  /// The names that can be used, for hints and nearest names.
  [[nodiscard]] std::vector<std::string> names() const;
};

/// The whole file.
const Section& pipeline_file();

/// What a notification may be asked for, and what it gets unless it asks.
const std::vector<std::string>& notify_events();
std::vector<std::string> default_notify_events();

}  // namespace tidegate::pipeline
