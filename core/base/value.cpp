// SPDX-License-Identifier: Apache-2.0
#include "base/value.hpp"

#include <charconv>

namespace tidegate::base {

std::string Value::text(std::string_view otherwise) const {
  const auto* v = as<std::string>();
  return v != nullptr ? *v : std::string(otherwise);
}

std::int64_t Value::integer(std::int64_t otherwise) const {
  const auto* v = as<std::int64_t>();
  return v != nullptr ? *v : otherwise;
}

bool Value::flag(bool otherwise) const {
  const auto* v = as<bool>();
  return v != nullptr ? *v : otherwise;
}

const Value* Value::find(std::string_view key) const {
  const auto* table = as<Table>();
  if (table == nullptr) return nullptr;
  for (const auto& [name, value] : *table)
    if (name == key) return &value;
  return nullptr;
}

Value* Value::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Value::set(std::string_view key, Value value) {
  if (Value* there = find(key)) return *there = std::move(value);
  if (is_nil()) data = Table{};
  auto& table = std::get<Table>(data);
  return table.emplace_back(std::string(key), std::move(value)).second;
}

const Value* Value::at_path(std::string_view path) const {
  const Value* node = this;
  while (node != nullptr && !path.empty()) {
    const auto dot = path.find('.');
    const auto step = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    if (const auto* array = node->as<Array>()) {
      std::size_t index = 0;
      const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), index);
      const bool number = failure == std::errc{} && end == step.data() + step.size();
      node = number && index < array->size() ? &(*array)[index] : nullptr;
    } else {
      node = node->find(step);
    }
  }
  return node;
}

std::string_view type_name(const Value& value) {
  constexpr std::string_view names[] = {"nothing", "boolean", "integer", "number", "text", "list", "table"};
  return names[value.data.index()];
}

}  // namespace tidegate::base
