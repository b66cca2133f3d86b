// SPDX-License-Identifier: Apache-2.0
#include "migrations/discover.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tidegate::migrations {
namespace {

namespace fs = std::filesystem;
using sdk::Error;
using sdk::Result;
using sdk::Status;

constexpr auto npos = std::string::npos;

/// JavaScript without its comments; texts stay.
std::string without_comments(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size();) {
    const char c = s[i];
    if (c == '\'' || c == '"' || c == '`') {
      const std::size_t start = i++;
      while (i < s.size() && s[i] != c) i += s[i] == '\\' ? 2 : 1;
      i = std::min(i + 1, s.size());
      out.append(s.substr(start, i - start));
    } else if (s.substr(i, 2) == "//") {
      i = std::min(s.find('\n', i), s.size());
    } else if (s.substr(i, 2) == "/*") {
      const auto end = s.find("*/", i + 2);
      i = end == npos ? s.size() : end + 2;
    } else {
      out += c;
      ++i;
    }
  }
  return out;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/// The position behind `key :`, from `from` on and before `limit`; keys may be quoted.
std::size_t after_key(const std::string& s, std::string_view key, std::size_t from, std::size_t limit) {
  for (std::size_t i = from; (i = s.find(key, i)) != npos && i < limit; i += key.size()) {
    if (i > 0 && is_name(s[i - 1])) continue;
    std::size_t j = i + key.size();
    if (j < s.size() && (s[j] == '"' || s[j] == '\'')) ++j;
    j = s.find_first_not_of(" \t\r\n", j);
    if (j != npos && s[j] == ':') return s.find_first_not_of(" \t\r\n", j + 1);
  }
  return npos;
}

}  // namespace

std::optional<std::string> path_in_config(std::string_view source) {
  const std::string s = without_comments(source);
  const auto open = after_key(s, "migrations", 0, s.size());
  if (open == npos || s[open] != '{') return std::nullopt;
  std::size_t close = open + 1;
  for (int depth = 1; close < s.size() && depth > 0; ++close) depth += s[close] == '{' ? 1 : s[close] == '}' ? -1 : 0;
  const auto value = after_key(s, "path", open + 1, close);
  if (value == npos || value >= close) return std::nullopt;
  const char quote = s[value];
  if (quote != '"' && quote != '\'' && quote != '`') return std::nullopt;
  const auto end = s.find(quote, value + 1);
  if (end == npos) return std::nullopt;
  std::string path = s.substr(value + 1, end - value - 1);
  if (quote == '`' && path.find("${") != npos) return std::nullopt;  // not a literal
  if (s.find_first_not_of(" \t\r\n", end + 1) != npos && s[s.find_first_not_of(" \t\r\n", end + 1)] == '+') return std::nullopt;
  return path;
}

Result<std::string> find_folder(const std::string& project) {
  std::string tried;
  const auto usable = [&](const fs::path& folder) {
    std::error_code error;
    if (fs::is_directory(folder, error)) return true;
    tried += (tried.empty() ? "" : ", ") + folder.lexically_normal().string();
    return false;
  };
  const fs::path root(project);
  for (const char* name : {"prisma7.config", "prisma.config", ".config/prisma7", ".config/prisma"}) {
    for (const char* suffix : {".ts", ".js", ".mjs", ".cjs", ".mts", ".cts"}) {
      const fs::path config = root / (std::string(name) + suffix);
      std::ifstream in(config, std::ios::binary);
      if (!in) continue;
      const std::string source{std::istreambuf_iterator<char>(in), {}};
      if (const auto path = path_in_config(source)) {
        // Beside the configuration file, as Prisma has it.
        const fs::path folder = (config.parent_path() / *path).lexically_normal();
        if (usable(folder)) return folder.string();
        return Error{Status::config, "there is no migrations folder " + folder.string(),
                     "the path stands in the migrations block of this file", config.string()};
      }
    }
  }
  for (const char* place : {"prisma/migrations", "prisma/schema/migrations"}) {
    if (usable(root / place)) return (root / place).lexically_normal().string();
  }
  return Error{Status::config, "there is no migrations folder; looked for " + tried,
               "run in the project's folder, or say where it is: --set migrations=DIR, or `migrations` under [with] in the pipeline"};
}

Result<std::string> configured_folder(std::string setting) {
  if (!setting.empty()) return setting;
  std::error_code error;
  return find_folder(std::filesystem::current_path(error).string());
}

}  // namespace tidegate::migrations
