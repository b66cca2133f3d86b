// SPDX-License-Identifier: Apache-2.0
#include "static/pending_text.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "migrations/catalog/load.hpp"
#include "migrations/statements.hpp"
#include "migrations/syntax/parse.hpp"

namespace tidegate::safety {

using sdk::Error;
using sdk::Result;
using sdk::Status;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Status::not_found, "could not read " + path, "give it read permission, or leave it out"};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<migrations::catalog::Catalog> load_catalog(const sdk::Host& host, const std::vector<migrations::syntax::Name>* names) {
  auto session = host.db();
  if (!session) return session.error();
  std::string text;
  const std::string argument = names == nullptr ? "null" : migrations::catalog::load_argument(*names);
  auto asked = session->query(migrations::catalog::load_query(), {argument}, [&](const sdk::Row& row) { text = std::string(row[0]); });
  if (!asked) return asked.error();
  return migrations::catalog::load(text);
}

std::vector<migrations::syntax::Name> names_in(std::string_view text) {
  std::vector<migrations::syntax::Action> actions;
  const auto parts = migrations::statements(text);
  if (!parts) return {};
  for (const auto& part : *parts) {
    auto parsed = migrations::syntax::parse(part.in(text));
    std::move(parsed.actions.begin(), parsed.actions.end(), std::back_inserter(actions));
    for (const auto& inner : parsed.body.statements) {
      auto more = migrations::syntax::parse(inner);
      std::move(more.actions.begin(), more.actions.end(), std::back_inserter(actions));
    }
  }
  return migrations::catalog::names_in(actions);
}

std::string statements_text(const migrations::PendingMigration& migration) {
  std::string out;
  for (const auto& s : migration.statements) out += s.sql + "\n;\n";  // the line break ends a comment that may stand at the end
  return out;
}

Text text_of(const migrations::PendingMigration& migration) {
  if (!migration.file.empty()) {
    if (auto text = read_file(migration.file)) {
      const bool same = std::all_of(migration.statements.begin(), migration.statements.end(),
                                    [&](const auto& s) { return text->find(s.sql) != std::string::npos; });
      if (same) return {std::move(*text), true};
    }
  }
  return {statements_text(migration), false};
}

}  // namespace tidegate::safety
