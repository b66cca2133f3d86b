// SPDX-License-Identifier: Apache-2.0
#include "migrations/inverse/state.hpp"

#include <algorithm>
#include <array>

namespace tidegate::migrations::inverse {

namespace {

std::string unquoted(const std::string& name) {
  if (!name.starts_with('"')) return name;
  std::string out;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    out += name[i];
    if (name[i] == '"') ++i;
  }
  return out;
}

}  // namespace

Values values_of(const Item& item) {
  Values out;
  for (auto& property : fingerprint::properties_of(item)) out.emplace(std::move(property.name), std::move(property.value));
  return out;
}

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> out;
  std::size_t from = 0;
  for (auto at = text.find(by); at != std::string::npos; at = text.find(by, from)) {
    out.push_back(text.substr(from, at - from));
    from = at + by.size();
  }
  out.push_back(text.substr(from));
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = text.find('\\') == std::string_view::npos ? "'" : "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + "'";
}

std::string_view name_of(Grade grade) {
  constexpr std::array<std::string_view, 4> kNames = {"exact", "exact_but_column_order", "loses_data", "irreversible"};
  return kNames.at(static_cast<std::size_t>(grade));
}

State::State(const fingerprint::Description& description) : items_(&description.items()) {
  for (const auto& item : description.items()) {
    if (item.part_of.empty())
      owners_.emplace(item.name, &item);
    else
      by_part_of_[item.part_of].push_back(&item);
  }
}

const Item* State::owner(std::string_view name) const {
  const auto found = owners_.find(name);
  return found == owners_.end() ? nullptr : found->second;
}

std::vector<const Item*> State::parts(std::string_view of) const {
  const auto found = by_part_of_.find(of);
  return found == by_part_of_.end() ? std::vector<const Item*>{} : found->second;
}

const Item* State::find(std::string_view kind, std::string_view part_of, std::string_view name) const {
  if (part_of.empty()) {
    const auto* item = owner(name);
    return item != nullptr && item->kind == kind ? item : nullptr;
  }
  for (const auto* item : parts(part_of))
    if (item->kind == kind && item->name == name) return item;
  return nullptr;
}

std::vector<std::string> State::column_order(std::string_view of) const {
  std::vector<std::string> out;
  const auto* item = find(fingerprint::kColumnOrder, of, "");
  if (item == nullptr) return out;
  bool in_quotes = false;
  std::string name;
  for (const char c : item->definition + ",") {
    if (c == '"') in_quotes = !in_quotes;
    if (c == ',' && !in_quotes) {
      out.push_back(std::move(name));
      name.clear();
    } else if (in_quotes || c != ' ') {
      name += c;
    }
  }
  return out;
}

bool State::has_relation_named(std::string_view name) const {
  return std::any_of(owners_.begin(), owners_.end(),
                     [&](const auto& entry) { return unquoted(parts_of_name(entry.second->name).second) == name; });
}

bool State::has_column_named(std::string_view relation, std::string_view column) const {
  for (const auto& [owner, items] : by_part_of_) {
    if (unquoted(parts_of_name(owner).second) != relation) continue;
    for (const auto* item : items)
      if (item->kind == "column" && unquoted(item->name) == column) return true;
  }
  return false;
}

bool State::has_volatile_routine_named(std::string_view name) const {
  return std::any_of(items_->begin(), items_->end(), [&](const Item& item) {
    if (item.kind != "function" && item.kind != "procedure") return false;
    const auto own = parts_of_name(item.name).second;
    if (unquoted(own.substr(0, own.find('('))) != name) return false;
    const auto head = item.definition.substr(0, item.definition.find("AS $"));
    return head.find(" IMMUTABLE") == std::string::npos && head.find(" STABLE") == std::string::npos;
  });
}

const Item* State::identity_sequence(const std::string& column) const {
  for (const auto& [name, item] : owners_)
    if (item->kind == "sequence" && ("\n" + item->definition + "\n").find("\nidentity of: " + column + "\n") != std::string::npos)
      return item;
  return nullptr;
}

std::pair<std::string, std::string> parts_of_name(const std::string& name) {
  bool in_quotes = false;
  for (std::size_t i = 0; i < name.size() && (in_quotes || name[i] != '('); ++i) {
    if (name[i] == '"') in_quotes = !in_quotes;
    if (name[i] == '.' && !in_quotes) return {name.substr(0, i + 1), name.substr(i + 1)};
  }
  return {{}, name};
}

void Work::drop_together(Phase phase, const std::string& command, const std::string& name) {
  auto& list = together_[{phase, command}];
  list += (list.empty() ? "" : ", ") + name;
}

void Work::at_least(Grade grade, std::string reason) {
  out_.grade = std::max(out_.grade, grade);
  if (std::find(out_.reasons.begin(), out_.reasons.end(), reason) == out_.reasons.end()) out_.reasons.push_back(std::move(reason));
}

Inverse Work::finish() {
  for (auto& [key, names] : together_) statements_[key.first].push_back(key.second + " " + names);
  for (auto& [phase, list] : statements_)
    for (auto& sql : list) out_.statements.push_back(std::move(sql));
  return std::move(out_);
}

std::string relation_word(std::string_view kind) {
  if (kind == "view") return "VIEW";
  if (kind == "materialized view") return "MATERIALIZED VIEW";
  if (kind == "foreign table") return "FOREIGN TABLE";
  if (kind == "sequence") return "SEQUENCE";
  return "TABLE";
}

std::string comment_target(const Item& item, std::string_view owner_kind) {
  const auto& k = item.kind;
  const std::string on = " ON " + item.part_of;
  if (k == "column" || k == "attribute") return "COLUMN " + item.identity();
  if (k == "constraint") return "CONSTRAINT " + item.name + (owner_kind == "domain" ? " ON DOMAIN " + item.part_of : on);
  if (k == "index") return "INDEX " + parts_of_name(item.part_of).first + item.name;
  if (k == "trigger") return "TRIGGER " + item.name + on;
  if (k == "policy") return "POLICY " + item.name + on;
  if (k == "rule") return "RULE " + item.name + on;
  if (k == "enum" || k == "composite type" || k == "range" || k == "type") return "TYPE " + item.name;
  static constexpr std::array<std::string_view, 13> kAsTheyAre = {
      "table",  "view",   "materialized view", "foreign table", "sequence",     "function", "procedure", "aggregate",
      "domain", "schema", "statistics",        "publication",   "event trigger"};
  if (std::find(kAsTheyAre.begin(), kAsTheyAre.end(), k) == kAsTheyAre.end()) return {};
  std::string out;
  for (const char c : k) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out + " " + item.name;
}

}  // namespace tidegate::migrations::inverse
