// SPDX-License-Identifier: Apache-2.0
// The rules against tests/rules/: a file a case, what is expected in its first lines. README.md there says how.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "migrations/locate.hpp"
#include "rules/analyse.hpp"

namespace tidegate::safety::rules {
namespace {

namespace fs = std::filesystem;
using Found = std::multiset<std::pair<std::string, std::uint32_t>>;

struct Case {
  std::string rule, name, text, before;
  Options options;
  bool complete = false;
  Found expected;
  std::map<std::string, std::string> severities;
  std::map<std::string, catalog::Size> sizes;
  [[nodiscard]] bool silent() const { return name.find("silent") != std::string::npos; }
};

void read_header(const std::string& line, Case& out) {
  std::istringstream words(line);
  std::string dashes, key, first;
  words >> dashes >> key >> first;
  if (key == "expect:" && first != "nothing") {
    std::uint32_t number = 0;
    words >> number;
    out.expected.emplace(first, number);
  } else if (key == "with:") {
    if (first == "runner_sets_timeouts=false") out.options.runner_sets_timeouts = false;
    if (first == "pooler=true") out.options.pooler = true;
  } else if (key == "facts:") {
    out.complete = first == "complete";
  } else if (key == "severity:") {
    words >> out.severities[first];
  } else if (key == "size:") {
    auto& size = out.sizes[first];
    std::string unit;
    words >> size.rows >> unit >> size.bytes >> unit;
    if (words >> size.writes) words >> unit;  // rows a second
    else size.writes = -1;
  }
}

Case read_case(const fs::path& path) {
  Case out;
  const auto stem = path.stem().string();
  out.rule = stem.substr(0, stem.find('.'));
  out.name = stem.substr(stem.find('.') + 1);
  std::ifstream file(path);
  std::string line;
  bool migration = false;
  while (std::getline(file, line)) {
    if (!migration && line.starts_with("-- ")) {
      read_header(line, out);
      migration = line == "-- migration";
    } else if (!migration) {
      out.before += line + "\n";
    }
    // Lines above the migration stay as empty ones, so that places are those of the file.
    out.text += (migration && line != "-- migration" ? line : std::string()) + "\n";
  }
  EXPECT_TRUE(migration) << path;
  return out;
}

std::vector<fs::path> case_files() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(TIDEGATE_RULE_CASES)) {
    if (entry.path().extension() == ".sql") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Finding> run(const Case& c) {
  Analysis before({}, c.options);
  before.replay(c.before);
  before.next(true);
  auto catalog = before.catalog();
  catalog.complete = c.complete;
  for (const auto& [name, size] : c.sizes) {
    auto* relation = catalog.find({{}, name});
    if (relation != nullptr) relation->size = size;
  }
  return Analysis(std::move(catalog), c.options).migration(c.text, c.rule + ".sql", {}).findings;
}

std::string text_of(const Found& found) {
  std::string out;
  for (const auto& [rule, line] : found) out += "  " + rule + " " + std::to_string(line) + "\n";
  return out.empty() ? "  nothing\n" : out;
}

TEST(Rules, EachCase_FindsWhatItsFileSays) {
  const auto files = case_files();
  ASSERT_FALSE(files.empty());
  for (const auto& path : files) {
    const auto c = read_case(path);
    ASSERT_NE(find(c.rule), nullptr) << path << " names no rule";
    Found found;
    for (const auto& f : run(c)) {
      const bool awaited = f.rule == c.rule || std::any_of(c.expected.begin(), c.expected.end(), [&](const auto& e) { return e.first == f.rule; });
      if (!f.allowed.empty() || (f.severity == Severity::info && !awaited)) continue;  // advice of other rules
      found.emplace(f.rule, migrations::locate(c.text, f.at).line);
      const auto severity = c.severities.find(f.rule);
      EXPECT_TRUE(severity == c.severities.end() || name_of(f.severity) == severity->second) << path << ": " << name_of(f.severity);
    }
    EXPECT_TRUE(found == c.expected) << path.filename() << "\nfound:\n" << text_of(found) << "expected:\n" << text_of(c.expected);
  }
}

TEST(Rules, EachRule_HasACaseThatFiresAndOneThatIsSilent) {
  std::set<std::string> fires, silent;
  for (const auto& path : case_files()) {
    const auto c = read_case(path);
    (c.silent() ? silent : fires).insert(c.rule);
    if (!c.silent()) {
      EXPECT_TRUE(std::any_of(c.expected.begin(), c.expected.end(), [&](const auto& e) { return e.first == c.rule; })) << path;
    } else {
      EXPECT_FALSE(std::any_of(c.expected.begin(), c.expected.end(), [&](const auto& e) { return e.first == c.rule; })) << path;
    }
  }
  for (const auto& rule : all()) {
    if (rule.id == "rewrite-under-lock") continue;  // of the rehearsal
    EXPECT_TRUE(fires.contains(std::string(rule.id))) << rule.id;
    EXPECT_TRUE(silent.contains(std::string(rule.id))) << rule.id;
  }
}

TEST(Rules, EachId_IsUniqueAndHasASummary) {
  std::set<std::string_view> ids;
  for (const auto& rule : all()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_FALSE(rule.summary.empty()) << rule.id;
    EXPECT_TRUE(rule.group != Group::advice || rule.severity == Severity::info) << rule.id;
  }
}

/// docs/rules.md, from the declarations.
std::string page() {
  const std::pair<Group, const char*> groups[] = {{Group::lock, "## Locks, rewrites, scans"},
                                                  {Group::loss, "## What is gone afterwards, or no longer guarded"},
                                                  {Group::compatibility, "## The code that still runs"},
                                                  {Group::advice, "## Advice"}};
  std::string out;
  for (const auto& [group, title] : groups) {
    out += std::string(out.empty() ? "" : "\n") + title + "\n\n| rule | level | fires when | the code that still runs |\n|---|---|---|---|\n";
    for (const auto& rule : all()) {
      if (rule.group != group) continue;
      out += "| `" + std::string(rule.id) + "` | " + std::string(name_of(rule.severity)) + (rule.weighed ? ", by size" : "") + " | " + std::string(rule.summary) + " | " +
             std::string(rule.old_code) + " |\n";
    }
  }
  return out;
}

TEST(Rules, DocsPage_SaysWhatTheDeclarationsSay) {
  std::ifstream file(TIDEGATE_RULES_PAGE);
  std::stringstream text;
  text << file.rdbuf();
  const auto written = text.str();
  const auto begin = written.find("## Locks");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(written.substr(begin), page());
}

TEST(Rules, AFix_IsSqlThatTheGrammarKnows) {
  for (const auto& path : case_files()) {
    for (const auto& f : run(read_case(path))) {
      const bool template_text = f.fix.find("…") != std::string::npos || f.severity == Severity::info;
      const bool sql = f.fix.starts_with("CREATE") || f.fix.starts_with("ALTER") || f.fix.starts_with("DROP") || f.fix.starts_with("SET") || f.fix.starts_with("VACUUM");
      if (template_text || !sql) continue;
      for (const auto& found : Analysis({}, {}).migration(f.fix, "fix.sql", {}).findings)
        EXPECT_NE(found.rule, "unanalysable-code") << path << "\n" << f.fix << "\n" << found.message;
    }
  }
}

const char* const kDrop = "create table t (id int primary key);\n";

std::vector<Finding> judged(const std::string& sql, const Policy& policy, const std::string& path = "migrations/2024_x/migration.sql") {
  Analysis analysis({}, {});
  analysis.replay(kDrop);
  analysis.next(true);
  auto found = analysis.migration(sql, path, policy).findings;
  std::erase_if(found, [](const Finding& f) { return find(f.rule)->group == Group::advice && f.rule != "unused-suppression"; });
  return found;
}

TEST(Policy, ALevel_HoldsForItsRulesAndPathsAlone_TheLastOneWins) {
  Policy policy;
  policy.levels = {{{"destructive"}, Severity::allow, {}}, {{"drop-table"}, Severity::warn, {"migrations/2024*/**"}}};
  ASSERT_EQ(judged("drop table t;", policy).size(), 1U);
  EXPECT_EQ(judged("drop table t;", policy)[0].severity, Severity::warn);
  EXPECT_TRUE(judged("drop table t;", policy, "migrations/2023_x/migration.sql").empty());
  EXPECT_EQ(judged("drop table t;", {})[0].severity, Severity::deny);
}

TEST(Policy, Advice_NeverBlocks) {
  Policy policy;
  policy.levels = {{{"*"}, Severity::deny, {}}};
  const auto found = Analysis({}, {}).migration("create table x (a money);", "x.sql", policy).findings;
  ASSERT_FALSE(found.empty());
  for (const auto& f : found) EXPECT_NE(f.severity, Severity::deny) << f.rule;
}

TEST(Policy, BaselineMigrations_AreNotJudged) {
  Policy policy;
  policy.baseline = {"2024_x"};
  EXPECT_TRUE(judged("drop table t;", policy).empty());
  EXPECT_FALSE(judged("drop table t;", policy, "migrations/2025_y/migration.sql").empty());
}

TEST(Policy, ACommentBesideAStatement_AllowsWithItsReason) {
  for (const std::string sql : {"-- tidegate: allow(drop-table) unused since May\ndrop table t;", "drop table t; -- tidegate: allow(drop-table) unused since May",
                                "drop table\n  -- tidegate: allow(drop-column, drop-table) unused since May\n  t;"}) {
    const auto found = judged(sql, {});
    ASSERT_EQ(found.size(), 1U) << sql;
    EXPECT_EQ(found[0].severity, Severity::info);
    EXPECT_EQ(found[0].allowed, "unused since May");
  }
  const auto other = judged("-- tidegate: allow(drop-column) no\ndrop table t;", {});
  ASSERT_EQ(other.size(), 2U);
  EXPECT_EQ(other[0].rule, "unused-suppression");
  EXPECT_EQ(other[1].severity, Severity::deny);
  EXPECT_EQ(judged("select '-- tidegate: allow(drop-table) x'; drop table t;", {})[0].severity, Severity::deny);
}

TEST(Policy, Glob_StaysWithinAFolderUnlessDoubled) {
  EXPECT_TRUE(glob_matches("a/*/m.sql", "a/b/m.sql"));
  EXPECT_FALSE(glob_matches("a/*", "a/b/m.sql"));
  EXPECT_TRUE(glob_matches("a/**", "a/b/m.sql"));
  EXPECT_TRUE(glob_matches("**/m.sql", "a/b/m.sql"));
  EXPECT_TRUE(glob_matches("2024_x", "a/2024_x/m.sql"));
  EXPECT_FALSE(glob_matches("2024", "a/2024_x/m.sql"));
}

TEST(Analysis, TextThatIsNoSql_IsSaidToBeWhatItIs) {
  const auto first = [](const std::string& text) {
    const auto found = judged(text, {});
    if (found.empty()) ADD_FAILURE() << "nothing found in " << text.substr(0, 40);
    return found.empty() ? Finding{} : found.front();
  };
  EXPECT_NE(first("\\i other.sql\n").message.find("psql"), std::string::npos);
  EXPECT_NE(first("copy t from stdin;\n1\n\\.\n").message.find("COPY"), std::string::npos);
  EXPECT_NE(first("select 'open").message.find("never closed"), std::string::npos);
  EXPECT_NE(first(std::string("select 1;\0", 10)).message.find("NUL"), std::string::npos);
  EXPECT_NE(first("select '\xff';").message.find("UTF-8"), std::string::npos);
  EXPECT_EQ(first("selekt 1;").rule, "unanalysable-code");
  EXPECT_NE(first("insert into t select '" + std::string(2U << 20U, 'x') + "';").message.find("1 MB"), std::string::npos);
  // What stands before the trouble is judged all the same.
  EXPECT_EQ(first("drop table t;\n\\echo done\n").rule, "drop-table");
}

TEST(Analysis, WithSizes_SaysHowLongAndByWhat) {
  catalog::Catalog catalog;
  Analysis analysis({}, {});
  analysis.replay(kDrop);
  analysis.next(true);
  catalog = analysis.catalog();
  catalog.find({{}, "t"})->size = catalog::Size{1e8, 20'000'000'000, 2'000'000'000, 0};
  const auto found = Analysis(catalog, {}).migration("create index i on t (id);", "x.sql", {}).findings;
  ASSERT_FALSE(found.empty());
  EXPECT_NE(found[0].estimate.find("20 GB"), std::string::npos) << found[0].estimate;
  EXPECT_NE(found[0].estimate.find("min"), std::string::npos) << found[0].estimate;
}

}  // namespace
}  // namespace tidegate::safety::rules
