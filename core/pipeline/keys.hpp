// SPDX-License-Identifier: Apache-2.0
//
// The keys of a pipeline file, declared once: parsing, messages about unknown keys, and everything that describes the
// format are read off these tables. Immutable: any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::pipeline {

/// The form of a key's value.
enum class Shape {
  integer,
  number,         ///< an integer or a real
  flag,
  text,
  duration,
  choice,         ///< one of `choices`
  texts,          ///< a list of text; each one of `choices` when there are any
  table,          ///< its keys are `inside`
  tables,         ///< a list of tables, written [[key]]
  named_tables,   ///< any names, each a table with the keys `inside`
  named_choices,  ///< any names, each one of `choices`
  named_texts,    ///< any names, each a list of text as `texts`
  settings,       ///< any keys; checked against a manifest later
  conditions,     ///< any keys, each text, number, boolean or a list of those
};

struct Section;

struct Key {
  std::string_view name;
  Shape shape = Shape::text;
  std::string_view help;
  std::string_view otherwise = {};  ///< what holds without it, for the reference; "" = nothing to say
  bool required = false;            ///< of an entry of a list: only when there is nothing that it changes (`extends`)
  std::string_view refused = {};    ///< a key of another section that is easily put here: why it does not belong
  std::vector<std::string> choices = {};
  std::optional<double> min = std::nullopt, max = std::nullopt;  ///< of numbers
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
