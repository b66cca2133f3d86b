// SPDX-License-Identifier: Apache-2.0
//
// Rehearsal: the pending migrations, one after the other, on a copy of the schema: forth, recorded; back by the down.sql
// beside the migration or by the inverse that the catalog gives, and the schema compared; then forth for good, for those
// that follow. Made for one call; stage thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "copy.hpp"
#include "migrations/fingerprint/description.hpp"
#include "migrations/inverse/inverse.hpp"
#include "migrations/pending.hpp"
#include "recorder.hpp"

namespace tidegate::rehearse {

struct Rehearsed {
  std::string name, file;
  std::string checksum;  ///< of the migration's file
  std::int64_t ms = 0;   ///< of the way forth: without rows, so a floor
  std::vector<Recorded> statements;
  std::optional<sdk::Error> error;  ///< of the way forth; those behind it are not rehearsed
  bool by_file = false;             ///< the way back is the down.sql beside it
  migrations::inverse::Grade grade = migrations::inverse::Grade::exact;
  std::vector<std::string> inverse;  ///< in the order to run them; of a derived way back
  std::vector<std::string> reasons;  ///< for a grade that is not exact
  bool proven = false;               ///< the way back ran, and the schema was what it was before
  std::string unproven;              ///< why not
};

class Rehearsal {
 public:
  /// `copy` is left with all migrations applied, up to the first that fails.
  Rehearsal(const sdk::Host& host, Copy& copy) : host_(host), copy_(copy.db), fresh_session_(copy.fresh_session) {}
  /// An error: the rehearsal itself could not go on (time is over, the copy's server is gone, what a migration has done cannot
  /// be looked at). That says nothing of the migrations.
  sdk::Result<std::vector<Rehearsed>> run(const std::vector<migrations::PendingMigration>& pending);

 private:
  using Description = migrations::fingerprint::Description;
  sdk::Result<void> one(const migrations::PendingMigration& migration, Rehearsed& out);
  sdk::Result<void> forth(const migrations::PendingMigration& migration, Rehearsed& out);
  sdk::Result<void> fails(const migrations::PendingMigration& migration, const migrations::PendingStatement& statement, Rehearsed& out);
  sdk::Result<void> describe_piece(std::string& piece, Rehearsed& out);
  sdk::Result<void> back(const Description& first, Rehearsed& out);
  std::optional<sdk::Error> go_back(const Rehearsed& out);

  const sdk::Host& host_;
  sdk::Db& copy_;
  const std::string& fresh_session_;
  Description now_;  // of the copy
};

}  // namespace tidegate::rehearse
