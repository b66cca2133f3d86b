// SPDX-License-Identifier: Apache-2.0
// How the CI systems' logs are written: each one's own escapes, limits, and what their commands must not be made of.
#include "cli/ci_log.hpp"

#include <gtest/gtest.h>

#include "cli/ci_summary.hpp"
#include "support/files.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;

Problem error_at(std::string file, std::int64_t line, std::int64_t column, std::string message) {
  return {true, "tidegate: rule", std::move(message), std::move(file), line, column};
}

Table finished(Array findings, const char* outcome = "succeeded") {
  return {{"outcome", outcome}, {"exit", 0}, {"applied", Array{}}, {"pending", Array{}}, {"undone", Array{}},
          {"kept", Array{}},    {"findings", std::move(findings)}, {"ms", 5}};
}

base::Value finding(const char* verdict, const std::string& message) { return Table{{"verdict", verdict}, {"rule", "r"}, {"message", message}}; }

TEST(GitHubLog, Annotation_HasThePlaceAndIsEscaped) {
  EXPECT_EQ(github_dialect("t")->annotate({error_at("a,b:c.sql", 3, 7, "50% of\nx: y, z")}),
            "::error file=a%2Cb%3Ac.sql,line=3,col=7,title=tidegate%3A rule::50%25 of%0Ax: y, z\n");
}

TEST(GitHubLog, AnnotationWithoutAPlace_HasTheTitleAlone) {
  EXPECT_EQ(github_dialect("t")->annotate({{false, "tidegate: w", "m", {}, 0, 0}}), "::warning title=tidegate%3A w::m\n");
}

TEST(GitHubLog, TextWithACommandInIt_IsPutWhereCommandsAreOff) {
  const auto dialect = github_dialect("secret-token");
  EXPECT_EQ(dialect->harmless("plain\n"), "plain\n");
  EXPECT_EQ(dialect->harmless("  ::add-path::/evil\n"), "::stop-commands::secret-token\n  ::add-path::/evil\n::secret-token::\n");
  EXPECT_EQ(dialect->harmless("x ##[add-path]/evil\n"), "::stop-commands::secret-token\nx ##[add-path]/evil\n::secret-token::\n");
}

TEST(GitHubLog, MoreThanTenErrors_TheTenthSaysHowManyAreLeftOut) {
  std::vector<Problem> problems;
  for (int i = 0; i < 25; ++i) problems.push_back(error_at("f.sql", i + 1, 0, "m" + std::to_string(i)));
  const auto text = github_dialect("t")->annotate(problems);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  EXPECT_NE(text.find("line=9,"), std::string::npos);
  EXPECT_EQ(text.find("line=10,"), std::string::npos);
  EXPECT_NE(text.find("::16 more errors: see the log\n"), std::string::npos) << text;
}

TEST(GitHubLog, ExactlyTenErrors_AreAllShown) {
  const std::vector<Problem> ten(10, error_at("f.sql", 1, 0, "m"));
  EXPECT_EQ(github_dialect("t")->annotate(ten).find("more errors"), std::string::npos);
}

TEST(GitLabLog, Section_IsWrittenToTheLetter) {
  EXPECT_EQ(gitlab_dialect()->open_section("apply prisma", 7), "\x1b[0Ksection_start:7:tidegate_apply_prisma[collapsed=true]\r\x1b[0Kapply prisma\n");
  EXPECT_EQ(gitlab_dialect()->close_section("apply prisma", 8), "\x1b[0Ksection_end:8:tidegate_apply_prisma\r\x1b[0K\n");
}

TEST(AzureLog, Issue_HasThePlaceAndIsEscaped) {
  EXPECT_EQ(azure_dialect()->annotate({error_at("a;b].sql", 3, 7, "50%\nx")}),
            "##vso[task.logissue type=error;sourcepath=a%3Bb%5D.sql;linenumber=3;columnnumber=7]tidegate: rule: 50%AZP25%0Ax\n");
}

TEST(AzureLog, TextWithACommandInIt_IsBroken) {
  const auto text = azure_dialect()->harmless("x ##vso[task.setvariable variable=a]b ##[group]c\n");
  EXPECT_EQ(text, "x # #vso[task.setvariable variable=a]b # #[group]c\n");
  EXPECT_NE(azure_dialect()->annotate({error_at("", 0, 0, "a ##[b]")}).find("]tidegate: rule: a # #[b]\n"), std::string::npos);
}

TEST(Problems, OfARun_BeginWithItsErrorAndNameEachOnce) {
  auto fields = finished({finding("warn", "soft"), finding("pass", "fine"), finding("block", "hard"), finding("block", "the error")}, "blocked");
  fields.emplace_back("error", Table{{"class", "denied"}, {"message", "the error"}});
  const auto problems = problems_of(fields, "/repo", "/repo");
  std::vector<std::string> messages;
  for (const auto& problem : problems) messages.push_back(problem.message);
  EXPECT_EQ(messages, (std::vector<std::string>{"the error", "hard", "soft"}));
  EXPECT_TRUE(problems[1].error);
  EXPECT_FALSE(problems[2].error);
}

TEST(Problems, PathOutsideOfTheRepository_IsPartOfTheMessage) {
  EXPECT_EQ(path_in_repository("web/prisma/a.sql", "/repo", "/repo/apps"), "apps/web/prisma/a.sql");
  EXPECT_EQ(path_in_repository("/repo/a.sql", "/repo/", "/repo/apps"), "a.sql");
  EXPECT_EQ(path_in_repository("/usr/share/default.toml", "/repo", "/repo"), "");
  auto fields = finished({Table{{"verdict", "warn"}, {"rule", "r"}, {"message", "m"}, {"where", Table{{"file", "/etc/x.toml"}, {"line", 4}}}}});
  const auto problem = problems_of(fields, "/repo", "/repo").at(0);
  EXPECT_EQ(problem.file, "");
  EXPECT_EQ(problem.message, "m\n/etc/x.toml:4");
}

TEST(Summary, TextOfSomebodyElse_IsNoMarkdown) {
  EXPECT_EQ(in_markdown("a|b <img src=x> [l](u)\n*c*"), "a\\|b &lt;img src=x&gt; \\[l\\](u)<br>\\*c\\*");
}

TEST(Summary, OfTenThousandFindings_StaysBelowTheLimitWithWhatWasThere) {
  test::TempDir dir;
  const auto path = dir / "summary.md";
  test::write_file(path, std::string(500'000, 'x'));
  Array findings;
  for (int i = 0; i < 10'000; ++i) findings.push_back(finding("warn", std::string(300, 'y') + std::to_string(i)));
  GitHubFiles files({path, "", "/repo", "/repo"}, stderr);
  files.on_event({1, {}, "r", "run.finished", "", base::Value(finished(std::move(findings)))});
  const auto text = test::file_text(path);
  EXPECT_LE(text.size(), GitHubFiles::kMostSummary);
  EXPECT_GT(text.size(), GitHubFiles::kMostSummary - 2'000);
  EXPECT_NE(text.find("more lines are left out"), std::string::npos);
}

TEST(Summary, WithNoRoomLeft_IsNotWritten) {
  test::TempDir dir;
  const auto path = dir / "summary.md";
  test::write_file(path, std::string(GitHubFiles::kMostSummary, 'x'));
  GitHubFiles files({path, "", "/repo", "/repo"}, stderr);
  files.on_event({1, {}, "r", "run.finished", "", base::Value(finished({}))});
  EXPECT_EQ(test::file_text(path).size(), GitHubFiles::kMostSummary);
}

}  // namespace
}  // namespace tidegate::cli
