// SPDX-License-Identifier: Apache-2.0
// What somebody at a terminal sees of a run (a real pty), and what the same run says on a pipe and in its events.
#include <algorithm>
#include <regex>

#include "project.hpp"
#include "support/terminal.hpp"

namespace tidegate::test {
namespace {

/// An index on this takes two hundredths of a second a row, and each row has a page of its own.
constexpr const char* kSlowTable =
    "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN $1; END';"
    "CREATE TABLE users (id int PRIMARY KEY, filler text) WITH (fillfactor = 10);"
    "ALTER TABLE users ALTER filler SET STORAGE PLAIN;"
    "INSERT INTO users SELECT i, repeat('x', 4000) FROM generate_series(1, 250) i;";

bool has(const std::string& text, const std::string& wanted) { return text.find(wanted) != std::string::npos; }

class OnTerminal : public ProjectTest {
 protected:
  OnTerminal() {
    project.file("tidegate.toml", "version = 1\nname = \"acme\"\n[[stage]]\nuse = \"apply.prisma\"\n");
    project.db.sql(kSlowTable);
    project.migration("20240101000000_init", "SELECT 1;\n");
    EXPECT_CODE(project.tidegate({"resolve", "--applied", "20240101000000_init"}), 0);
  }
  [[nodiscard]] Terminal terminal(std::vector<std::string> args, int columns = 80, Variables more = {}) const {
    Variables variables{{"TERM", "xterm-256color"}, {"LANG", "C.UTF-8"}};
    variables.insert(variables.end(), more.begin(), more.end());
    return Terminal(project.command(std::move(args), variables), columns, 24);
  }
  /// Holds the table as a session that somebody forgot.
  [[nodiscard]] Connection holder(const std::string& sql) const {
    auto out = project.db.connect();
    out.sql("set application_name = 'somebody'; begin; " + sql);
    return out;
  }
};

TEST_F(OnTerminal, SlowIndex_ShowsStageMigrationStatementAndHowFarItIs) {
  project.migration("20240102000000_index", "-- CreateIndex\nCREATE INDEX CONCURRENTLY users_slow ON users (slow(id));\n");
  Terminal screen = terminal({"run", "--environment", "production"});
  const auto seen = screen.wait_for([](const std::string& text) { return std::regex_search(text, std::regex("[1-9][0-9]? % ")) && has(text, "scanning"); });
  ASSERT_NE(seen, "") << screen.screen();
  EXPECT_TRUE(std::regex_search(seen, std::regex("\n[^ ]+ apply\\.prisma  [0-9.]+ s  0/1\n"
                                                 "    [0-9.]+ s  20240102000000_index\n"
                                                 "    [0-9.]+ s  CREATE INDEX CONCURRENTLY users_slow ON users \\(slow\\(id\\)\\)\n"
                                                 "    [0-9]+ % [█░]{1,}")))
      << seen;
  EXPECT_EQ(screen.wait(), 0) << screen.screen();
  EXPECT_TRUE(has(screen.screen(), "  ok      apply.prisma")) << screen.screen();
  EXPECT_FALSE(has(screen.screen(), "scanning")) << "nothing of the picture is left:\n" << screen.screen();
  EXPECT_TRUE(has(screen.screen(), "succeeded: 1 migration applied")) << screen.screen();
  EXPECT_TRUE(has(screen.screen(), "completed migrations are kept")) << "no line of what has happened is erased:\n" << screen.screen();
  EXPECT_TRUE(has(screen.bytes(), "\x1b[1m")) << "with colour";
}

TEST_F(OnTerminal, NarrowTerminal_NeverWrapsWhateverTheText) {
  project.migration("20240102000000_索引を作るための移行", "CREATE INDEX CONCURRENTLY \"索引を作るための索引\" ON users (slow(id));\n");
  Terminal screen = terminal({"run", "--environment", "production"}, 32);
  const auto seen = screen.wait_for([](const std::string& text) { return has(text, " % ") && has(text, "build"); });
  ASSERT_NE(seen, "") << screen.screen();
  EXPECT_TRUE(has(seen, "…")) << seen;
  const auto picture = seen.substr(seen.rfind("apply.prisma"));
  EXPECT_EQ(std::count(picture.begin(), picture.end(), '\n'), 4) << "four lines, none of them wrapped:\n" << seen;
  EXPECT_EQ(screen.wait(), 0);
}

TEST_F(OnTerminal, BlockedStatement_NamesWhomItWaitsFor) {
  project.migration("20240102000000_index", "CREATE INDEX CONCURRENTLY users_filler ON users (left(filler, 10));\n");
  auto other = holder("insert into users values (1000)");
  Terminal screen = terminal({"run"});
  const auto pid = "waits for pid " + std::to_string(other.pid()) + " (somebody, postgres, idle in transaction for";
  const auto seen = screen.wait_for([&](const std::string& text) { return has(text, pid) && has(text, "waiting for writers before build"); });
  ASSERT_NE(seen, "") << screen.screen();
  other.sql("rollback");
  EXPECT_EQ(screen.wait(), 0) << screen.screen();
}

TEST_F(OnTerminal, WithoutColour_ThePictureIsStillRedrawn) {
  project.migration("20240102000000_index", "CREATE INDEX CONCURRENTLY users_slow ON users (slow(id));\n");
  Terminal screen = terminal({"run"}, 80, {{"NO_COLOR", "1"}});
  EXPECT_NE(screen.wait_for([](const std::string& text) { return has(text, "scanning"); }), "");
  EXPECT_EQ(screen.wait(), 0);
  EXPECT_FALSE(std::regex_search(screen.bytes(), std::regex("\x1b\\[[0-9;]*m")));
}

TEST_F(OnTerminal, DumbTerminalAndQuiet_GetNoEscapes) {
  project.migration("20240102000000_index", "CREATE INDEX users_id ON users (id);\n");
  Terminal dumb = terminal({"run"}, 80, {{"TERM", "dumb"}});
  EXPECT_EQ(dumb.wait(), 0);
  EXPECT_FALSE(has(dumb.bytes(), "\x1b")) << dumb.screen();
  EXPECT_TRUE(has(dumb.screen(), "  ok      apply.prisma")) << dumb.screen();
  Terminal quiet = terminal({"run", "-q", "--no-color"});
  EXPECT_EQ(quiet.wait(), 0);
  EXPECT_TRUE(std::regex_match(quiet.screen(), std::regex("succeeded: nothing to do \\(.*\\)\n\n"))) << quiet.screen();
}

TEST_F(OnTerminal, WithoutUtf8_ThePictureIsAscii) {
  project.migration("20240102000000_index", "CREATE INDEX CONCURRENTLY users_slow ON users (slow(id));\n");
  Terminal screen = terminal({"run"}, 80, {{"LANG", "C"}});
  EXPECT_NE(screen.wait_for([](const std::string& text) { return has(text, "% #") || has(text, "% ."); }), "") << screen.screen();
  EXPECT_EQ(screen.wait(), 0);
  for (const char c : screen.bytes()) EXPECT_GE(c, 0);
}

TEST_F(OnTerminal, Events_TellHowFarASlowIndexIs) {
  project.migration("20240102000000_index", "CREATE INDEX CONCURRENTLY users_slow ON users (slow(id));\n");
  const auto progress = of_type(project.events(), "statement.progress");
  ASSERT_GE(progress.size(), 2U);
  std::int64_t last_ms = 999, last_percent = -1;
  for (const auto& event : progress) {
    EXPECT_EQ(event.at("stage"), "apply.prisma");
    EXPECT_GT(event.at("ms").get<std::int64_t>(), last_ms);
    last_ms = event.at("ms");
    EXPECT_EQ(event.at("what"), "20240102000000_index: CREATE INDEX CONCURRENTLY users_slow ON users (slow(id))");
    EXPECT_EQ(event.at("command"), "CREATE INDEX CONCURRENTLY");
    EXPECT_EQ(event.at("relation"), "public.users");
    EXPECT_EQ(event.at("index"), "users_slow");
    EXPECT_EQ(event.at("blockers"), Json::array());
    if (event.at("phase") != "building index: scanning table") continue;
    EXPECT_GE(event.at("percent").get<std::int64_t>(), last_percent);
    last_percent = event.at("percent");
    EXPECT_LE(last_percent, 100);
  }
  EXPECT_GT(last_percent, 0);
}

TEST_F(OnTerminal, Events_TellOfAnIndexInsideAMigrationOfMoreStatements) {
  project.migration("20240102000000_two", "CREATE TABLE a (id int);\nCREATE INDEX users_slow ON users (slow(id));\n");
  const auto progress = of_type(project.events(), "statement.progress");
  ASSERT_GE(progress.size(), 2U);
  EXPECT_EQ(progress[0].at("what"), "20240102000000_two");
  EXPECT_EQ(progress[0].at("command"), "CREATE INDEX");
  EXPECT_EQ(progress[0].at("relation"), "public.users");
}

TEST_F(OnTerminal, Events_NameTheBlockersOfAStatementOnceAndAtGrowingIntervals) {
  project.migration("20240102000000_index", "CREATE INDEX CONCURRENTLY users_filler ON users (left(filler, 10));\n");
  auto other = holder("insert into users values (1000)");
  Process run(project.command({"run", "--events", "events.ndjson"}));
  ASSERT_TRUE(run.wait_for_line("held by pid " + std::to_string(other.pid())));
  ASSERT_TRUE(run.wait_for_line("has been running for 5")) << "plain lines tell of a long statement";
  ASSERT_TRUE(run.wait_for_line("waits for pid " + std::to_string(other.pid()) + " (somebody"));
  other.sql("rollback");
  const auto done = run.wait();
  EXPECT_CODE(done, 0);
  const auto events = parse_events(file_text(project.dir / "events.ndjson"));
  std::size_t blocked = 0;
  for (const auto& event : of_type(events, "statement.progress"))
    if (event.at("blockers").size() == 1 && event.at("phase") == "waiting for writers before build") ++blocked;
  EXPECT_GE(blocked, 4U) << "about once a second";
  EXPECT_LT(of_type(events, "waiting").size(), 8U) << "the same blocker at growing intervals";
  EXPECT_EQ(done.err.find("held by", done.err.find("held by") + 1), std::string::npos) << "said once\n" << done.err;
}

TEST_F(OnTerminal, ShortRun_TellsOfNoStatement) {
  project.migration("20240102000000_quick", "SELECT 1;\n");
  EXPECT_TRUE(of_type(project.events(), "statement.progress").empty());
}

}  // namespace
}  // namespace tidegate::test
