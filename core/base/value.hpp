// SPDX-License-Identifier: Apache-2.0
//
// Value: a dynamically typed tree with the place each node was read from. What a TOML file, a setting, the context
// and an event's fields are made of. Tables keep the order in which keys were written. Plain values: any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace tidegate::base {

struct Value;
using Array = std::vector<Value>;
using Table = std::vector<std::pair<std::string, Value>>;

struct Value {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Table> data;
  Place where = {};      ///< of the value; empty when it was not read from a file
  Place key_where = {};  ///< of the key that names it in a table

  Value() = default;
  Value(bool v) : data(v) {}
  Value(int v) : data(static_cast<std::int64_t>(v)) {}
  Value(std::int64_t v) : data(v) {}
  Value(double v) : data(v) {}
  Value(const char* v) : data(std::string(v)) {}
  Value(std::string_view v) : data(std::string(v)) {}
  Value(std::string v) : data(std::move(v)) {}
  Value(Array v) : data(std::move(v)) {}
  Value(Table v) : data(std::move(v)) {}

  template <class T>
  [[nodiscard]] const T* as() const { return std::get_if<T>(&data); }
  template <class T>
  [[nodiscard]] T* as() { return std::get_if<T>(&data); }
  [[nodiscard]] bool is_nil() const { return data.index() == 0; }
  /// The text, or `otherwise` when this is not text.
  [[nodiscard]] std::string text(std::string_view otherwise = {}) const;
  [[nodiscard]] std::int64_t integer(std::int64_t otherwise = 0) const;
  [[nodiscard]] bool flag(bool otherwise = false) const;

  /// The member of a table; null when this is no table or has no such key.
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
  /// Sets a member, replacing one of that name; a nil value becomes a table.
  Value& set(std::string_view key, Value value);
  /// The node at "a.b.0.c"; null when there is none. "" is this node.
  [[nodiscard]] const Value* at_path(std::string_view path) const;

  /// Same data; places do not count.
  friend bool operator==(const Value& a, const Value& b) { return a.data == b.data; }
};

/// "boolean", "integer", "number", "text", "list", "table", "nothing".
std::string_view type_name(const Value& value);

}  // namespace tidegate::base
