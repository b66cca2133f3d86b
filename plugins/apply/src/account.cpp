// SPDX-License-Identifier: Apache-2.0
#include "account.hpp"

#include "migrations/resume.hpp"

namespace tidegate::apply {

Applying::Applying(sdk::Db& db, const HistoryPlace& place, const Work& work, std::string_view run)
    : db_(db), table_(place.table), work_(work), id_(work.begun ? work.begun->id : migrations::new_id_of(run)) {}

std::string Applying::its_row() const {
  return " WHERE id = '" + id_ + "'";
}
std::string Applying::resolve_as(const char* what) const {
  return std::string("`tidegate resolve --") + what + " " + work_.name + "`";
}

std::string Applying::done_whole() const {
  std::string sql;
  sql.reserve(512);
  sql.append("INSERT INTO ").append(table_);
  sql += " (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count) VALUES ('";
  sql.append(id_).append("','").append(work_.checksum).append("',pg_catalog.clock_timestamp(),").append(db_.literal(work_.name));
  return sql.append(",NULL,NULL,pg_catalog.now(),1);");
}

std::string Applying::open() const {
  return "INSERT INTO " + table_ + " (id, checksum, migration_name, started_at) VALUES ('" + id_ + "','" + work_.checksum + "'," +
         db_.literal(work_.name) + ",pg_catalog.clock_timestamp());";
}

std::string Applying::close() const {
  return "UPDATE " + table_ + " SET applied_steps_count = applied_steps_count + 1, finished_at = pg_catalog.clock_timestamp(), logs = NULL" + its_row() +
         ";";
}

std::string Applying::abandon() const {
  return "DELETE FROM " + table_ + its_row() + ";";
}

std::string Applying::note(const std::string& logs_literal) const {
  return "UPDATE " + table_ + " SET logs = " + logs_literal + its_row() + ";";
}

std::string Applying::progress(std::size_t done, std::size_t of, const std::string& why) const {
  return note(db_.literal(migrations::progress_text(done, of, why)));
}

std::string Applying::ending() const {
  return "SELECT CASE WHEN finished_at IS NULL THEN 'open' ELSE 'done' END FROM " + table_ + its_row();
}

std::string Applying::subject() const {
  return "migration " + work_.name;
}
std::string Applying::code() const {
  return " (P3018)";
}
std::string Applying::nothing_stands() const {
  return "nothing of this migration stands";
}
std::string Applying::row_is_left() const {
  return resolve_as("rolled-back") + " before the next run";
}
std::string Applying::after_leftovers() const {
  return "then run again: it goes on there; or " + resolve_as("applied") + " when all of it is there";
}
std::string Applying::after_parts(std::uint32_t line, bool goes_on) const {
  const auto by_hand = "undo them and " + resolve_as("rolled-back") + ", or run the rest from line " + std::to_string(line) + " by hand and " +
                       resolve_as("applied");
  if (!goes_on) return by_hand;
  return "when the cause is gone, run again: it goes on from line " + std::to_string(line) + "; where the file has to be changed, " + by_hand;
}
std::string Applying::after_unknown() const {
  return "then " + resolve_as("rolled-back") + " to have it run again, or " + resolve_as("applied") + " when all of it is there";
}
std::string Applying::after_lost_parts() const {
  return "run again: it goes on where it stopped";
}
std::string Applying::after_lost_done() const {
  return "run again: what is still pending will be applied";
}

}  // namespace tidegate::apply
