// SPDX-License-Identifier: Apache-2.0
#include "account.hpp"

namespace tidegate::apply {

Applying::Applying(sdk::Db& db, const HistoryPlace& place, const Work& work)
    : db_(db), table_(place.table), work_(work), id_(migrations::new_id()), its_row_(" WHERE id = '" + id_ + "'") {
  as_rolled_back_ = "`tidegate resolve --rolled-back " + work.name + "`";
  as_applied_ = "`tidegate resolve --applied " + work.name + "`";
}

std::string Applying::done_whole() const {
  return "INSERT INTO " + table_ +
         " (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count) VALUES ('" + id_ + "','" +
         work_.checksum + "',pg_catalog.clock_timestamp()," + db_.literal(work_.name) + ",NULL,NULL,pg_catalog.now(),1);";
}

std::string Applying::open() const {
  return "INSERT INTO " + table_ + " (id, checksum, migration_name, started_at) VALUES ('" + id_ + "','" + work_.checksum + "'," +
         db_.literal(work_.name) + ",pg_catalog.clock_timestamp());";
}

std::string Applying::close() const {
  return "UPDATE " + table_ + " SET applied_steps_count = applied_steps_count + 1, finished_at = pg_catalog.clock_timestamp()" + its_row_ +
         ";";
}

std::string Applying::abandon() const {
  return "DELETE FROM " + table_ + its_row_ + ";";
}

std::string Applying::note(const std::string& logs_literal) const {
  return "UPDATE " + table_ + " SET logs = " + logs_literal + its_row_ + ";";
}

std::string Applying::ending() const {
  return "SELECT CASE WHEN finished_at IS NULL THEN 'open' ELSE 'done' END FROM " + table_ + its_row_;
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
  return as_rolled_back_ + " before the next run";
}
std::string Applying::after_leftovers() const {
  return "then " + as_rolled_back_ + " to have it run again, or " + as_applied_ + " when all of it is there";
}
std::string Applying::after_parts(std::uint32_t line) const {
  return "undo them and " + as_rolled_back_ + ", or run the rest from line " + std::to_string(line) + " by hand and " + as_applied_;
}
std::string Applying::after_lost_parts() const {
  return "look at what stands; then " + as_rolled_back_ + " or " + as_applied_;
}
std::string Applying::after_lost_done() const {
  return "run again: what is still pending will be applied";
}

}  // namespace tidegate::apply
