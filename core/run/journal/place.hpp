// SPDX-License-Identifier: Apache-2.0
//
// What a journal holds of a run beside its events, and the place where it is kept: the target or a file. Owned by the
// Journal, which calls from one thread at a time.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "run/events.hpp"
#include "run/journal/reading.hpp"
#include "run/outcome.hpp"

namespace tidegate::run {

/// What is known of a run when it begins.
struct RunStart {
  std::string id, pipeline, environment, holder;
  std::string version;     ///< of the host
  std::int64_t fence = 0;  ///< of its lease
  std::vector<std::string> pending;
  base::Value reason;  ///< of an override: {"rule","reason"}; nil: none
};

/// How it ended.
struct RunEnd {
  Outcome outcome = Outcome::succeeded;
  int exit = 0;
  std::chrono::milliseconds ms{0};
  std::vector<std::string> applied, pending, kept, undone;
  std::optional<base::Error> error;
  std::vector<Backup> backups = {};
};

class JournalPlace {
 public:
  virtual ~JournalPlace() = default;
  /// `session` is the control session where there is one (a file needs none). What an error leaves unwritten is given again.
  virtual base::Result<void> begin(services::db::Session* session, const RunStart& start, const std::vector<Event>& events) = 0;
  virtual base::Result<void> add(services::db::Session* session, const std::vector<Event>& events) = 0;
  virtual base::Result<void> finish(services::db::Session* session, const RunEnd& end, const std::vector<Event>& events) = 0;
};

/// In schema tidegate; a call is one statement and one commit.
std::unique_ptr<JournalPlace> database_place(const TargetIdentity& target);

}  // namespace tidegate::run
