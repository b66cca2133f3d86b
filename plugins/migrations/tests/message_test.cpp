// SPDX-License-Identifier: Apache-2.0
#include "migrations/message.hpp"

#include <gtest/gtest.h>

#include "migrations/history.hpp"
#include "migrations/retry.hpp"

namespace tidegate::migrations {
namespace {

TEST(Message, PositionInWholeFile_IsFoundBehindOurOwnText) {
  const std::string file = "SELECT 'é';\nSELEC 1";
  Message m(file);
  m.ours("SET search_path = \"ü\";BEGIN;", 2);
  m.whole_file();
  m.ours("\n;COMMIT", 1);
  const auto characters_before = std::string_view("SET search_path = ü;BEGIN;").size() + 1;  // ü is one of them, quotes two
  EXPECT_EQ(m.at_position(characters_before + 13), file.find("SELEC 1"));
  EXPECT_EQ(m.at_position(1), std::nullopt);
  EXPECT_EQ(m.at_position(0), std::nullopt);
}

TEST(Message, ErrorAtTheEnd_IsTheEndOfTheFile) {
  const std::string file = "SELECT (";
  Message m(file);
  m.ours("BEGIN;", 1);
  m.whole_file();
  m.ours("\n;COMMIT", 1);
  EXPECT_EQ(m.at_position(m.sql().find(';', 7) + 1), file.size());
}

TEST(Message, FailedStatement_IsCountedPastOurs) {
  const std::string file = "SELECT 1;\n-- two\nSELECT 1/0;\nSELECT 3";
  Message m(file);
  m.ours("BEGIN;SET LOCAL lock_timeout = 1;", 2);
  m.whole_file();
  m.ours("\n;INSERT;", 1);
  EXPECT_EQ(m.after_statements(1), std::nullopt);
  EXPECT_EQ(m.after_statements(2), 0u);
  EXPECT_EQ(m.after_statements(3), file.find("SELECT 1/0"));
  EXPECT_EQ(m.after_statements(5), std::nullopt);
}

TEST(Message, PiecesOfAFile_KeepTheirPlaces) {
  const std::string file = "BEGIN; SELECT 1; SELECT 2; COMMIT";
  Message m(file);
  m.ours("BEGIN;", 1);
  m.statement(7, 8);
  m.ours("\n;", 0);
  m.statement(17, 8);
  m.ours("\n;", 0);
  EXPECT_EQ(m.sql(), "BEGIN;SELECT 1\n;SELECT 2\n;");
  EXPECT_EQ(m.after_statements(1), 7u);
  EXPECT_EQ(m.after_statements(2), 17u);
  EXPECT_EQ(m.at_position(m.sql().find("2") + 1), 24u);
}

TEST(RetryPause, FourTimesTheTimeout_IsTheLeast) {
  EXPECT_EQ(retry_pause_ms(1, 200, 600'000, 0.0), 800);
  EXPECT_EQ(retry_pause_ms(1, 200, 600'000, 0.999), 999);
  EXPECT_EQ(retry_pause_ms(3, 200, 600'000, 0.5), 2000);
  EXPECT_EQ(retry_pause_ms(50, 200, 600'000, 0.999), 59'940);
}

TEST(RetryPause, LittleTimeLeft_LeavesRoomForOneMoreTry) {
  EXPECT_EQ(retry_pause_ms(9, 200, 3'000, 0.99), 2'600);
  EXPECT_EQ(retry_pause_ms(1, 200, 1'199, 0.5), std::nullopt);
}

TEST(NewId, Id_IsAVersionFourUuidAndNeverTheSame) {
  const auto a = new_id(), b = new_id();
  EXPECT_NE(a, b);
  ASSERT_EQ(a.size(), 36u);
  EXPECT_EQ(a[14], '4');
  EXPECT_NE(std::string("89ab").find(a[19]), std::string::npos);
  EXPECT_EQ(a.find_first_not_of("0123456789abcdef-"), std::string::npos);
}

TEST(Rfc3339, Seconds_BecomeUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1763833540.509), "2025-11-22T17:45:40.509Z");
  EXPECT_EQ(rfc3339(-0.5), "1969-12-31T23:59:59.500Z");
  EXPECT_EQ(rfc3339(std::numeric_limits<double>::infinity()), "");
}

}  // namespace
}  // namespace tidegate::migrations
