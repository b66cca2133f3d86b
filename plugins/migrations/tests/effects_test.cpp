// SPDX-License-Identifier: Apache-2.0
// Predicted effects against measured ones: every statement of tests/fixtures/lock_matrix, on its real schema.
#include "migrations/effects/effects.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <set>
#include <sstream>

#include "migrations/catalog/load.hpp"
#include "migrations/catalog/replay.hpp"
#include "migrations/statements.hpp"
#include "migrations/syntax/parse.hpp"
#include "support/files.hpp"
#include "support/postgres.hpp"

namespace tidegate::migrations {
namespace {

using Set = std::set<std::string>;

std::string fixture(const std::string& name) {
  return test::file_text(std::string(TIDEGATE_FIXTURES) + "/lock_matrix/" + name);
}

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> out;
  std::size_t at = 0;
  for (auto end = text.find(by); end != std::string::npos; end = text.find(by, at)) {
    out.push_back(text.substr(at, end - at));
    at = end + by.size();
  }
  out.push_back(text.substr(at));
  return out;
}

struct Row {
  std::string statement, error;
  Set locks, rewritten, scanned;
};

std::vector<Row> rows() {
  std::vector<Row> out;
  std::istringstream lines(fixture("pg15.tsv"));
  std::string line;
  std::getline(lines, line);  // the names of the columns
  while (std::getline(lines, line)) {
    const auto cells = split(line, "\t");
    if (cells.size() < 7) throw std::runtime_error("a row of another shape: " + line);
    Row row{cells[0], cells[6] == "-" ? "" : cells[6], {}, {}, {}};
    if (cells[1] != "-") {
      for (const auto& lock : split(cells[1], ", ")) row.locks.insert(lock + "Lock");
    }
    if (cells[3] != "-") {
      for (const auto& name : split(cells[3], ", ")) row.rewritten.insert(name.substr(0, name.find('(')));
    }
    if (cells[5] != "-") {
      for (const auto& scan : split(cells[5], "; ")) {
        const auto colon = scan.find(":seq=");
        if (scan.substr(colon + 5, 2) != "0/") row.scanned.insert(scan.substr(0, colon));
      }
    }
    out.push_back(std::move(row));
  }
  return out;
}

struct Predicted {
  Set locks, rewritten, scanned;
};

Predicted predict(catalog::Catalog catalog, const std::string& text) {
  Predicted out;
  const auto parts = statements(text);
  if (!parts) throw std::runtime_error("not split: " + text);
  for (const auto& part : *parts) {
    const auto parsed = syntax::parse(part.in(text));
    EXPECT_TRUE(parsed.understood) << text << ": " << parsed.why;
    for (const auto& action : parsed.actions) {
      const auto effects = effects::of(action, catalog);
      for (const auto& lock : effects.locks) {
        if (!lock.harmless) out.locks.insert(lock.relation + ":" + std::string(effects::name_of(lock.mode)));
      }
      out.rewritten.insert(effects.rewritten.begin(), effects.rewritten.end());
      out.scanned.insert(effects.scanned.begin(), effects.scanned.end());
      catalog::replay(catalog, action);
    }
  }
  return out;
}

std::string text_of(const Set& set) {
  std::string out;
  for (const auto& item : set) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "-" : out;
}

std::string difference(const char* what, const Set& predicted, const Set& measured) {
  if (predicted == measured) return {};
  return std::string("\n    ") + what + " predicted: " + text_of(predicted) + "\n    " + what + " measured:  " + text_of(measured);
}

int score(const catalog::Catalog& catalog, int& of, const char* source) {
  int right = 0;
  of = 0;
  for (const auto& row : rows()) {
    if (!row.error.empty()) continue;
    ++of;
    const auto predicted = predict(catalog, row.statement);
    const auto wrong = difference("locks", predicted.locks, row.locks) + difference("rewritten", predicted.rewritten, row.rewritten) +
                       difference("scanned", predicted.scanned, row.scanned);
    if (wrong.empty()) {
      ++right;
    } else {
      std::cout << "  " << row.statement << wrong << "\n";
    }
  }
  std::cout << "lock matrix, facts from " << source << ": " << right << " of " << of << " as measured\n";
  return right;
}

catalog::Catalog replayed() {
  catalog::Catalog catalog;
  const auto text = fixture("setup.sql");
  const auto parts = statements(text);
  for (const auto& part : *parts) {
    const auto parsed = syntax::parse(part.in(text));
    EXPECT_TRUE(parsed.understood) << part.in(text);
    for (const auto& action : parsed.actions) catalog::replay(catalog, action);
  }
  catalog.complete = true;
  catalog.next_migration(true);
  return catalog;
}

TEST(Effects, LockMatrix_FactsFromTheServer_AllAsMeasured) {
  test::TestDatabase database;
  database.sql(fixture("setup.sql"));
  const auto answer = [&](const std::string& argument) {
    auto query = std::string(catalog::load_query());
    query.replace(query.find("$1"), 2, "'" + argument + "'");
    return database.value(query);
  };
  const auto everything = catalog::load(answer("null"));
  ASSERT_TRUE(everything) << everything.error().message;
  int of = 0;
  EXPECT_EQ(score(*everything, of, "the server"), of);
  EXPECT_EQ(of, 137);
}

TEST(Effects, LockMatrix_FactsFromReplay_AllAsMeasured) {
  int of = 0;
  EXPECT_EQ(score(replayed(), of, "replay"), of);
  EXPECT_EQ(of, 137);
}

TEST(Effects, NamedObjectsAlone_BringWhatHangsTogetherWithThem) {
  test::TestDatabase database;
  database.sql(fixture("setup.sql"));
  const auto named = catalog::names_in(syntax::parse("drop table t cascade").actions);
  auto query = std::string(catalog::load_query());
  query.replace(query.find("$1"), 2, "'" + catalog::load_argument(named) + "'");
  const auto catalog = catalog::load(database.value(query));
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_NE(catalog->find({{}, "parent"}), nullptr);
  EXPECT_NE(catalog->find({{}, "mv"}), nullptr);
  EXPECT_EQ(catalog->find({{}, "part"}), nullptr);
  EXPECT_TRUE(predict(*catalog, "drop table t cascade").locks.contains("mv_u:AccessExclusiveLock"));
}

/// Section 1d of the facts: no rewrite and no scan.
TEST(Effects, FreeTypeChanges_TouchNoRow) {
  catalog::Catalog catalog;
  catalog.utc = true;
  const auto run = [&](const std::string& sql) {
    for (const auto& action : syntax::parse(sql).actions) catalog::replay(catalog, action);
  };
  run("create table f (v varchar(10), vv varchar, tx text, n numeric(10,2), t0 timestamp(0), t3 timestamp(3), ts timestamp, z timestamptz(3), tz timestamptz, "
      "ti time(3), iv interval(3), c cidr, ct citext, i int)");
  catalog.next_migration(true);
  const auto effect = [&](const std::string& change) { return predict(catalog, "alter table f alter column " + change); };
  for (const auto* change :
       {"v type varchar(20)", "v type varchar", "v type text", "vv type text", "tx type varchar", "n type numeric(12,2)", "n type numeric",
        "t0 type timestamp(3)", "t3 type timestamp", "t3 type timestamp(6)", "z type timestamptz", "z type timestamptz(6)", "ti type time(6)", "ti type time",
        "iv type interval(6)", "iv type interval", "c type inet", "vv type citext", "tx type citext", "v type citext", "ct type text", "ct type varchar",
        "ts type timestamptz", "tz type timestamp", "i type oid", "ts type timestamp(6)", "v type varchar(10)", "tx type varchar using tx::varchar"}) {
    const auto found = effect(change);
    EXPECT_TRUE(found.rewritten.empty() && found.scanned.empty()) << change;
  }
  for (const auto* change : {"v type varchar(5)", "tx type varchar(5)", "n type numeric(8,2)", "n type numeric(12,4)", "i type bigint", "ts type timestamp(3)",
                             "t3 type timestamp(0)", "iv type interval(0)", "tx type int using tx::int", "i type text", "tx type text using lower(tx)"}) {
    EXPECT_TRUE(effect(change).rewritten.contains("f")) << change;
  }
  catalog.utc = false;
  EXPECT_TRUE(effect("ts type timestamptz").rewritten.contains("f"));
}

TEST(Effects, WhatThisMigrationMade_LocksNobodyOut) {
  catalog::Catalog catalog;
  const auto create = syntax::parse("create table n (id int primary key)");
  catalog::replay(catalog, create.actions[0]);
  const auto effects = effects::of(syntax::parse("create index on n (id)").actions[0], catalog);
  EXPECT_EQ(effects.strongest(), nullptr);
  EXPECT_FALSE(effects.locks.empty());
  catalog.next_migration(true);
  EXPECT_NE(effects::of(syntax::parse("create index on n (id)").actions[0], catalog).strongest(), nullptr);
}

}  // namespace
}  // namespace tidegate::migrations
