// SPDX-License-Identifier: Apache-2.0
#include "database/inverse.hpp"

#include "migrations/statements.hpp"

namespace tidegate::rollback {

using sdk::Error;
using sdk::Result;
using sdk::Status;

Result<Inverse> inverse_of(const migrations::Folder& folder, const std::string& name) {
  Inverse out{name, folder.down_file(name), {}, {}};
  auto text = folder.down_text(name);
  if (!text) {
    Error error = text.error();
    if (error.code == Status::not_found)
      return Error{Status::not_found, folder.find(name) == nullptr ? "it is not in the folder " + folder.path() : error.message,
                   "write a down.sql beside its migration.sql"};
    return error;
  }
  out.text = std::move(*text);
  auto plan = migrations::plan_file(out.text, out.file);
  if (!plan) return plan.error();
  out.plan = std::move(*plan);
  // Marked as undone while all of it stands: so an empty file is no way back.
  if (const auto split = migrations::statements(out.text); split && split->empty())
    return Error{Status::config, "the file has no statement",
                 "write the SQL that undoes the migration; SELECT 1; when there is nothing to undo", out.file};
  return out;
}

std::string in_one_line(const Error& error) {
  std::string out = error.file;
  if (error.line != 0) out += ":" + std::to_string(error.line) + ":" + std::to_string(error.column);
  return out.empty() ? error.message : out + ": " + error.message;
}

}  // namespace tidegate::rollback
