// SPDX-License-Identifier: Apache-2.0
#include "migrations/leftovers.hpp"

namespace tidegate::migrations {


using sdk::Result;
using sdk::Row;

namespace {

constexpr std::int32_t kKnowsPendingDetach = 140000;

// A name that REINDEX CONCURRENTLY gives, and what it was made of; the latter is cut short when it is long.
constexpr const char* kSuffix = "'_cc(new|old)[0-9]*$'";

// Who builds an index concurrently holds this lock on its table throughout; the columns of the progress view that say
// more are hidden from other roles.
constexpr const char* kInWork =
    "EXISTS (SELECT 1 FROM pg_catalog.pg_stat_progress_create_index p JOIN pg_catalog.pg_locks l ON l.pid = p.pid JOIN "
    "pg_catalog.pg_database d ON d.oid = l.database WHERE p.pid <> pg_catalog.pg_backend_pid() AND d.datname = "
    "pg_catalog.current_database() AND l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted)";

bool makes_indexes(Concurrent kind) {
  return kind == Concurrent::create_index || kind == Concurrent::reindex_index || kind == Concurrent::reindex_table ||
         kind == Concurrent::reindex_many;
}

}  // namespace

std::string Leftovers::quoted(const std::string& schema, const std::string& name) const {
  return (schema.empty() ? "" : db_.identifier(schema) + ".") + db_.identifier(name);
}
std::string Leftovers::regclass(const std::string& schema, const std::string& name) const {
  return "pg_catalog.to_regclass(" + db_.literal(quoted(schema, name)) + ")";
}

/// The INVALID indexes that this statement may have made, as far as names tell.
std::string Leftovers::invalid_sql() const {
  const std::string what = std::string("SELECT DISTINCT i.indexrelid, pg_catalog.format('%I.%I', n.nspname, c.relname), ") + kInWork +
                           " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN "
                           "pg_catalog.pg_namespace n ON n.oid = c.relnamespace";
  if (s_.concurrent == Concurrent::create_index) {
    return what + " WHERE NOT i.indisvalid AND i.indrelid = " + regclass(s_.table_schema, s_.table) +
           (s_.object.empty() ? "" : " AND c.relname = " + db_.literal(s_.object));
  }
  const std::string transient = std::string(" NOT i.indisvalid AND c.relname ~ ") + kSuffix;
  if (s_.concurrent == Concurrent::reindex_many) return what + " WHERE" + transient;
  const bool of_table = s_.concurrent == Concurrent::reindex_table;
  const std::string target = of_table ? regclass(s_.table_schema, s_.table) : regclass(s_.object_schema, s_.object);
  std::string owners = "SELECT " + target + "::oid AS oid UNION SELECT relid::oid FROM pg_catalog.pg_partition_tree(" + target + ")";
  std::string named = "o.indexrelid IN (SELECT oid FROM owners)";
  if (of_table) {
    named =
        "o.indrelid IN (SELECT oid FROM owners UNION SELECT t.reltoastrelid FROM pg_catalog.pg_class t JOIN owners USING (oid) WHERE "
        "t.reltoastrelid <> 0)";
  }
  const std::string base = std::string("pg_catalog.regexp_replace(c.relname::text, ") + kSuffix + ", '')";
  return "WITH owners AS (" + owners + ") " + what +
         " JOIN pg_catalog.pg_index o ON o.indrelid = i.indrelid AND o.indexrelid <> i.indexrelid JOIN pg_catalog.pg_class oc ON oc.oid = "
         "o.indexrelid WHERE" +
         transient + " AND " + named + " AND (" + base +
         " = oc.relname::text OR (pg_catalog.octet_length(c.relname::text) > 59 AND "
         "pg_catalog.starts_with(oc.relname::text, " +
         base + ")))";
}

Result<std::vector<Leftovers::Index>> Leftovers::invalid(const std::string& oid) {
  std::vector<Index> out;
  auto asked = db_.script(invalid_sql(), [&](const Row& r) {
    if (oid.empty() || r[0] == oid) out.push_back({std::string(r[0]), std::string(r[1]), r[2] == "t"});
  });
  if (!asked) return asked.error();
  return out;
}

/// Of the index that is dropped or the partition that is detached, in words that differ when it differs.
Result<std::string> Leftovers::state() {
  std::string sql;
  if (s_.concurrent == Concurrent::drop_index) {
    sql = "SELECT indexrelid::text || CASE WHEN indisvalid THEN ' valid' ELSE ' INVALID' END FROM pg_catalog.pg_index WHERE indexrelid = " +
          regclass(s_.object_schema, s_.object);
  } else if (s_.concurrent == Concurrent::detach && db_.server_version() >= kKnowsPendingDetach) {
    sql = "SELECT CASE WHEN inhdetachpending THEN 'pending' ELSE 'attached' END FROM pg_catalog.pg_inherits WHERE inhparent = " +
          regclass(s_.table_schema, s_.table) + " AND inhrelid = " + regclass(s_.object_schema, s_.object);
  }
  std::string out;
  if (sql.empty()) return out;
  if (auto asked = db_.query(sql, {}, [&](const Row& r) { out = r[0]; }); !asked) return asked.error();
  return out;
}

Result<bool> Leftovers::stands() {
  if (s_.concurrent == Concurrent::drop_index || s_.concurrent == Concurrent::detach) {
    const auto now = state();
    if (!now) return now.error();
    if (now->empty() || s_.concurrent == Concurrent::detach || !s_.object_schema.empty()) return now->empty();
    bool searched = false;  // more than one schema: what is found now may be another one than what is gone
    const auto asked = db_.query("SELECT pg_catalog.cardinality(pg_catalog.current_schemas(false)) > 1", {}, [&](const Row& r) { searched = r[0] == "t"; });
    if (!asked) return asked.error();
    if (!searched) return false;
    return sdk::Error{sdk::Status::denied,
                      "whether DROP INDEX CONCURRENTLY " + s_.object + " was done before its run was cut off is not to be seen, since more than one schema is searched for it (P3009)",
                      "look whether the right one is gone; then `tidegate resolve` the migration, and name the schema of an index that is dropped"};
  }
  if (s_.concurrent != Concurrent::create_index) return false;
  bool there = false;
  const auto asked = db_.query("SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indisvalid AND i.indrelid = " +
                                    regclass(s_.table_schema, s_.table) + " AND c.relname = " + db_.literal(s_.object),
                               {}, [&](const Row&) { there = true; });
  if (!asked) return asked.error();
  return there;
}

Result<bool> Leftovers::before(bool tried_before) {
  if (makes_indexes(s_.concurrent)) {
    if (tried_before && s_.concurrent != Concurrent::reindex_many) {
      auto earlier = invalid();
      if (!earlier) return earlier.error();
      for (const auto& index : *earlier) {
        if (s_.object.empty() && s_.concurrent == Concurrent::create_index) {  // nothing says whose it is
          host_.warn("the index " + index.name + " is INVALID; drop it if an earlier try of this migration left it");
          continue;
        }
        if (auto dropped = drop(index); !dropped) return dropped.error();
      }
    }
    const std::string sql = s_.concurrent == Concurrent::create_index
                                ? "SELECT i.indexrelid, i.indisvalid AND c.relname = " + db_.literal(s_.object) +
                                      " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = " +
                                      regclass(s_.table_schema, s_.table)
                                : invalid_sql();
    const bool makes_one = s_.concurrent == Concurrent::create_index;
    const auto asked = db_.script(sql, [&](const Row& r) {
      known_.emplace(r[0]);
      if (makes_one && r[1] == "t") name_is_taken_ = true;
    });
    if (!asked) return asked.error();
    return false;
  }
  auto now = state();
  if (!now) return now.error();
  state_ = std::move(*now);
  if (!tried_before || s_.concurrent != Concurrent::detach || state_ != "pending") return false;
  const auto ended = db_.script("ALTER TABLE " + quoted(s_.table_schema, s_.table) + " DETACH PARTITION " + quoted(s_.object_schema, s_.object) +
                                " FINALIZE");
  if (!ended) return ended.error();
  return true;
}

Result<Leftovers::Found> Leftovers::after_failure(const std::string& sqlstate) {
  Found out;
  if (s_.concurrent == Concurrent::none) return out;
  if (s_.concurrent == Concurrent::unknown) {
    if (sqlstate != "42601") {
      out.left = "what it has left half done cannot be known, since its syntax is newer than what tidegate reads";
      out.remedy = "look for INVALID indexes and the like";
    }
    return out;
  }
  if (makes_indexes(s_.concurrent)) {
    if (sqlstate == "42P07") return out;  // the name was taken: nothing was begun
    auto indexes = invalid();
    if (!indexes) return indexes.error();
    for (const auto& index : *indexes) {
      if (known_.contains(index.oid)) continue;
      if (s_.concurrent != Concurrent::reindex_many) {
        auto dropped = drop(index);
        if (!dropped) return dropped.error();
        if (*dropped) continue;
      }
      out.left += (out.left.empty() ? "the INVALID index " : ", ") + index.name;
    }
    if (!out.left.empty()) {
      out.left += " may be of this try and was left alone";
      out.remedy = "drop it when it is nobody else's";
    }
    return out;
  }
  auto now = state();
  if (!now) return now.error();
  const bool half_done = now->ends_with(" INVALID") || *now == "pending";
  if (*now == state_ && !half_done) return out;
  const std::string name = quoted(s_.object_schema, s_.object);
  if (now->empty()) {
    out.stands = true;
  } else if (s_.concurrent == Concurrent::drop_index) {
    out.left = "the index " + name + " is left INVALID: it is not used any more, and still there";
    out.remedy = "the next try drops the rest of it";
  } else {
    out.left = "the partition " + name + " is left pending detach: its rows are not seen through " + quoted(s_.table_schema, s_.table) +
               " any more";
    out.remedy = "finish it with ALTER TABLE " + quoted(s_.table_schema, s_.table) + " DETACH PARTITION " + name + " FINALIZE";
  }
  return out;
}

Result<bool> Leftovers::drop(const Index& index) {
  auto now = invalid(index.oid);  // it may have become valid while others were dropped
  if (!now) return now.error();
  if (now->empty()) return true;
  if (now->front().in_work) {
    host_.warn("left the INVALID index " + index.name + " alone: another session may be building it");
    return false;
  }
  if (auto dropped = db_.script("DROP INDEX CONCURRENTLY IF EXISTS " + now->front().name); !dropped) return dropped.error();
  host_.info("dropped the INVALID index " + index.name + " that a failed try had left");
  return true;
}

}  // namespace tidegate::migrations
