// SPDX-License-Identifier: Apache-2.0
#include "manifest/fields.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tidegate::manifest {

Fields::Fields(const base::Value& table, std::string what, std::vector<base::Error>& errors)
    : table_(table), what_(std::move(what)), errors_(errors) {}

void Fields::error(const base::Place& where, std::string message, std::string hint) {
  errors_.push_back(base::error_at(where, base::Status::config, what_ + ": " + message, std::move(hint)));
}

void Fields::wrong_type(const base::Value& value, std::string_view key, std::string_view expected) {
  error(value.where, "'" + std::string(key) + "' must be " + std::string(expected) + ", not " + std::string(type_name(value)));
}

const base::Value* Fields::any(std::string_view key) {
  known_.emplace_back(key);
  return table_.find(key);
}

const base::Value* Fields::required(std::string_view key) {
  const auto* value = any(key);
  if (value == nullptr) error(table_.where, "'" + std::string(key) + "' is missing");
  return value;
}

std::string Fields::text_of(const base::Value* value, std::string_view key) {
  if (value == nullptr) return {};
  const auto* text = value->as<std::string>();
  if (text == nullptr) {
    wrong_type(*value, key, "text");
    return {};
  }
  return *text;
}

std::string Fields::text(std::string_view key) {
  return text_of(any(key), key);
}

std::string Fields::required_text(std::string_view key) {
  const auto* value = required(key);
  std::string out = text_of(value, key);
  if (value != nullptr && value->as<std::string>() != nullptr && base::trim(out).empty())
    error(value->where, "'" + std::string(key) + "' must not be empty");
  return out;
}

bool Fields::flag(std::string_view key) {
  const auto* value = any(key);
  if (value == nullptr) return false;
  if (value->as<bool>() == nullptr) wrong_type(*value, key, "true or false");
  return value->flag();
}

std::vector<std::string> Fields::texts(std::string_view key) {
  std::vector<std::string> out;
  const auto* value = any(key);
  if (value == nullptr) return out;
  const auto* list = value->as<base::Array>();
  if (list == nullptr) {
    wrong_type(*value, key, "a list of texts");
    return out;
  }
  for (const auto& element : *list) {
    const auto* text = element.as<std::string>();
    if (text == nullptr)
      error(element.where, "an element of '" + std::string(key) + "' must be text, not " + std::string(type_name(element)));
    else if (std::find(out.begin(), out.end(), *text) != out.end())
      error(element.where, "'" + std::string(key) + "' names '" + *text + "' twice");
    else
      out.push_back(*text);
  }
  return out;
}

std::vector<const base::Value*> Fields::tables(std::string_view key) {
  std::vector<const base::Value*> out;
  const auto* value = any(key);
  if (value == nullptr) return out;
  const auto* list = value->as<base::Array>();
  if (list == nullptr) {
    wrong_type(*value, key, "a list of tables, written [[…" + std::string(key) + "]]");
    return out;
  }
  for (const auto& element : *list) {
    if (element.as<base::Table>() == nullptr)
      wrong_type(element, key, "a list of tables");
    else
      out.push_back(&element);
  }
  return out;
}

void Fields::refuse_unknown() {
  const auto* table = table_.as<base::Table>();
  if (table == nullptr) return;
  for (const auto& [key, value] : *table) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    error(value.key_where, "unknown key '" + key + "'" + base::did_you_mean(key, known_), "known keys: " + base::join_words(known_));
  }
}

}  // namespace tidegate::manifest
