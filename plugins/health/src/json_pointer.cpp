// SPDX-License-Identifier: Apache-2.0
#include "json_pointer.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

namespace tidegate::health {
namespace {

using Json = nlohmann::json;

std::string unescaped(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size())
      out += step[++i] == '1' ? '/' : '~';
    else
      out += step[i];
  }
  return out;
}

const Json* child(const Json& at, const std::string& step) {
  if (at.is_object()) {
    const auto found = at.find(step);
    return found == at.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool number = failure == std::errc{} && end == step.data() + step.size() && (step == "0" || step[0] != '0');
  return at.is_array() && number && index < at.size() ? &at[index] : nullptr;
}

}  // namespace

bool is_pointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  return true;
}

std::optional<std::string> text_at(const Json& document, std::string_view pointer) {
  const Json* at = &document;
  while (!pointer.empty() && at != nullptr) {
    pointer.remove_prefix(1);  // the slash
    const auto end = std::min(pointer.find('/'), pointer.size());
    at = child(*at, unescaped(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  if (at == nullptr) return std::nullopt;
  return at->is_string() ? at->get<std::string>() : at->dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tidegate::health
