// SPDX-License-Identifier: Apache-2.0
#include "live/notices.hpp"

#include <algorithm>

namespace tidegate::safety {
namespace {

std::string path(std::string_view check, std::string_view key) {
  return std::string(check) + "." + std::string(key);
}

}  // namespace

bool Settings::wanted(std::string_view check) const {
  const auto action = host_.text(path(check, "action"));
  return !action.empty() && action != "ignore";
}

Level Settings::action(std::string_view check) const {
  const auto action = host_.text(path(check, "action"));
  return action == "block" ? Level::block : action == "wait" ? Level::wait : Level::warn;
}

std::int64_t Settings::number(std::string_view check, std::string_view limit) const {
  return host_.integer(path(check, limit));
}

std::string Settings::text(std::string_view check, std::string_view key) const {
  return host_.text(path(check, key));
}

std::string rule_of(std::string_view check) {
  std::string out(check);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

std::string check_of(std::string_view rule) {
  std::string out(rule);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

}  // namespace tidegate::safety
