// SPDX-License-Identifier: Apache-2.0
// `tidegate lint`, and the same rules as a gate in a run.
#include <set>

#include "project.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kPipeline =
    "version = 1\n[[stage]]\nuse = \"environment\"\n[[stage]]\nuse = \"safety\"\n[stage.in.preview.with]\ndestructive = \"allow\"\n"
    "[[stage]]\nuse = \"apply.prisma\"\n";

class Lint : public ProjectTest {
 protected:
  Lint() {
    project.file("tidegate.toml", kPipeline);
    project.migration("1_users", "CREATE TABLE users (id bigint PRIMARY KEY, email varchar(20));\n");
    project.migration("2_index", "-- one\nCREATE INDEX users_email\n  ON users (email);\n");
  }
  /// Nothing listens there: what needs no database must not look for one.
  Variables nowhere{{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}};
  std::set<std::string> rules(const Json& answer) {
    std::set<std::string> out;
    for (const auto& finding : answer.at("findings")) {
      if (finding.at("severity") != "info") out.insert(finding.at("rule").get<std::string>());
    }
    return out;
  }
};

TEST_F(Lint, Text_ShowsTheSourceLineACaretAndTheSafeSql) {
  const auto finished = project.tidegate({"lint", "prisma/migrations"}, nowhere);
  EXPECT_CODE(finished, 3);
  EXPECT_SAYS(finished, "deny [index-not-concurrent]");
  EXPECT_SAYS(finished, " --> prisma/migrations/2_index/migration.sql:2:1");
  EXPECT_SAYS(finished, "2 | CREATE INDEX users_email\n  | ^\n");
  EXPECT_SAYS(finished, "CREATE INDEX CONCURRENTLY users_email");
  EXPECT_SAYS(finished, "2 files: 1 deny, 0 warn");
}

TEST_F(Lint, Json_HasEveryFieldOfTheContract) {
  const auto answer = project.json({"lint", "prisma/migrations", "--format", "json"}, nowhere, 3);
  EXPECT_EQ(answer.at("files"), 2);
  const Json* found = nullptr;
  for (const auto& finding : answer.at("findings")) {
    for (const char* key : {"verdict", "rule", "message", "where", "fix", "severity", "statement", "locks", "rewrite", "scan"}) EXPECT_TRUE(finding.contains(key)) << key;
    if (finding.at("rule") == "index-not-concurrent") found = &finding;
  }
  ASSERT_NE(found, nullptr) << answer.dump(2);
  EXPECT_EQ(found->at("verdict"), "block");
  EXPECT_EQ(found->at("severity"), "deny");
  EXPECT_EQ(found->at("where"), (Json{{"file", "prisma/migrations/2_index/migration.sql"}, {"line", 2}, {"column", 1}}));
  EXPECT_EQ(found->at("locks"), Json::array({{{"relation", "users"}, {"mode", "ShareLock"}}}));
  EXPECT_EQ(found->at("rewrite"), false);
  EXPECT_EQ(found->at("scan"), true);
}

/// What the OASIS schema of SARIF 2.1.0 requires of what is written here, and the few keys that it allows there.
TEST_F(Lint, Sarif_KeepsToTheSchema) {
  project.migration("3 with blank", "DROP TABLE users;\n-- tidegate: allow(drop-table) it is a test\nDROP TABLE IF EXISTS old;\n");
  const auto log = project.json({"lint", "prisma/migrations", "--format", "sarif"}, nowhere, 3);
  EXPECT_EQ(log.at("version"), "2.1.0");
  const auto only = [](const Json& object, std::set<std::string> allowed) {
    for (const auto& [key, value] : object.items()) EXPECT_TRUE(allowed.contains(key)) << key;
  };
  only(log, {"$schema", "version", "runs"});
  ASSERT_EQ(log.at("runs").size(), 1U);
  const auto& run = log["runs"][0];
  only(run, {"tool", "columnKind", "results"});
  EXPECT_EQ(run.at("columnKind"), "unicodeCodePoints");
  const auto& driver = run.at("tool").at("driver");
  only(driver, {"name", "version", "rules"});
  ASSERT_FALSE(run.at("results").empty());
  bool suppressed = false;
  for (const auto& result : run["results"]) {
    only(result, {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "suppressions"});
    EXPECT_EQ(driver.at("rules").at(result.at("ruleIndex").get<std::size_t>()).at("id"), result.at("ruleId"));
    EXPECT_TRUE((std::set<std::string>{"error", "warning", "note"}).contains(result.at("level").get<std::string>()));
    EXPECT_FALSE(result.at("message").at("text").get<std::string>().empty());
    const auto& physical = result.at("locations").at(0).at("physicalLocation");
    EXPECT_EQ(physical.at("artifactLocation").at("uri").get<std::string>().find(' '), std::string::npos);
    EXPECT_GE(physical.at("region").at("startLine").get<int>(), 1);
    EXPECT_GE(physical.at("region").at("startColumn").get<int>(), 1);
    for (const auto& [key, value] : result.at("partialFingerprints").items()) EXPECT_TRUE(value.is_string()) << key;
    if (result.contains("suppressions")) {
      suppressed = true;
      EXPECT_EQ(result["suppressions"][0].at("kind"), "inSource");
      EXPECT_EQ(result["suppressions"][0].at("justification"), "it is a test");
    }
  }
  EXPECT_TRUE(suppressed);
}

TEST_F(Lint, Github_IsOneAnnotationAFinding) {
  const auto finished = project.tidegate({"lint", "prisma/migrations", "--format", "github"}, nowhere);
  EXPECT_CODE(finished, 3);
  EXPECT_EQ(finished.out.rfind("::error file=prisma/migrations/2_index/migration.sql,line=2,col=1,title=tidegate", 0), 0U) << finished.out;
}

TEST_F(Lint, OneFileOfAHistory_KnowsWhatTheOlderOnesMade) {
  project.migration("3_wider", "ALTER TABLE users ALTER COLUMN email TYPE varchar(40);\n");
  project.migration("4_number", "ALTER TABLE users ALTER COLUMN email TYPE int USING email::int;\n");
  EXPECT_TRUE(rules(project.json({"lint", "prisma/migrations/3_wider/migration.sql", "--json"}, nowhere)).empty());
  const auto narrow = project.json({"lint", "prisma/migrations/4_number/migration.sql", "--json"}, nowhere, 3);
  EXPECT_EQ(rules(narrow), (std::set<std::string>{"column-type-change"}));
  EXPECT_NE(narrow.dump().find("from varchar(40) to int4"), std::string::npos) << narrow.dump(2);
}

TEST_F(Lint, WithAConnection_SizesDecide) {
  project.db.sql("CREATE TABLE users (id bigint PRIMARY KEY, email varchar(20))");
  const auto answer = project.json({"lint", "prisma/migrations/2_index/migration.sql", "--json", "--connection", project.url()});
  EXPECT_TRUE(rules(answer).empty()) << answer.dump(2);
  project.db.sql("INSERT INTO users SELECT g, 'x' FROM generate_series(1, 20000) g; ANALYZE users");
  EXPECT_EQ(rules(project.json({"lint", "prisma/migrations/2_index/migration.sql", "--json", "--connection", project.url()})),
            (std::set<std::string>{"index-not-concurrent"}));
}

TEST_F(Lint, ThePolicyOfThePipeline_CountsByEnvironmentAndPath) {
  project.migration("3_drop", "DROP TABLE users;\n");
  const std::string file = "prisma/migrations/3_drop/migration.sql";
  EXPECT_CODE(project.tidegate({"lint", file}, nowhere), 3);
  EXPECT_CODE(project.tidegate({"lint", file, "--environment", "preview"}, nowhere), 0);
  project.file("relaxed.toml", "version = 1\n[[stage]]\nuse = \"safety\"\n[[stage.with.policy]]\nrules = [\"drop-table\"]\nlevel = \"warn\"\npaths = [\"3_drop\"]\n");
  const auto relaxed = project.tidegate({"lint", file, "--pipeline", "relaxed.toml"}, nowhere);
  EXPECT_CODE(relaxed, 0);
  EXPECT_SAYS(relaxed, "warning [drop-table]");
  project.file("wrong.toml", "version = 1\n[[stage]]\nuse = \"safety\"\n[[stage.with.policy]]\nrules = [\"drop-tabel\"]\nlevel = \"warn\"\n");
  const auto wrong = project.tidegate({"lint", file, "--pipeline", "wrong.toml"}, nowhere);
  EXPECT_CODE(wrong, 2);
  EXPECT_SAYS(wrong, "drop-tabel");
}

TEST_F(Lint, WithoutAPipeline_TheBundledPolicyCounts) {
  Project plain;
  plain.migration("1_drop", "DROP TABLE users;\n");
  EXPECT_CODE(plain.tidegate({"lint", "prisma/migrations"}, nowhere), 3);
  EXPECT_CODE(plain.tidegate({"lint", "prisma/migrations", "--environment", "preview"}, nowhere), 0);
  plain.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n");
  EXPECT_CODE(plain.tidegate({"lint", "prisma/migrations"}, nowhere), 3);
}

TEST_F(Lint, ABaseline_LeavesOldMigrationsOut) {
  project.file("old.txt", "# before tidegate\n2_index\n");
  project.file("base.toml", "version = 1\n[[stage]]\nuse = \"safety\"\n[stage.with]\nbaseline = \"old.txt\"\n");
  EXPECT_CODE(project.tidegate({"lint", "prisma/migrations", "--pipeline", "base.toml"}, nowhere), 0);
}

TEST_F(Lint, AFileThatIsNotThere_IsTwo) {
  const auto finished = project.tidegate({"lint", "nowhere.sql"}, nowhere);
  EXPECT_CODE(finished, 2);
  EXPECT_SAYS(finished, "nowhere.sql");
}

TEST_F(Lint, Run_ClosesTheGateAndTouchesNothing) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("3_drop", "DROP TABLE users;\n");
  const auto before = project.snapshot();
  const auto blocked = project.tidegate({"run"});
  EXPECT_CODE(blocked, 3);
  EXPECT_SAYS(blocked, "drop-table");
  EXPECT_SAYS(blocked, "prisma/migrations/3_drop/migration.sql:1");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_CODE(project.tidegate({"run", "--override", "drop-table", "--reason", "it is a test"}), 0);
}

TEST_F(Lint, Run_LetsAStatementThroughThatIsAllowedWithAReason) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("3_drop", "-- tidegate: allow(drop-table) nobody has used it since May\nDROP TABLE users;\n");
  const auto finished = project.tidegate({"run", "--json"});
  EXPECT_CODE(finished, 0);
  EXPECT_SAYS(finished, "nobody has used it since May");
  EXPECT_EQ(project.db.value("select to_regclass('users') is null"), "t");
}

}  // namespace
}  // namespace tidegate::test
