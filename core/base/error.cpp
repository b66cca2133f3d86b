// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

namespace tidegate::base {

std::string to_string(const Place& place) {
  if (place.file.empty() || place.line == 0) return place.file;
  std::string out = place.file + ':' + std::to_string(place.line);
  if (place.column != 0) out += ':' + std::to_string(place.column);
  return out;
}

Error error_at(const Place& place, Status code, std::string message, std::string hint) {
  return Error{code, std::move(message), std::move(hint), place.file, place.line, place.column};
}

}  // namespace tidegate::base
