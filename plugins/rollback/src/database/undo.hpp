// SPDX-License-Identifier: Apache-2.0
//
// Undo: takes migrations back, newest first, a transaction each with its history row. Everything that can be known
// before the first change is refused before it. Made for one call into the stage; stage thread.
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "database/account.hpp"
#include "database/inverse.hpp"
#include "migrations/history.hpp"

namespace tidegate::rollback {

/// By the migration's name.
using AppliedRows = std::map<std::string, std::vector<AppliedRow>>;

/// Which ones: these, or all that were applied after one that stays.
struct Wanted {
  std::vector<std::string> names;
  std::string to;  ///< not empty: counts instead of names
};

struct Undone {
  std::vector<std::string> undone;    ///< newest first
  std::vector<std::string> kept;      ///< asked for, and still there; newest first
  bool half_done = false;             ///< the first that is kept is undone in part, or that is not known
  std::optional<sdk::Error> failure;  ///< why it stopped
};

class Undo {
 public:
  Undo(sdk::Host host, const migrations::Folder& folder) : host_(host), folder_(folder) {}

  /// What is not applied (any more) is no failure: it is undone already. `dry`: says what it would do.
  sdk::Result<Undone> run(const Wanted& wanted, bool dry);
  /// What an earlier run was undoing when it was cut off, as far as one can go on with it; newest first.
  sdk::Result<std::vector<std::string>> half_done();
  /// Goes on with it.
  sdk::Result<Undone> finish();

 private:
  sdk::Result<std::vector<std::string>> newest_first(const migrations::History& history, const Wanted& wanted) const;
  /// One that was cut off, and the way back that it went.
  struct CutOff {
    Inverse inverse;
    HalfUndone at;
  };
  sdk::Result<std::vector<CutOff>> cut_off(sdk::Db& db, const migrations::History& history) const;
  void tell_undone(const Inverse& inverse, std::chrono::steady_clock::time_point began, std::uint32_t statements) const;
  void look_at_the_one_that_failed(sdk::Db& db, bool lost, const migrations::Account& account, Undone& out) const;
  sdk::Result<std::vector<Inverse>> ways_of(sdk::Db& db, const migrations::History& history, const std::vector<std::string>& names) const;
  std::optional<sdk::Error> refuse_loss(sdk::Db& db, const migrations::HistoryPlace& place, const AppliedRows& rows,
                                        const std::vector<Inverse>& inverses) const;
  [[nodiscard]] std::optional<sdk::Error> refuse_half_done(const migrations::History& history, const Wanted& wanted) const;

  sdk::Host host_;
  const migrations::Folder& folder_;
};

}  // namespace tidegate::rollback
