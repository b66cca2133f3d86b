// SPDX-License-Identifier: Apache-2.0
//
// What one look at the server gave: rows by part, and what could not be looked at. Stage thread.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "live/query.hpp"

namespace tidegate::safety {

using Row = nlohmann::json;

struct Facts {
  std::map<std::string, std::vector<Row>, std::less<>> rows;
  std::map<std::string, std::string, std::less<>> unseen;  ///< part, and why
  std::int32_t pid_by_connection = 0;                      ///< the server's process as the connection was told
  bool has_lock_key = false;
  [[nodiscard]] const std::vector<Row>& of(std::string_view part) const;
  /// The one row of a part; an empty object when it is not there.
  [[nodiscard]] const Row& one(std::string_view part) const;
};

std::string text(const Row& row, const char* key);
std::int64_t number(const Row& row, const char* key, std::int64_t otherwise = 0);
bool flag(const Row& row, const char* key);
bool is_null(const Row& row, const char* key);

/// `lock_key`: of the migration format's advisory lock; empty: it has none. `skip`: parts that no check wants.
sdk::Result<Facts> look(sdk::Db& db, const Targets& targets, const std::string& lock_key, const std::vector<std::string_view>& skip);

}  // namespace tidegate::safety
