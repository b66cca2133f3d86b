// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "migrations/fingerprint/difference.hpp"
#include "migrations/headline.hpp"
#include "migrations/inverse/state.hpp"
#include "migrations/statements.hpp"
#include "migrations/syntax/parse.hpp"

namespace tidegate::migrations::inverse {
namespace {

using fingerprint::Change;
using syntax::Object;

/// As the fingerprint calls what the grammar names.
bool fits(Object object, std::string_view kind) {
  switch (object) {
    case Object::table:
    case Object::view:
    case Object::materialized_view:
    case Object::sequence:
    case Object::foreign_table:  // ALTER TABLE renames any of them
      return kind == "table" || kind == "view" || kind == "materialized view" || kind == "sequence" || kind == "foreign table" ||
             kind == "index";
    case Object::index:
      return kind == "index";
    case Object::type:
    case Object::domain:
      return kind == "enum" || kind == "composite type" || kind == "range" || kind == "domain" || kind == "type";
    case Object::column:
      return kind == "column" || kind == "attribute";
    case Object::attribute:
      return kind == "attribute";
    case Object::constraint:
    case Object::domain_constraint:
      return kind == "constraint";
    case Object::trigger:
      return kind == "trigger";
    case Object::policy:
      return kind == "policy";
    case Object::rule:
      return kind == "rule";
    case Object::function:
      return kind == "function" || kind == "procedure" || kind == "aggregate";
    case Object::schema:
      return kind == "schema";
    default:
      return false;
  }
}

std::string rename_back(const Change& now, const std::string& old) {
  const auto& k = now.kind;
  const std::string table = "ALTER " + relation_word(now.part_of_kind) + " " + now.part_of;
  if (k == "column") return table + " RENAME COLUMN " + now.name + " TO " + old;
  if (k == "attribute") return "ALTER TYPE " + now.part_of + " RENAME ATTRIBUTE " + now.name + " TO " + old;
  if (k == "constraint")
    return (now.part_of_kind == "domain" ? "ALTER DOMAIN " + now.part_of : table) + " RENAME CONSTRAINT " + now.name + " TO " + old;
  Item item{now.kind, now.part_of, now.name, {}};
  return "ALTER " + comment_target(item, now.part_of_kind) + " RENAME TO " + parts_of_name(old).second;
}

/// Whether its name changes with that of another: a partition's column, and a column's sequence.
bool follows(const State& state, const Change& change, bool sequences_too) {
  const auto* item = state.find(change.kind, change.part_of, change.name);
  if (item == nullptr) return false;
  const auto values = values_of(*item);
  const bool of_column = values.contains("owned by") || values.contains("identity of");
  return values.contains("inherited") || (of_column && !sequences_too);
}

}  // namespace

bool stands_alone(std::string_view statement) {
  const auto parsed = syntax::parse(statement);
  if (!parsed.understood || parsed.actions.size() != 1) return false;
  return std::holds_alternative<syntax::Rename>(parsed.actions.front()) ||
         std::holds_alternative<syntax::SetSchema>(parsed.actions.front());
}

std::vector<std::string> pieces(std::string_view text) {
  std::vector<std::string> out;
  const auto all = statements(text);
  if (!all) return out;
  bool open = false;  // the last piece goes on
  std::size_t begun = 0;
  for (const auto& one : *all) {
    const bool alone = !one.transactional || stands_alone(one.in(text));
    if (!open || alone) {
      out.emplace_back(one.in(text));
      begun = one.offset;
    } else {
      out.back() = text.substr(begun, one.offset + one.length - begun);
    }
    open = !alone;
  }
  return out;
}

bool take_back_name(const fingerprint::Description& before, const fingerprint::Description& after, std::string_view statement, Work& work) {
  const auto all = statements(statement);
  if (!all || all->size() != 1) return false;
  const auto parsed = syntax::parse(all->front().in(statement));
  if (!parsed.understood || parsed.actions.size() != 1) return false;
  const auto* rename = std::get_if<syntax::Rename>(&parsed.actions.front());
  const auto* move = std::get_if<syntax::SetSchema>(&parsed.actions.front());
  if (rename == nullptr && move == nullptr) return false;
  const Object object = rename != nullptr ? rename->kind : move->kind;
  const auto found = fingerprint::difference(before, after);
  const State was(before), is(after);
  const Change *old = nullptr, *now = nullptr;
  // A table takes its columns' sequences along when it moves; one that is renamed by itself is all there is.
  for (const bool also_followers : {false, true}) {
    for (const auto& change : found.changes) {
      const State& side = change.what == Change::What::missing ? was : is;
      if (!fits(object, change.kind) || follows(side, change, also_followers)) continue;
      if (change.what == Change::What::missing && old == nullptr) old = &change;
      if (change.what == Change::What::added && now == nullptr) now = &change;
    }
    if (old != nullptr && now != nullptr) break;
  }
  if (old == nullptr || now == nullptr || old->kind != now->kind) return false;
  if (move != nullptr) {
    auto schema = parts_of_name(old->name).first;
    if (schema.empty()) return false;
    schema.pop_back();
    work.run(Phase::alter, "ALTER " + comment_target({now->kind, {}, now->name, {}}, {}) + " SET SCHEMA " + schema);
    return true;
  }
  auto back = old->name;
  if (now->kind == "function" || now->kind == "procedure" || now->kind == "aggregate") {
    back = parts_of_name(back).second;
    back = back.substr(0, back.find('('));
  }
  work.run(Phase::alter, rename_back(*now, back));
  return true;
}

namespace {

/// What belongs to the server, or is otherwise not in a description of the database, so that nothing would be seen to be missing.
bool is_not_described(const syntax::Action& action) {
  const auto* other = std::get_if<syntax::Other>(&action);
  constexpr std::string_view tags[] = {"CreateRoleStmt",
                                       "AlterRoleStmt",
                                       "AlterRoleSetStmt",
                                       "DropRoleStmt",
                                       "GrantRoleStmt",
                                       "AlterSystemStmt",
                                       "CreatedbStmt",
                                       "DropdbStmt",
                                       "CreateTableSpaceStmt",
                                       "DropTableSpaceStmt",
                                       "AlterTableSpaceOptionsStmt",
                                       "LoadStmt",
                                       "DropOwnedStmt"};
  return other != nullptr && std::find(std::begin(tags), std::end(tags), other->tag) != std::end(tags);
}

/// Whether calling it may change rows that were there: what is not PostgreSQL's own, was not made here, and does not say
/// that it only reads.
bool may_write(const State& before, const std::map<std::string, char>& made_here, const syntax::Name& function) {
  if (function.schema == "pg_catalog") return false;
  if (const auto made = made_here.find(function.name); made != made_here.end()) return made->second == 'v';
  return function.name.starts_with("dblink") || function.name.starts_with("lo_") || before.has_volatile_routine_named(function.name);
}

}  // namespace

constexpr std::size_t kShown = 60;  // of a statement in a reason: without its literals, one of which may be a secret

void judge_rows(const State& before, std::string_view text, Work& work) {
  const auto all = statements(text);
  if (!all) return work.at_least(Grade::loses_data, "the statements cannot be told apart, so what they do to rows is not known");
  // By the last part of the name: a table of that name in any schema counts as there before.
  const auto was_there = [&](const syntax::Name& table) { return before.has_relation_named(table.name); };
  std::map<std::string, char> made_here;  // functions, with their volatility
  for (const auto& one : *all) {
    const auto sql = one.in(text);
    const auto shown = headline(sql, kShown);
    const auto parsed = syntax::parse(sql);
    if (!parsed.understood) {
      work.at_least(Grade::loses_data, "what it does to rows is not known: " + shown);
      continue;
    }
    for (const auto& action : parsed.actions) {
      if (is_not_described(action)) work.at_least(Grade::irreversible, "what it changes is not part of the database alone: " + shown);
      if (const auto* made = std::get_if<syntax::CreateFunction>(&action)) made_here[made->function.name] = made->volatility;
      if (const auto* dml = std::get_if<syntax::Dml>(&action)) {
        for (const auto& function : dml->functions)
          if (may_write(before, made_here, function))
            work.at_least(Grade::loses_data, "what the function " + function.name + " does to rows is not known: " + shown);
        const bool writes = dml->verb != syntax::Verb::select && was_there(dml->table);
        const bool writes_more = std::any_of(dml->writes.begin(), dml->writes.end(), was_there);
        const bool fills_new_columns = dml->verb == syntax::Verb::update && !writes_more && !dml->columns.empty() &&
                                       std::none_of(dml->columns.begin(), dml->columns.end(), [&](const std::string& column) {
                                         return before.has_column_named(dml->table.name, column);
                                       });
        if ((writes || writes_more) && !fills_new_columns) work.at_least(Grade::loses_data, "rows stay as changed by: " + shown);
      } else if (const auto* truncate = std::get_if<syntax::Truncate>(&action)) {
        if (std::any_of(truncate->tables.begin(), truncate->tables.end(), was_there))
          work.at_least(Grade::loses_data, "rows are gone by: " + shown);
      } else if (std::holds_alternative<syntax::Code>(action) || std::holds_alternative<syntax::CopyTable>(action)) {
        work.at_least(Grade::loses_data, "what it does to rows is not known: " + shown);
      }
    }
  }
}

}  // namespace tidegate::migrations::inverse
