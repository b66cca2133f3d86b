// SPDX-License-Identifier: Apache-2.0
#include "database/inverse.hpp"

#include "migrations/statements.hpp"

namespace tidegate::rollback {

using sdk::Error;
using sdk::Result;
using sdk::Status;

namespace {

/// What was derived, as a text that is run like a file.
Result<Inverse> derived_inverse(const migrations::WayBack& way) {
  Inverse out{way.name, way.name + " (derived way back)", {}, {}, false, way.statements};
  for (const auto& statement : way.statements) out.text += statement + ";\n";
  if (way.statements.empty()) out.text = "SELECT 1;\n";  // it changed nothing that is described
  auto plan = migrations::plan_file(out.text, out.file);
  if (!plan) return plan.error();
  out.plan = std::move(*plan);
  return out;
}

}  // namespace

const migrations::WayBack* way_of(const std::vector<migrations::WayBack>& ways, const std::string& name, const std::string& checksum) {
  for (const auto& way : ways)
    if (way.name == name && (checksum.empty() || way.checksum.empty() || way.checksum == checksum)) return &way;
  return nullptr;
}

Result<Inverse> inverse_of(const migrations::Folder& folder, const std::string& name, const std::string& checksum,
                           const std::vector<migrations::WayBack>& ways) {
  auto text = folder.down_text(name);
  if (!text && text.error().code != Status::not_found) return text.error();
  if (!text) {
    const auto* way = way_of(ways, name, checksum);
    if (way != nullptr && !way->by_file && way->proven && way->reversible != "irreversible") return derived_inverse(*way);
    auto why = folder.find(name) == nullptr ? "it is not in the folder " + folder.path() : text.error().message;
    if (way != nullptr && !way->by_file) why += ", and the way back that was derived is not proven: " + way->unproven;
    return Error{Status::not_found, std::move(why), "write a down.sql beside its migration.sql"};
  }
  Inverse out{name, folder.down_file(name), std::move(*text), {}, true, {}};
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
