// SPDX-License-Identifier: Apache-2.0
#include "services/db/preamble.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"

namespace tidegate::services::db {
namespace {

std::string set(const std::string& name, const std::string& value) {
  return "pg_catalog.set_config('" + name + "', " + quote_literal(value) + ", false)";
}

}  // namespace

std::vector<std::string> Preamble::statements() const {
  if (pending_ == Pending::none) return {};
  std::vector<std::string> out = {"BEGIN"};
  // Not DISCARD ALL: it drops session advisory locks, and the migration format's lock is one.
  if (pending_ == Pending::reset)
    out.insert(out.end(), {"RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL", "CLOSE ALL", "DISCARD TEMP"});
  std::string settings =
      "SELECT " + set("lock_timeout", std::to_string(lock_timeout_.count())) + ", " + set("standard_conforming_strings", "on");
  // So that nothing of ours runs on at the server when we are gone.
  if (server_version_ >= 140000) settings += ", " + set("client_connection_check_interval", "1000");
  if (!search_path_.empty()) {
    std::string path;
    for (const auto& schema : search_path_) path += (path.empty() ? "" : ", ") + quote_identifier(schema);
    settings += ", " + set("search_path", path);
  }
  out.push_back(settings);
  out.emplace_back("COMMIT");
  return out;
}

bool minds_company(std::string_view sql) {
  static constexpr std::array<std::string_view, 14> kWords = {"concurrently", "vacuum", "database", "tablespace", "system",
                                                              "subscription", "call",   "do",       "reindex",    "cluster",
                                                              "discard",      "value",  "prepared", "copy"};
  std::string word;
  for (std::size_t i = 0; i <= sql.size(); ++i) {
    const char c = i < sql.size() ? sql[i] : ' ';
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      continue;
    }
    if (std::find(kWords.begin(), kWords.end(), word) != kWords.end()) return true;
    word.clear();
  }
  return false;
}

std::string quote_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string quote_literal(std::string_view text) {
  const bool escapes = text.find('\\') != std::string_view::npos;
  std::string out = escapes ? "E'" : "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + "'";
}

}  // namespace tidegate::services::db
