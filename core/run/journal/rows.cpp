// SPDX-License-Identifier: Apache-2.0
#include "run/journal/rows.hpp"

#include <algorithm>

#include "run/json.hpp"

namespace tidegate::run {
namespace {

using base::Result;
using services::db::OnResult;
using services::db::Session;

OnResult collect_into(std::vector<Row>& rows) {
  return [&rows](const tg_result& result) {
    if (result.text == nullptr) return;
    Row row;
    for (std::uint32_t i = 0; i < result.columns; ++i)
      row.emplace_back(result.is_null[i] != 0 ? std::string() : std::string(result.text[i].data, result.text[i].size));
    rows.push_back(std::move(row));
  };
}

void drop_zero_bytes(base::Value& value) {
  if (auto* text = value.as<std::string>()) std::erase(*text, '\0');
  if (auto* list = value.as<base::Array>())
    for (auto& element : *list) drop_zero_bytes(element);
  if (auto* table = value.as<base::Table>())
    for (auto& [key, member] : *table) {
      std::erase(key, '\0');
      drop_zero_bytes(member);
    }
}

}  // namespace

Result<std::vector<Row>> rows_of(Session& session, const std::string& sql, const Parameters& parameters, base::Deadline deadline) {
  std::vector<Row> rows;
  const std::vector<std::optional<std::string_view>> views(parameters.begin(), parameters.end());
  if (auto failure = session.query(sql, views, collect_into(rows), deadline)) return std::move(failure->error);
  return rows;
}

Result<std::vector<Row>> rows_of_script(Session& session, const std::string& sql, base::Deadline deadline) {
  std::vector<Row> rows;
  if (auto failure = session.script(sql, collect_into(rows), deadline)) return std::move(failure->error);
  return rows;
}

std::vector<std::string> texts_of(const base::Value& list) {
  std::vector<std::string> out;
  if (const auto* elements = list.as<base::Array>())
    for (const auto& element : *elements) out.push_back(element.text());
  return out;
}

std::string storable_json(base::Value value) {
  drop_zero_bytes(value);
  return to_json(value);
}

std::string rfc3339_sql(const std::string& expression) {
  return "to_char(" + expression + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
}

}  // namespace tidegate::run
