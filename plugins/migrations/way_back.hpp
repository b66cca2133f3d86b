// SPDX-License-Identifier: Apache-2.0
//
// The way back of a migration as a rehearsal derived and tried it: asked of the stage that rehearsed in this run, and kept
// in the target (table tidegate.inverses) before the change that it undoes, for later runs. Stage thread; plain values.
#pragma once
#include <string>
#include <tidegate/services.hpp>
#include <vector>

namespace tidegate::migrations {

struct WayBack {
  std::string name, checksum;  ///< of the migration and its file
  std::string reversible;      ///< a grade as tidegate.undo/1 says it
  bool by_file = false;        ///< the down.sql beside the migration is the way back, and was tried
  bool proven = false;         ///< the schema came back as it was
  std::string unproven;        ///< why it is not
  std::vector<std::string> statements, reasons;  ///< statements: in order, without semicolons; reasons: for what does not come back
};

/// Of this run's rehearsal so far; none when nobody rehearses.
sdk::Result<std::vector<WayBack>> ways_back_rehearsed(const sdk::Host& host);

/// Keeps those that are derived and proven, in one transaction; false where the journal's schema is not there, or not the
/// role's to write to. Write session.
sdk::Result<bool> keep_ways_back(sdk::Db& db, const std::vector<WayBack>& ways);
/// Those that were kept for these migrations, for any of their files; none where there is no such table.
sdk::Result<std::vector<WayBack>> ways_back_kept(sdk::Db& db, const std::vector<std::string>& names);

}  // namespace tidegate::migrations
