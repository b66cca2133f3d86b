// SPDX-License-Identifier: Apache-2.0
//
// How one migration has to be run: whole in one transaction, or in parts with an open history row. Also where a file is
// refused before anything is touched. Pure: any thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/result.hpp>
#include <vector>

#include "migrations/statements.hpp"

namespace tidegate::migrations {

/// A run of statements that go together: one transaction, or a single statement outside of any.
struct Part {
  std::vector<Statement> statements;
  bool transactional = true;
  bool concurrently = false;
  std::string begin = "BEGIN";  ///< with the options that the file asked for
};

struct FilePlan {
  bool plain = false;  ///< the text is sent as it stands, in one transaction; `parts` is empty
  bool whole = true;   ///< everything and the history row in one transaction
  std::vector<Part> parts;
  bool mentions_role = false, mentions_lock_timeout = false;
};

/// `file` is what errors name. Errors have class config and a place.
sdk::Result<FilePlan> plan_file(std::string_view text, const std::string& file);

/// The parts of a text whose every statement has to run by itself.
sdk::Result<FilePlan> plan_one_by_one(std::string_view text, const std::string& file);

}  // namespace tidegate::migrations
