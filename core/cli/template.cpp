// SPDX-License-Identifier: Apache-2.0
#include "cli/template.hpp"

#include <vector>

#include "base/text.hpp"

namespace tidegate::cli {
namespace {

using base::Error;
using base::Status;

Error mistake(std::size_t line, const std::string& what) {
  return Error{Status::internal, "line " + std::to_string(line) + " of a template: " + what, "report this, or install tidegate again"};
}

/// A key is lower-case letters and underscores between two '@'; any other '@' is text.
base::Result<std::string> fill_line(std::string_view line, std::size_t number, const std::map<std::string, std::string>& values) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const auto end = line[at] == '@' ? line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1) : std::string_view::npos;
    if (end == std::string_view::npos || line[end] != '@' || end == at + 1) {
      out += line[at++];
      continue;
    }
    const std::string key(line.substr(at + 1, end - at - 1));
    const auto found = values.find(key);
    if (found == values.end()) return mistake(number, "nothing is known of @" + key + "@");
    out += found->second;
    at = end + 1;
  }
  return out;
}

}  // namespace

base::Result<std::string> fill_template(std::string_view text, const std::map<std::string, std::string>& values,
                                        const std::set<std::string>& is) {
  std::string out;
  std::vector<bool> kept{true};  // of each part that is open, the outermost first
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.starts_with("@if ") && line.ends_with('@')) {
      bool any = false;
      for (const auto& word : base::split(line.substr(4, line.size() - 5), ' ')) any = any || is.contains(word);
      kept.push_back(kept.back() && any);
    } else if (line == "@end@") {
      if (kept.size() == 1) return mistake(number, "@end@ of nothing");
      kept.pop_back();
    } else if (kept.back()) {
      const auto filled = fill_line(line, number, values);
      if (!filled) return filled.error();
      out += *filled + '\n';
    }
  }
  if (kept.size() != 1) return mistake(number, "a part has no @end@");
  return out;
}

std::string camel_case(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c == '_' || c == '-') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

}  // namespace tidegate::cli
