// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "migrations/inverse/state.hpp"

namespace tidegate::migrations::inverse {
namespace {

/// Of GRANT … ON this.
std::string grant_target(const Item& item) {
  const auto& k = item.kind;
  if (k == "table" || k == "view" || k == "materialized view" || k == "foreign table") return "TABLE " + item.name;
  if (k == "column") return "TABLE " + item.part_of;
  if (k == "sequence" || k == "function" || k == "procedure" || k == "schema" || k == "domain") return comment_target(item, {});
  if (k == "aggregate") return "FUNCTION " + item.name;
  if (k == "enum" || k == "composite type" || k == "range" || k == "type") return "TYPE " + item.name;
  return {};
}

struct Grant {
  std::string role;
  std::vector<std::string> rights;  ///< with "*": grant option
};

std::vector<Grant> grants(const std::string& text) {
  std::vector<Grant> out;
  if (text == "none") return out;
  for (const auto& line : split(text, "; ")) {
    const auto colon = line.rfind(": ");
    out.push_back({line.substr(0, colon), split(line.substr(colon + 2), ", ")});
  }
  return out;
}

}  // namespace

void give_privileges(const Item& item, const std::string* was, const std::string* is, const std::string& owner, Work& work) {
  const auto target = grant_target(item);
  const bool by_others =
      (was != nullptr && was->find(" (by ") != std::string::npos) || (is != nullptr && is->find(" (by ") != std::string::npos);
  if (target.empty() || by_others)
    return work.at_least(Grade::irreversible, item.kind + " " + item.identity() + ": its privileges are not known how to change back");
  const std::string column = item.kind == "column" ? " (" + item.name + ")" : "";
  const bool public_by_default =
      target.starts_with("FUNCTION") || target.starts_with("PROCEDURE") || target.starts_with("TYPE") || target.starts_with("DOMAIN");
  std::set<std::string> roles;
  for (const auto* side : {was, is})
    for (const auto& grant : side != nullptr ? grants(*side) : std::vector<Grant>{}) roles.insert(grant.role);
  if (public_by_default) roles.insert("PUBLIC");
  for (const auto& role : roles) work.run(Phase::finish, "REVOKE ALL" + column + " ON " + target + " FROM " + role + " CASCADE");
  if (was == nullptr) {
    if (!owner.empty()) work.run(Phase::finish, "GRANT ALL ON " + target + " TO " + owner);
    if (public_by_default) work.run(Phase::finish, "GRANT ALL ON " + target + " TO PUBLIC");
    return;
  }
  for (const auto& grant : grants(*was)) {
    for (const bool with_option : {false, true}) {
      std::string list;
      for (auto right : grant.rights) {
        if (right.ends_with('*') != with_option) continue;
        if (with_option) right.pop_back();
        list += (list.empty() ? "" : ", ") + right + column;
      }
      if (!list.empty())
        work.run(Phase::finish, "GRANT " + list + " ON " + target + " TO " + grant.role + (with_option ? " WITH GRANT OPTION" : ""));
    }
  }
}

}  // namespace tidegate::migrations::inverse
