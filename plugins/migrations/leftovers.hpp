// SPDX-License-Identifier: Apache-2.0
//
// What a CONCURRENTLY statement that failed has left half done, by the catalog: an INVALID index, a partition that is
// pending detach. Takes away what is surely this statement's own, and names the rest. One statement; stage thread.
#pragma once
#include <set>
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "migrations/statements.hpp"

namespace tidegate::migrations {

class Leftovers {
 public:
  Leftovers(sdk::Host host, sdk::Db& db, const Statement& s) : host_(host), db_(db), s_(s) {}

  /// Remembers how things are before the first try. `tried_before`: also drops what an earlier run has left of this statement,
  /// or ends what it has begun; true: nothing is left to do.
  sdk::Result<bool> before(bool tried_before);
  /// True when a try that was cut off had done all that it was to do, as far as the catalog tells.
  sdk::Result<bool> stands();
  /// Known after before(): the index that it is to make has the name of another one, which no later look would tell from its own.
  [[nodiscard]] bool name_is_taken() const { return name_is_taken_; }

  struct Found {
    bool stands = false;  ///< the statement has done all that it was to do
    std::string left;     ///< what is left half done; empty: everything is as before
    std::string remedy;
  };
  /// After a failed try: what it left, without what could be dropped. An error: the catalog could not be read.
  sdk::Result<Found> after_failure(const std::string& sqlstate);

 private:
  struct Index {
    std::string oid, name;
    bool in_work = false;  // another session may be building it
  };
  [[nodiscard]] std::string invalid_sql() const;
  sdk::Result<std::vector<Index>> invalid(const std::string& oid = {});
  sdk::Result<std::string> state();
  /// True when it is gone.
  sdk::Result<bool> drop(const Index& index);
  [[nodiscard]] std::string quoted(const std::string& schema, const std::string& name) const;
  [[nodiscard]] std::string regclass(const std::string& schema, const std::string& name) const;

  sdk::Host host_;
  sdk::Db& db_;
  const Statement& s_;
  std::set<std::string> known_;  // indexes that were there before
  std::string state_;
  bool name_is_taken_ = false;
};

}  // namespace tidegate::migrations
