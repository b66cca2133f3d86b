// SPDX-License-Identifier: Apache-2.0
#include "rules/write.hpp"

#include <algorithm>

#include "migrations/scanner.hpp"

namespace tidegate::safety::rules {
namespace {

using migrations::lexical::Kind;
using migrations::lexical::Scanner;

bool same_word(std::string_view word, std::string_view upper) {
  return word.size() == upper.size() &&
         std::equal(word.begin(), word.end(), upper.begin(), [](char a, char b) { return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b; });
}

}  // namespace

std::string_view name_of(Severity severity) {
  constexpr std::string_view names[] = {"allow", "info", "warn", "deny"};
  return names[static_cast<std::size_t>(severity)];
}

std::optional<Severity> severity_named(std::string_view name) {
  for (const auto severity : {Severity::allow, Severity::info, Severity::warn, Severity::deny}) {
    if (name_of(severity) == name) return severity;
  }
  return std::nullopt;
}

bool Statement::in_use(const syntax::Name& name) const {
  if (name.schema == "pg_temp") return false;
  if (const auto* found = catalog.find(name); found != nullptr) return !found->is_new();
  if (const auto index = catalog.find_index(name); index.table != nullptr) return !index.table->is_new();
  return !catalog.complete;
}

std::string Statement::shown(const syntax::Name& name) const {
  const auto* found = catalog.find(name);
  return found != nullptr ? catalog.shown(*found) : catalog.shown(name);
}

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}
std::string quoted(const syntax::Name& name) {
  return name.schema.empty() ? quoted(name.name) : quoted(name.schema) + "." + quoted(name.name);
}
std::string quoted_list(const std::vector<std::string>& columns) {
  std::string out;
  for (const auto& column : columns) out += (out.empty() ? "" : ", ") + quoted(column);
  return out;
}
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string after_word(std::string_view statement, std::string_view word, std::string_view insert) {
  Scanner scanner(statement);
  for (auto token = scanner.next(); token.kind != Kind::end && token.kind != Kind::trouble; token = scanner.next()) {
    if (token.kind != Kind::word || !same_word(token.text, word)) continue;
    const auto end = token.at + token.text.size();
    return std::string(statement.substr(0, end)) + " " + std::string(insert) + std::string(statement.substr(end)) + ";";
  }
  return std::string(statement) + ";";
}

std::string replaced(std::string_view statement, syntax::Span span, std::string_view part) {
  return std::string(statement.substr(0, span.offset)) + std::string(part) + std::string(statement.substr(std::min(span.offset + span.length, statement.size())));
}

std::string alter(const syntax::Name& table, std::string_view command) {
  return "ALTER TABLE " + quoted(table) + " " + std::string(command) + ";\n";
}

std::string_view words_of(const Statement& statement, const syntax::AlterCommand& command) {
  return command.at.in(statement.text);
}

std::string chosen(const syntax::Name& table, const std::vector<std::string>& columns, std::string_view label) {
  std::string out = table.name;
  for (const auto& column : columns) out += "_" + column;
  return out + "_" + std::string(label);
}

std::string key_of(const Statement& statement, const syntax::Name& name) {
  const auto* found = statement.catalog.find(name);
  return found != nullptr ? found->key() : statement.catalog.key_of(name);
}

std::span<const Rule> all() {
  static const std::vector<Rule> list = [] {
    std::vector<Rule> out;
    for (const auto rules : {lock_rules(), table_rules(), loss_rules(), compatibility_rules(), advice_rules()}) out.insert(out.end(), rules.begin(), rules.end());
    return out;
  }();
  return list;
}

const Rule* find(std::string_view id) {
  const auto rules = all();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

}  // namespace tidegate::safety::rules
