// SPDX-License-Identifier: Apache-2.0
// What the rehearsal records against what was measured once: every statement of tests/fixtures/lock_matrix, on its schema.
#include "recorder.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>

#include "migrations/statements.hpp"
#include "migrations/tests/libpq_session.hpp"
#include "support/files.hpp"
#include "support/postgres.hpp"

namespace tidegate::rehearse {
namespace {

using Set = std::set<std::string>;

std::string fixture(const std::string& name) {
  return test::file_text(std::string(TIDEGATE_FIXTURES) + "/lock_matrix/" + name);
}

/// The entries of a cell, each up to the mark.
Set entries(const std::string& cell, const std::string& by, const std::string& mark, const std::string& more = {}) {
  Set out;
  if (cell == "-") return out;
  for (std::size_t at = 0; at < cell.size();) {
    const auto end = std::min(cell.find(by, at), cell.size());
    const auto entry = cell.substr(at, end - at);
    out.insert(entry.substr(0, mark.empty() ? std::string::npos : entry.find(mark)) + more);
    at = end + by.size();
  }
  return out;
}

std::string without_public(const std::string& name) {
  return name.starts_with("public.") ? name.substr(7) : name;
}

std::string text_of(const Set& set) {
  std::string out;
  for (const auto& item : set) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "-" : out;
}

TEST(Recorder, LockMatrix_IsRecordedAsItWasMeasured) {
  test::TestDatabase database;
  database.sql(fixture("setup.sql"));
  auto db = migrations::test::libpq_session(database.url(), migrations::test::Access::write);
  std::istringstream lines(fixture("pg15.tsv"));
  std::string line;
  std::getline(lines, line);  // the names of the columns
  int of = 0, right = 0;
  while (std::getline(lines, line)) {
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, '\t');) cells.push_back(cell);
    ASSERT_GE(cells.size(), 7U) << line;
    if (cells[6] != "-") continue;
    ++of;
    const auto parts = migrations::statements(cells[0]);
    ASSERT_TRUE(parts) << cells[0];
    Recorder recorder(db);
    Recorded seen;
    ASSERT_TRUE(db.script("BEGIN").ok());
    ASSERT_TRUE(recorder.begin().ok());
    for (const auto& part : *parts) {
      const auto ran = db.script(part.in(cells[0]));
      ASSERT_TRUE(ran.ok()) << cells[0] << ": " << ran.error().message;
      const auto taken = recorder.take(seen);
      ASSERT_TRUE(taken.ok()) << taken.error().message;
    }
    ASSERT_TRUE(db.script("ROLLBACK").ok());
    Set locks, rewritten, scanned, expected_scans;
    for (const auto& lock : seen.locks) locks.insert(without_public(lock.relation) + ":" + lock.mode);
    for (const auto& name : seen.rewritten) rewritten.insert(without_public(name));
    for (const auto& name : seen.scanned) scanned.insert(without_public(name));
    for (const auto& scan : entries(cells[5], "; ", ",idx"))
      if (scan.find(":seq=0/") == std::string::npos) expected_scans.insert(scan.substr(0, scan.find(":seq=")));
    for (const auto& made : entries(cells[4], ", ", "(")) expected_scans.erase(made);  // is nobody's yet
    std::string wrong;
    const auto compare = [&](const char* what, const Set& is, const Set& measured) {
      if (is != measured) wrong += std::string("\n    ") + what + " recorded: " + text_of(is) + "\n    " + what + " measured: " + text_of(measured);
    };
    compare("locks", locks, entries(cells[1], ", ", "", "Lock"));
    compare("rewritten", rewritten, entries(cells[3], ", ", "("));
    compare("scanned", scanned, expected_scans);
    if (wrong.empty()) ++right;
    else std::cout << "  " << cells[0] << wrong << "\n";
  }
  std::cout << "lock matrix, recorded: " << right << " of " << of << " as measured\n";
  EXPECT_EQ(of, 137);
  EXPECT_EQ(right, of);
}

}  // namespace
}  // namespace tidegate::rehearse
