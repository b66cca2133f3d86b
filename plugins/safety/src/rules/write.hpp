// SPDX-License-Identifier: Apache-2.0
//
// Words and SQL for findings: quoted names, statements rewritten into their safe form. Pure: any thread.
#pragma once
#include <string>
#include <string_view>

#include "rules/rule.hpp"

namespace tidegate::safety::rules {

std::string quoted(std::string_view identifier);
std::string quoted(const syntax::Name& name);
std::string quoted_list(const std::vector<std::string>& columns);
std::string literal(std::string_view text);
/// `insert` after the first occurrence of the word, which stands in upper case here: CREATE INDEX → CREATE INDEX CONCURRENTLY.
std::string after_word(std::string_view statement, std::string_view word, std::string_view insert);
/// The statement with `part` in place of what stands at `span`.
std::string replaced(std::string_view statement, syntax::Span span, std::string_view part);
/// ALTER TABLE name command;
std::string alter(const syntax::Name& table, std::string_view command);
/// For a command of an ALTER TABLE that is to be written otherwise: that command alone, in its own words.
std::string_view words_of(const Statement& statement, const syntax::AlterCommand& command);
std::string chosen(const syntax::Name& table, const std::vector<std::string>& columns, std::string_view label);

/// Visits each command of an ALTER TABLE on something that others use.
template <class F>
void each_command(const Statement& s, syntax::Alter what, F&& visit) {
  const auto* alter = std::get_if<syntax::AlterTable>(&s.action);
  if (alter == nullptr || alter->kind == syntax::Object::index || alter->kind == syntax::Object::type || !s.in_use(alter->table)) return;
  for (const auto& c : alter->commands) {
    if (c.what == what) visit(*alter, c);
  }
}
std::string key_of(const Statement& statement, const syntax::Name& name);

}  // namespace tidegate::safety::rules
