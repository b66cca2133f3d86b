// SPDX-License-Identifier: Apache-2.0
// The commands that ask: status, plan, validate, plugin, scratch, and help.
#include <csignal>
#include <filesystem>
#include <regex>
#include <thread>

#include "project.hpp"

namespace tidegate::test {
namespace {

class Commands : public ProjectTest {
 protected:
  Commands() {
    project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n-- and a row\nINSERT INTO users VALUES (1);\n");
    project.migration("20240102000000_index", "CREATE INDEX CONCURRENTLY users_id ON users (id);\n");
  }
  static std::vector<std::string> names(const Json& list) {
    std::vector<std::string> out;
    for (const auto& entry : list) out.push_back(entry.is_string() ? entry.get<std::string>() : entry.at("name").get<std::string>());
    return out;
  }
};

TEST_F(Commands, StatusJson_HasEveryFieldOfTheContract) {
  const auto before = project.json({"status", "--json"});
  EXPECT_EQ(before.at("up_to_date"), false);
  EXPECT_EQ(before.at("pending"), Json::array({"20240101000000_users", "20240102000000_index"}));
  for (const char* list : {"applied", "failed", "edited", "missing", "drift", "runs"}) EXPECT_EQ(before.at(list), Json::array()) << list;
  EXPECT_TRUE(before.at("lock").is_null());
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto after = project.json({"status", "--json"});
  EXPECT_EQ(after.at("up_to_date"), true);
  EXPECT_EQ(after.at("pending"), Json::array());
  ASSERT_EQ(names(after.at("applied")), (std::vector<std::string>{"20240101000000_users", "20240102000000_index"}));
  const auto at = after["applied"][0].at("applied_at").get<std::string>();
  EXPECT_EQ(at.substr(0, 2), "20");
  EXPECT_EQ(at.back(), 'Z') << at;
  EXPECT_EQ(at.at(10), 'T') << at;
}

TEST_F(Commands, StatusCheck_Is3UnlessUpToDate) {
  EXPECT_CODE(project.tidegate({"status"}), 0);
  EXPECT_CODE(project.tidegate({"status", "--check"}), 3);
  ASSERT_CODE(project.tidegate({"run"}), 0);
  EXPECT_CODE(project.tidegate({"status", "--check"}), 0);
}

TEST_F(Commands, Status_ChangesNothing) {
  const auto before = project.snapshot();
  EXPECT_SAYS(project.tidegate({"status"}), "20240101000000_users");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.db.value("select to_regclass('_prisma_migrations') is null"), "t");
}

TEST_F(Commands, StatusInDevelopment_StillAnswers) {
  EXPECT_EQ(project.json({"status", "--json", "--environment", "development"})["pending"].size(), 2U);
}

TEST_F(Commands, StatusOfAPipelineWithoutAHistory_SaysSo) {
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"environment\"\n");
  const auto done = project.tidegate({"status"});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_SAYS(done, "history");
}

TEST_F(Commands, PlanJson_NamesMigrationsAndStatements) {
  const auto before = project.snapshot();
  const auto plan = project.json({"plan", "--json"});
  EXPECT_EQ(plan.at("hash").get<std::string>().size(), 64U);
  EXPECT_EQ(plan.at("environment").at("name"), "unknown");
  EXPECT_TRUE(plan.at("checks").is_array());
  const auto& migrations = plan.at("migrations");
  ASSERT_EQ(names(migrations), (std::vector<std::string>{"20240101000000_users", "20240102000000_index"}));
  const auto& statements = migrations[0].at("statements");
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_NE(statements[0].at("sql").get<std::string>().find("CREATE TABLE users"), std::string::npos);
  EXPECT_EQ(statements[0].at("line"), 1);
  EXPECT_NE(statements[1].at("sql").get<std::string>().find("INSERT INTO users"), std::string::npos);
  EXPECT_EQ(statements[0].at("transactional"), true);
  EXPECT_EQ(migrations[1].at("statements").at(0).at("transactional"), false);
  EXPECT_TRUE(migrations[0].at("findings").is_array());
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.db.value("select to_regclass('_prisma_migrations') is null"), "t");
}

TEST_F(Commands, PlanHash_ChangesWithWhatWouldBeDoneAndWithNothingElse) {
  const auto hash = [&](std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"plan", "--json"});
    return project.json(more)["hash"].get<std::string>();
  };
  const auto first = hash();
  EXPECT_EQ(hash(), first);
  project.db.sql("create schema elsewhere; create table elsewhere.t as select generate_series(1, 1000)");
  EXPECT_EQ(hash(), first) << "sizes do not count";
  EXPECT_NE(hash({"--environment", "preview"}), first);
  EXPECT_NE(hash({"--set", "lock_timeout=1s"}), first);
  project.migration("20240102000000_index", "CREATE INDEX CONCURRENTLY users_id2 ON users (id);\n");
  const auto edited = hash();
  EXPECT_NE(edited, first) << "a pending migration was edited";
  project.migration("20240103000000_more", "SELECT 1;\n");
  EXPECT_NE(hash(), edited);
}

TEST_F(Commands, PlanWithNothingPending_IsEmpty) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.json({"plan", "--json"})["migrations"], Json::array());
}

TEST_F(Commands, Plan_PrintsTheStatementsForPeople) {
  const auto done = project.tidegate({"plan"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "CREATE TABLE users");
  EXPECT_SAYS(done, "hash ");
}

TEST_F(Commands, ValidateOfBundledPipelines_FindsNothing) {
  EXPECT_CODE(project.tidegate({"validate", "default"}), 0);
  EXPECT_CODE(project.tidegate({"validate", "minimal"}), 0);
}

TEST_F(Commands, ValidateJson_HasAllMistakesWithTheirPlaces) {
  project.file("tidegate.toml",
               "version = 1\nextend = \"default\"\n[[stage]]\nuse = \"helth\"\n[[stage]]\nuse = \"apply.prisma\"\ntimeout = "
               "\"x\"\non_error = \"warn\"\n"
               "with = { lock_timeout = true }\n");
  const auto answer = project.json({"validate", "--json"}, {}, 2);
  EXPECT_EQ(answer["valid"], false);
  std::vector<int> lines;
  for (const auto& error : answer.at("errors")) {
    lines.push_back(error.at("where").at("line"));
    EXPECT_EQ(error["where"]["file"], "tidegate.toml");
    EXPECT_GE(error["where"]["column"], 1);
    EXPECT_FALSE(error["message"].get<std::string>().empty());
  }
  EXPECT_EQ(lines, (std::vector<int>{2, 4, 7, 8, 9}));
}

TEST_F(Commands, ValidateEnv_MakesUndefinedVariablesErrors) {
  project.file("tidegate.toml", "version = 1\n[connection.main]\nurl = \"${SHOP_URL}\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto lenient = project.tidegate({"validate"});
  EXPECT_CODE(lenient, 0);
  EXPECT_SAYS(lenient, "SHOP_URL");
  EXPECT_CODE(project.tidegate({"validate", "--env"}), 2);
  EXPECT_CODE(project.tidegate({"validate", "--env"}, {{"SHOP_URL", "postgresql://x"}}), 0);
}

TEST_F(Commands, PluginListJson_HasTheBundledOnes) {
  const auto list = project.json({"plugin", "list", "--json"});
  std::vector<std::string> types;
  for (const auto& plugin : list.at("plugins")) {
    EXPECT_EQ(plugin.at("bundled"), true);
    EXPECT_TRUE(std::filesystem::is_regular_file(plugin.at("path").get<std::string>())) << plugin;
    for (const char* key : {"id", "version", "summary"}) EXPECT_FALSE(plugin.at(key).get<std::string>().empty()) << key;
    for (const auto& stage : plugin.at("stages")) types.push_back(stage.at("type"));
  }
  EXPECT_EQ(list.at("failures"), Json::array());
  for (const char* type : {"environment", "safety", "apply.prisma", "health", "notify.webhook"})
    EXPECT_NE(std::find(types.begin(), types.end(), type), types.end()) << type;
}

TEST_F(Commands, PluginInspectJson_HasKindsAndSettings) {
  const auto plugin = project.json({"plugin", "inspect", "apply.prisma", "--json"});
  const auto& stage = plugin.at("stages").at(0);
  EXPECT_EQ(stage.at("type"), "apply.prisma");
  EXPECT_EQ(stage.at("kinds"), Json::array({"apply"}));
  EXPECT_EQ(stage.at("extensions"), Json::array({"tidegate.history/1", "tidegate.plan/1"}));
  const auto& settings = stage.at("settings");
  EXPECT_NE(
      std::find_if(settings.begin(), settings.end(), [](const Json& s) { return s["name"] == "migrations" && s["type"] == "string"; }),
      settings.end());
  EXPECT_EQ(project.json({"plugin", "inspect", plugin.at("path"), "--json"}), plugin);
}

TEST_F(Commands, PluginInspectOfAnUnknownName_NamesTheNearest) {
  const auto done = project.tidegate({"plugin", "inspect", "apply.prism"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "did you mean 'apply.prisma'?");
}

TEST_F(Commands, Help_IsEverywhereWithExamples) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {}, {"run"}, {"plan"}, {"status"}, {"resolve"}, {"validate"}, {"plugin", "list"}, {"plugin", "inspect"}, {"scratch"}}) {
    auto args = command;
    args.push_back("--help");
    const auto done = project.tidegate(args);
    EXPECT_CODE(done, 0);
    EXPECT_NE(done.out.find("Examples:"), std::string::npos) << done.out;
    EXPECT_EQ(done.err, "");
  }
}

TEST_F(Commands, Version_IsOneLine) {
  const auto done = project.tidegate({"--version"});
  EXPECT_CODE(done, 0);
  EXPECT_EQ(done.out.rfind("tidegate ", 0), 0U);
  EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '\n'), 1);
}

TEST_F(Commands, VersionAsJson_SaysWhatItWasBuiltFrom) {
  const auto answer = project.json({"--version", "--json"});
  EXPECT_EQ("tidegate " + answer["version"].get<std::string>() + "\n", project.tidegate({"--version"}).out);
  EXPECT_TRUE(std::regex_match(answer["commit"].get<std::string>(), std::regex("unknown|[0-9a-f]{40}"))) << answer;
  EXPECT_TRUE(answer["abi"]["major"].is_number()) << answer;
  EXPECT_FALSE(answer["compiler"].get<std::string>().empty());
  EXPECT_EQ(answer["flags"].get<std::string>().find('/'), std::string::npos) << "a path of the machine that built it: " << answer;
  EXPECT_EQ(project.json({"--json", "--version"}), answer);
  const auto alone = project.tidegate({"--json"});
  EXPECT_CODE(alone, 2);
  EXPECT_SAYS(alone, "--version");
}

TEST_F(Commands, MisspeltCommandOrOption_NamesTheNearest) {
  EXPECT_SAYS(project.tidegate({"valdate"}), "'validate'");
  EXPECT_SAYS(project.tidegate({"run", "--dry-rum"}), "'--dry-run'");
}

class Scratch : public Commands, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Commands, Scratch, ::testing::Values(SIGTERM, SIGINT, SIGKILL), [](const auto& tested) {
  return tested.param == SIGTERM ? "SIGTERM" : tested.param == SIGINT ? "SIGINT" : "SIGKILL";
});

TEST_P(Scratch, PrintsAUrlThatWorksAndIsGoneAfterwards) {
  Process host(project.command({"scratch"}));
  const auto url = host.wait_for_line("postgresql://");
  ASSERT_TRUE(url) << all_output(host.wait());
  const auto at = url->find("host=");
  ASSERT_NE(at, std::string::npos) << *url;
  const auto folder = url->substr(at + 5, url->find('&', at) - at - 5);
  int postmaster = 0;
  {
    Connection session(*url);
    EXPECT_EQ(session.value("select count(*) from pg_database where datname = 'postgres'"), "1");
    postmaster = std::stoi(session.value("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"));
  }
  EXPECT_TRUE(std::filesystem::exists(folder)) << folder;
  host.signal(GetParam());
  const auto done = host.wait();
  if (GetParam() != SIGKILL) {
    EXPECT_CODE(done, 0);
  }
  // After SIGKILL the guardian cleans up by itself, so its end is what there is to wait for.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while ((std::filesystem::exists(folder) || ::kill(postmaster, 0) == 0) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(std::filesystem::exists(folder)) << folder;
  EXPECT_NE(::kill(postmaster, 0), 0);
}

TEST_F(Commands, ScratchOfAMissingMajor_SaysWhatThereIs) {
  const auto done = project.tidegate({"scratch", "--major", "7"});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_SAYS(done, "7");
}

}  // namespace
}  // namespace tidegate::test
