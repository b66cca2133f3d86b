// SPDX-License-Identifier: Apache-2.0
#include "run/history.hpp"

#include <algorithm>
#include <set>

#include "run/json.hpp"

namespace tidegate::run {
namespace {

using base::Array;
using base::Error;
using base::Result;
using base::Status;
using base::Value;

Error malformed(std::string_view method) {
  return Error{Status::internal, "the answer of '" + std::string(method) + "' is not of the documented form",
               "this is a bug in the plugin: report it to its author"};
}

/// The names of a list of texts, or of tables with a "name"; false when the list is missing or holds anything else.
bool read_names(const Value& object, std::string_view key, std::vector<std::string>& out) {
  const Value* list = object.find(key);
  const Array* elements = list != nullptr ? list->as<Array>() : nullptr;
  if (elements == nullptr) return false;
  out.reserve(elements->size());
  for (const auto& element : *elements) {
    const Value* name = element.find("name");
    const auto* text = (name != nullptr ? *name : element).as<std::string>();
    if (text == nullptr) return false;
    out.push_back(*text);
  }
  return true;
}

std::string member(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value != nullptr ? value->text() : std::string{};
}

}  // namespace

Result<History> read_history(std::string_view json) {
  const auto answer = from_json(json);
  if (!answer) return answer.error();
  History out;
  const Value* applied = answer->find("applied");
  const Array* rows = applied != nullptr ? applied->as<Array>() : nullptr;
  if (rows == nullptr) return malformed("list");
  out.applied.reserve(rows->size());
  for (const auto& row : *rows) out.applied.push_back({member(row, "name"), member(row, "applied_at")});
  const bool complete = read_names(*answer, "pending", out.pending) && read_names(*answer, "failed", out.failed) &&
                        read_names(*answer, "edited", out.edited) && read_names(*answer, "missing", out.missing);
  if (!complete) return malformed("list");
  const Value* begun = answer->find("begun");
  if (const Array* some = begun != nullptr ? begun->as<Array>() : nullptr; some != nullptr) {
    for (const auto& one : *some) {
      const Value* done = one.find("done");
      out.begun.push_back({member(one, "name"), done != nullptr ? done->integer() : 0});
    }
  }
  out.newest = member(*answer, "newest");
  out.json = json;
  return out;
}

Result<std::vector<PlannedMigration>> read_plan(std::string_view json) {
  const auto answer = from_json(json);
  if (!answer) return answer.error();
  const Value* list = answer->find("migrations");
  const Array* elements = list != nullptr ? list->as<Array>() : nullptr;
  if (elements == nullptr) return malformed("pending");
  std::vector<PlannedMigration> out;
  for (const auto& element : *elements) {
    PlannedMigration migration{member(element, "name"), member(element, "checksum"), member(element, "file"), true, {}};
    if (const Value* flag = element.find("transactional")) migration.transactional = flag->flag(true);
    const Value* statements = element.find("statements");
    if (migration.name.empty() || statements == nullptr || statements->as<Array>() == nullptr) return malformed("pending");
    for (const auto& s : *statements->as<Array>()) {
      PlannedStatement statement{member(s, "sql"), 0, true};
      if (const Value* line = s.find("line")) statement.line = line->integer();
      if (const Value* flag = s.find("transactional")) statement.transactional = flag->flag(true);
      migration.statements.push_back(std::move(statement));
    }
    out.push_back(std::move(migration));
  }
  return out;
}

std::vector<std::string> standing(const History& before, const History& after) {
  std::set<std::string_view> known(before.failed.begin(), before.failed.end());
  for (const auto& row : before.applied) known.insert(row.name);
  std::vector<std::string> out;
  for (const auto& row : after.applied)
    if (known.insert(row.name).second) out.push_back(row.name);
  for (const auto& name : after.failed)
    if (known.insert(name).second) out.push_back(name);
  for (const auto& row : after.begun) {
    const auto was = std::find_if(before.begun.begin(), before.begun.end(), [&](const auto& one) { return one.name == row.name; });
    if (was == before.begun.end() || was->done < row.done) out.push_back(row.name);
  }
  return out;
}

Array to_array(const std::vector<std::string>& names) { return Array(names.begin(), names.end()); }

}  // namespace tidegate::run
