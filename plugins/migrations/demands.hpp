// SPDX-License-Identifier: Apache-2.0
//
// What a statement demands of the relations that it names before it can run: the lock, ownership or a privilege, that
// they are there or not yet there. As far as its text tells, and rather too much than too little. Pure: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "migrations/touched.hpp"

namespace tidegate::migrations {

/// PostgreSQL's table-level locks, by its own numbers (manual, "Explicit Locking").
enum class Lock {
  none,
  access_share,
  row_share,
  row_exclusive,
  share_update_exclusive,
  share,
  share_row_exclusive,
  exclusive,
  access_exclusive
};
/// "AccessExclusiveLock", as pg_locks says.
std::string_view name_of(Lock lock);
/// Lock::none for other words.
Lock lock_from(std::string_view name);
bool conflict(Lock a, Lock b);

enum class Presence { any, there, not_there };

struct Demand {
  RelationName relation;
  Lock lock = Lock::access_exclusive;
  Presence presence = Presence::any;
  bool creates = false;                     ///< makes it
  bool drops = false;                       ///< it, or a foreign key of it: the tables at the other ends are locked as well
  bool renames = false;                     ///< it or a column of it
  bool owner = false;                       ///< only its owner may
  std::string privilege;                    ///< or who has this: INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES
  bool rewrites = false;                    ///< may write it anew, or most of its rows
  bool builds_index = false;                ///< on it
  std::string index;                        ///< the name of that; may be empty
  std::string new_name;                     ///< it is called so from here on
  std::vector<std::string> typed_columns;   ///< get another type
  std::vector<std::string> needed_columns;  ///< must be there
  std::vector<std::string> new_columns;     ///< must not be there
};

struct Demands {
  std::string unsure;         ///< why the text does not tell everything; empty: it does
  bool concurrently = false;  ///< waits for every older transaction of the database
  std::string creates_in;     ///< makes an object in this schema; "" with `creates`: the first of the search path
  bool creates = false;
  bool new_schema = false;
  std::vector<Demand> relations;
};

/// Of one statement.
Demands demands(std::string_view sql);

}  // namespace tidegate::migrations
