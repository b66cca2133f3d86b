// SPDX-License-Identifier: Apache-2.0
//
// Members of another stage's answer: what is missing, or of another type, reads as nothing. For sources that read JSON
// anyway. Pure: any thread.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tidegate::migrations {

inline std::string text_in(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The texts of a list.
inline std::vector<std::string> texts_in(const nlohmann::json& object, const char* key) {
  std::vector<std::string> out;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return out;
  for (const auto& item : *found)
    if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

/// True unless it says otherwise.
inline bool flag_in(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_boolean() || found->get<bool>();
}

inline std::uint32_t number_in(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint32_t>() : 0;
}

}  // namespace tidegate::migrations
