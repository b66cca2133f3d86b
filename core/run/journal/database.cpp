// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "run/journal/place.hpp"
#include "run/journal/rows.hpp"
#include "run/json.hpp"

namespace tidegate::run {
namespace {

using base::Deadline;
using base::Result;
using base::Table;
using base::Value;
using services::db::Session;

constexpr std::chrono::seconds kLimit{10};

Value list_of(const std::vector<std::string>& texts) {
  return {base::Array(texts.begin(), texts.end())};
}

/// The events as one JSON parameter, so that any number of them is one statement.
Value rows_for(const std::vector<Event>& events) {
  base::Array out;
  for (const auto& event : events) {
    Table row{{"seq", static_cast<std::int64_t>(event.seq)},
              {"time", base::format_time(event.time)},
              {"type", event.type},
              {"stage", event.stage.empty() ? Value() : Value(event.stage)},
              {"fields", event.fields.is_nil() ? Value(Table{}) : event.fields}};
    out.emplace_back(std::move(row));
  }
  return out;
}

/// With $1 the run and $2 the events. Rows that are there already, since the answer to an earlier try was lost, are the same.
constexpr const char* kInsertEvents =
    "INSERT INTO tidegate.events (run, seq, \"time\", type, stage, fields) "
    "SELECT $1, e.seq, e.\"time\", e.type, e.stage, e.fields FROM pg_catalog.jsonb_to_recordset($2::jsonb) "
    "AS e(seq bigint, \"time\" timestamptz, type text, stage text, fields jsonb) ON CONFLICT DO NOTHING";

std::string ascii_only(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

/// A database whose encoding is not UTF-8 may have no place for a character (class 22): then without those.
Result<void> write(Session& session, const std::string& sql, Parameters parameters) {
  auto done = rows_of(session, sql, parameters, Deadline::in(kLimit));
  if (!done && done.error().sqlstate.starts_with("22")) {
    for (auto& parameter : parameters)
      if (parameter) parameter = ascii_only(std::move(*parameter));
    done = rows_of(session, sql, parameters, Deadline::in(kLimit));
  }
  if (!done) return std::move(done).error();
  return {};
}

std::optional<std::string> json_or_null(const Value& value) {
  if (value.is_nil()) return std::nullopt;
  return storable_json(value);
}

std::string without_zero_bytes(std::string text) {
  std::erase(text, '\0');
  return text;
}

class DatabasePlace : public JournalPlace {
 public:
  explicit DatabasePlace(TargetIdentity target) : target_(std::move(target)) {}

  Result<void> begin(Session* session, const RunStart& start, const std::vector<Event>& events) override {
    run_ = start.id;
    return write(
        *session,
        "WITH run AS (INSERT INTO tidegate.runs (id, pipeline, environment, holder, version, fence, host, port, database, database_oid, "
        "system_identifier, pending, reason) VALUES ($1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14::jsonb) "
        "ON CONFLICT DO NOTHING) " +
            std::string(kInsertEvents),
        {run_, storable_json(rows_for(events)), without_zero_bytes(start.pipeline), without_zero_bytes(start.environment),
         without_zero_bytes(start.holder), start.version, std::to_string(start.fence), target_.host, std::to_string(target_.port),
         target_.database, std::to_string(target_.database_oid), target_.system_identifier, storable_json(list_of(start.pending)),
         json_or_null(start.reason)});
  }

  Result<void> add(Session* session, const std::vector<Event>& events) override {
    return write(*session, kInsertEvents, {run_, storable_json(rows_for(events))});
  }

  Result<void> finish(Session* session, const RunEnd& end, const std::vector<Event>& events) override {
    return write(
        *session,
        "WITH run AS (UPDATE tidegate.runs SET outcome = $3, exit = $4::integer, finished_at = pg_catalog.clock_timestamp(), "
        "ms = $5::bigint, applied = $6::jsonb, pending = $7::jsonb, kept = $8::jsonb, undone = $9::jsonb, error = $10::jsonb "
        "WHERE id = $1) " +
            std::string(kInsertEvents),
        {run_, storable_json(rows_for(events)), std::string(name_of(end.outcome)), std::to_string(end.exit), std::to_string(end.ms.count()),
         storable_json(list_of(end.applied)), storable_json(list_of(end.pending)), storable_json(list_of(end.kept)),
         storable_json(list_of(end.undone)), json_or_null(end.error ? to_value(*end.error) : Value())});
  }

 private:
  const TargetIdentity target_;
  std::string run_;
};

}  // namespace

std::unique_ptr<JournalPlace> database_place(const TargetIdentity& target) {
  return std::make_unique<DatabasePlace>(target);
}

}  // namespace tidegate::run
