// SPDX-License-Identifier: Apache-2.0
// What a run leaves in the log of a CI system, and for its job: the built executable with the variables that system sets.
#include <regex>
#include <sstream>

#include "project.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kEvil = "DO $$ BEGIN RAISE EXCEPTION E'no\\n::error file=x::from the server\\n##[add-path]/evil'; END $$;\n";

class Ci : public ProjectTest {
 protected:
  Ci() {
    project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
    project.migration("20240102000000_posts", "CREATE TABLE posts (id int PRIMARY KEY);\n");
  }
  [[nodiscard]] Variables github(Variables more = {}) const {
    Variables out{{"GITHUB_ACTIONS", "true"},
                  {"GITHUB_WORKSPACE", project.dir.path()},
                  {"GITHUB_STEP_SUMMARY", project.dir / "summary.md"},
                  {"GITHUB_OUTPUT", project.dir / "output.txt"}};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  /// Without what differs from run to run: durations, times and the token.
  static std::string steady(std::string text) {
    text = std::regex_replace(text, std::regex("[0-9.]+ (ms|s)\\b"), "N ms");
    text = std::regex_replace(text, std::regex("section_(start|end):[0-9]+"), "section_$1:T");
    return std::regex_replace(text, std::regex("tidegate-[0-9a-f]{32}"), "TOKEN");
  }
  /// Lines that the runner would obey: commands that are not between stop-commands and its token.
  static std::vector<std::string> obeyed(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream lines(text);
    std::string token;
    for (std::string line; std::getline(lines, line);) {
      const auto start = line.find_first_not_of(" \t");
      const bool command = start != std::string::npos && (line.compare(start, 2, "::") == 0 || line.find("##[") != std::string::npos);
      if (!token.empty()) {
        if (line == "::" + token + "::") token.clear();
      } else if (line.rfind("::stop-commands::", 0) == 0) {
        token = line.substr(17);
      } else if (command) {
        out.push_back(line);
      }
    }
    EXPECT_EQ(token, "") << "commands are still off at the end";
    return out;
  }
};

TEST_F(Ci, GitHub_HasAGroupAStageAndTheResultLast) {
  project.file("tidegate.toml", "version = 1\nname = \"acme\"\n[[stage]]\nuse = \"environment\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto done = project.tidegate({"run"}, github());
  ASSERT_CODE(done, 0);
  EXPECT_EQ(done.err, "") << "one stream, since the order of two is lost";
  EXPECT_EQ(steady(done.out),
            "tidegate: pipeline acme\n"
            "::group::environment\n::endgroup::\n  ok      environment  N ms\n"
            "  environment unknown (nothing says which, so it counts as production; --environment names it), runner github\n"
            "  if this fails, completed migrations are kept: no rollback stage of the pipeline can undo them\n"
            "::group::apply.prisma\n    20240101000000_users  N ms\n    20240102000000_posts  N ms\n::endgroup::\n  ok      apply.prisma  N ms\n"
            "succeeded: 2 migrations applied (N ms)\n");
}

TEST_F(Ci, GitHubSummaryAndOutputs_SayWhatCameOfIt) {
  write_file(project.dir / "summary.md", "of another step\n");
  ASSERT_CODE(project.tidegate({"run"}, github()), 0);
  const auto summary = file_text(project.dir / "summary.md");
  EXPECT_EQ(summary.rfind("of another step\n### ✅ tidegate: succeeded, 2 migrations applied\n", 0), 0U) << summary;
  EXPECT_NE(summary.find("| outcome | succeeded (exit 0) |"), std::string::npos) << summary;
  EXPECT_NE(summary.find("| environment | unknown, so it counts as production |"), std::string::npos) << summary;
  EXPECT_NE(summary.find("**Applied (2)**\n\n- 20240101000000\\_users, "), std::string::npos) << summary;
  EXPECT_EQ(file_text(project.dir / "output.txt"), "outcome=succeeded\nexit=0\napplied=[\"20240101000000_users\",\"20240102000000_posts\"]\n");
}

TEST_F(Ci, GitHubFailure_IsAnAnnotationAtItsPlaceAndItsTextIsNotObeyed) {
  project.migration("20240103000000_bad", std::string("SELECT 1;\n") + kEvil);
  const auto done = project.tidegate({"run"}, github());
  EXPECT_CODE(done, 5);
  const auto commands = obeyed(done.out);
  std::vector<std::string> others;
  for (const auto& line : commands)
    if (line.rfind("::group::", 0) != 0 && line != "::endgroup::") others.push_back(line);
  ASSERT_EQ(others.size(), 1U) << done.out;
  EXPECT_EQ(others[0].rfind("::error file=prisma/migrations/20240103000000_bad/migration.sql,line=2,col=1,title=tidegate%3A kept (exit 5)::", 0), 0U)
      << others[0];
  EXPECT_NE(others[0].find("%0A::error file=x::from the server"), std::string::npos) << others[0];
  const auto summary = file_text(project.dir / "summary.md");
  EXPECT_NE(summary.find("### ❌ tidegate: kept, these stand: 20240101000000\\_users and"), std::string::npos) << summary;
  EXPECT_NE(summary.find("prisma/migrations/20240103000000\\_bad/migration.sql:2 |"), std::string::npos) << summary;
  EXPECT_NE(file_text(project.dir / "output.txt").find("outcome=kept\nexit=5\n"), std::string::npos);
}

TEST_F(Ci, GitHubFailureInAMonorepo_IsNamedFromTheRepositorysRoot) {
  project.migration("20240103000000_bad", "SELECT 1/0;\n");
  Project& p = project;
  auto variables = github({{"GITHUB_WORKSPACE", std::string(p.dir.path()).substr(0, std::string(p.dir.path()).find_last_of('/'))}});
  const auto folder = std::string(p.dir.path()).substr(std::string(p.dir.path()).find_last_of('/') + 1);
  EXPECT_SAYS(p.tidegate({"run"}, variables), "::error file=" + folder + "/prisma/migrations/20240103000000_bad/migration.sql,line=1");
}

TEST_F(Ci, GitHubLog_HoldsOnlyWhatTheRunnerShouldObeyWhateverAPluginLogs) {
  project.migration("20240103000000_notice", "DO $$ BEGIN RAISE WARNING E'w\\n::set-output name=a::b'; END $$;\n");
  const auto done = project.tidegate({"run"}, github());
  ASSERT_CODE(done, 0);
  EXPECT_SAYS(done, "::set-output name=a::b");
  for (const auto& line : obeyed(done.out)) EXPECT_EQ(line.find("set-output"), std::string::npos) << done.out;
}

TEST_F(Ci, GitHubWithJson_LeavesStdoutToTheStreamAndStillWritesTheFiles) {
  const auto done = project.tidegate({"run", "--json"}, github());
  EXPECT_EQ(last_event(parse_events(done.out))["outcome"], "succeeded");
  EXPECT_EQ(done.out.find("::group"), std::string::npos);
  EXPECT_NE(file_text(project.dir / "summary.md").find("succeeded"), std::string::npos);
  EXPECT_NE(file_text(project.dir / "output.txt").find("outcome=succeeded"), std::string::npos);
}

TEST_F(Ci, GitHubQuiet_LeavesTheResult) {
  const auto done = project.tidegate({"run", "-q"}, github());
  EXPECT_EQ(steady(done.out), "succeeded: 2 migrations applied (N ms)\n");
}

TEST_F(Ci, GitHubMistakesOfThePipeline_AreAnnotationsToo) {
  project.file("tidegate.toml", "version = 1\nnme = \"x\"\n[[stage]]\nuse = \"apply.prisma\"\nwhen = 3\n");
  const auto done = project.tidegate({"run"}, github());
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "::error file=tidegate.toml,line=2,col=1,title=");
  EXPECT_SAYS(done, "::error file=tidegate.toml,line=5,");
  EXPECT_NE(file_text(project.dir / "summary.md").find("not\\_started"), std::string::npos) << file_text(project.dir / "summary.md");
  EXPECT_NE(file_text(project.dir / "output.txt").find("outcome=not_started\nexit=2\napplied=[]\n"), std::string::npos);
}

TEST_F(Ci, GitHubFilesThatCannotBeWritten_AreAWarningAndNoFailure) {
  const auto done = project.tidegate({"run"}, github({{"GITHUB_STEP_SUMMARY", "/no/such/folder/summary.md"}, {"GITHUB_OUTPUT", ""}}));
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "/no/such/folder/summary.md could not be written");
}

TEST_F(Ci, GitLab_HasASectionAStage) {
  const auto done = project.tidegate({"run"}, {{"GITLAB_CI", "true"}});
  ASSERT_CODE(done, 0);
  EXPECT_NE(steady(done.out).find("\x1b[0Ksection_start:T:tidegate_apply.prisma[collapsed=true]\r\x1b[0Kapply.prisma\n"
                                  "    20240101000000_users  N ms\n    20240102000000_posts  N ms\n"
                                  "\x1b[0Ksection_end:T:tidegate_apply.prisma\r\x1b[0K\n  ok      apply.prisma  N ms\n"),
            std::string::npos)
      << done.out;
}

TEST_F(Ci, GitLab_ShowsNoEscapeThatAServerSent) {
  project.migration("20240103000000_bad", "DO $$ BEGIN RAISE EXCEPTION E'\\x1b[0Ksection_end:1:tidegate_health\\r\\x1b[0Kx'; END $$;\n");
  const auto done = project.tidegate({"run"}, {{"GITLAB_CI", "true"}});
  EXPECT_CODE(done, 5);
  EXPECT_SAYS(done, "?[0Ksection_end:1:tidegate_health??[0Kx");
}

TEST_F(Ci, Azure_HasGroupsAndIssues) {
  project.migration("20240103000000_bad", kEvil);
  const auto done = project.tidegate({"run"}, {{"TF_BUILD", "True"}, {"BUILD_SOURCESDIRECTORY", project.dir.path()}});
  EXPECT_SAYS(done, "##[group]apply.prisma\n");
  EXPECT_SAYS(done, "##vso[task.logissue type=error;sourcepath=prisma/migrations/20240103000000_bad/migration.sql;linenumber=1;columnnumber=1]");
  EXPECT_DOES_NOT_SAY(done, "##[add-path]");
}

TEST_F(Ci, SkippedRun_SaysSoOnGitHubToo) {
  const auto done = project.tidegate({"run"}, github({{"TIDEGATE_SKIP", "1"}}));
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "TIDEGATE_SKIP is set");
  EXPECT_NE(file_text(project.dir / "summary.md").find("nothing was run"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::test
