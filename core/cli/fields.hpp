// SPDX-License-Identifier: Apache-2.0
//
// Reading an event's fields, for the views: what is missing reads as nothing. Pure: any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"

namespace tidegate::cli {

inline std::string text_of(const base::Value& fields, std::string_view key) {
  const auto* value = fields.find(key);
  return value != nullptr ? value->text() : std::string{};
}

inline std::int64_t number_of(const base::Value& fields, std::string_view key) {
  const auto* value = fields.find(key);
  return value != nullptr ? value->integer() : 0;
}

inline bool flag_of(const base::Value& fields, std::string_view key) {
  const auto* value = fields.find(key);
  return value != nullptr && value->flag();
}

/// The elements; none when it is no list.
inline const base::Array& elements_of(const base::Value& fields, std::string_view key) {
  static const base::Array kNone;
  const auto* value = fields.find(key);
  const auto* list = value != nullptr ? value->as<base::Array>() : nullptr;
  return list != nullptr ? *list : kNone;
}

inline std::vector<std::string> list_of(const base::Value& fields, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& element : elements_of(fields, key)) out.push_back(element.text());
  return out;
}

}  // namespace tidegate::cli
