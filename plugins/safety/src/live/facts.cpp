// SPDX-License-Identifier: Apache-2.0
#include "live/facts.hpp"

#include <algorithm>

namespace tidegate::safety {
namespace {

using sdk::Result;
using sdk::Status;

Result<void> ask(sdk::Db& db, const std::vector<const Part*>& parts, const sdk::Db::Params& params, Facts& facts) {
  return db.query(statement_of(parts), params, [&](const sdk::Row& row) {
    auto json = Row::parse(row[1], nullptr, false);
    if (json.is_object()) facts.rows[std::string(row[0])].push_back(std::move(json));
  });
}

/// The session and the time are there; it is this question that the server does not answer.
bool is_about_the_question(const sdk::Error& error) {
  return error.code != Status::unavailable && error.code != Status::cancelled && error.code != Status::deadline;
}

std::string version_of(int number) {
  return std::to_string(number / 10'000);
}

}  // namespace

const std::vector<Row>& Facts::of(std::string_view part) const {
  static const std::vector<Row> none;
  const auto found = rows.find(part);
  return found == rows.end() ? none : found->second;
}

const Row& Facts::one(std::string_view part) const {
  static const Row none = Row::object();
  const auto& all = of(part);
  return all.empty() ? none : all.front();
}

std::string text(const Row& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number(const Row& row, const char* key, std::int64_t otherwise) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? found->get<std::int64_t>() : otherwise;
}

bool flag(const Row& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_boolean() && found->get<bool>();
}

bool is_null(const Row& row, const char* key) {
  const auto found = row.find(key);
  return found == row.end() || found->is_null();
}

Result<Facts> look(sdk::Db& db, const Targets& targets, const std::string& lock_key, const std::vector<std::string_view>& skip) {
  Facts out;
  const int version = db.server_version();
  std::vector<const Part*> parts;
  for (const auto& part : all_parts()) {
    if (std::find(skip.begin(), skip.end(), part.name) != skip.end()) continue;
    if (version < part.since) {
      out.unseen.emplace(part.name, "PostgreSQL " + version_of(version) + " does not tell it; version " + version_of(part.since) + " does");
      continue;
    }
    parts.push_back(&part);
  }
  out.pid_by_connection = db.backend_pid();
  out.has_lock_key = !lock_key.empty();
  const sdk::Db::Params params{targets_json(targets), lock_key.empty() ? std::optional<std::string>() : std::optional(lock_key)};
  auto asked = ask(db, parts, params, out);
  // A lock that was taken after the part about sizes had looked for it: gone, or seen, the next time.
  for (int again = 0; again < 3 && !asked && asked.error().code == Status::locked; ++again) {
    out.rows.clear();
    asked = ask(db, parts, params, out);
  }
  if (asked) return out;
  if (!is_about_the_question(asked.error())) return asked.error();
  // Something in it is refused: ask one by one, so that only that is not seen.
  out.rows.clear();
  for (const auto* part : parts) {
    const auto alone = ask(db, {part}, params, out);
    if (alone) continue;
    if (!is_about_the_question(alone.error())) return alone.error();
    out.rows.erase(std::string(part->name));
    out.unseen.emplace(part->name, alone.error().message);
  }
  if (out.rows.empty()) return asked.error();
  return out;
}

}  // namespace tidegate::safety
