// SPDX-License-Identifier: Apache-2.0
//
// The mark of a database: which environment it is, of which project, and the address under which it was marked. A run of another
// environment that finds production's mark under production's own address stops; a copy or a branch carries the mark along with
// an address that is not its own. Kept in tidegate.identity (docs/identity.md). Thread of the session.
#pragma once
#include <optional>
#include <string>

#include "run/journal/target.hpp"

namespace tidegate::run {

struct Identity {
  std::string environment;  ///< its name
  std::string type;         ///< production, preview, development
  std::string project;      ///< the pipeline's name
  TargetIdentity address;
  std::string set_at;       ///< RFC 3339, UTC; "" before it is written
  std::string set_by;       ///< who: a run, or a person by hand
};

/// nullopt: the database is not marked. denied: the role may not read the mark that is there.
base::Result<std::optional<Identity>> read_identity(services::db::Session& session, base::Deadline deadline);
/// Makes the table where it is missing; schema tidegate is there.
base::Result<void> write_identity(services::db::Session& session, const Identity& identity, base::Deadline deadline);

enum class Mark {
  none,      ///< not marked
  ours,      ///< marked under this address
  copied,    ///< marked under another address: this is a copy
};
Mark mark_of(const std::optional<Identity>& found, const TargetIdentity& here);

/// "production of shop, db.example.com:5432/shop"
std::string described(const Identity& identity);

}  // namespace tidegate::run
