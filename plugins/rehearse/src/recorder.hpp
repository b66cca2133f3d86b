// SPDX-License-Identifier: Apache-2.0
//
// Recorder: what one statement did to relations that were there before it, read inside its transaction: the locks that it
// took, which relations were written anew (another relfilenode) and which were read from end to end. Owned by one
// rehearsal; stage thread.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tidegate/services.hpp>
#include <utility>
#include <vector>

namespace tidegate::rehearse {

struct Recorded {
  struct Lock {
    std::string relation, mode;  ///< mode: as in pg_locks; without AccessShareLock and RowShareLock, which hinder nobody's reads and writes
    bool index = false;
  };
  std::uint32_t line = 0;
  std::string headline;   ///< the statement in one short line
  bool measured = false;  ///< false: it ran outside of a transaction, where its locks are gone when it ends
  std::vector<Lock> locks;
  std::vector<std::string> rewritten, scanned;  ///< rewritten: indexes, too
};

class Recorder {
 public:
  explicit Recorder(sdk::Db& db) : db_(db) {}
  /// A transaction begins: what is there now counts as there before.
  sdk::Result<void> begin();
  /// After a statement in it: what is new since the last call.
  sdk::Result<void> take(Recorded& out);

 private:
  struct Relation {
    std::string name;
    bool index = false;
    std::string file;        // relfilenode, "" without storage
    std::int64_t scans = 0;  // of this transaction
    std::set<std::string> modes;
  };
  sdk::Db& db_;
  std::map<std::string, Relation> known_;  // by OID
};

}  // namespace tidegate::rehearse
