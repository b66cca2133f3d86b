// SPDX-License-Identifier: Apache-2.0
//
// Programs as stages: real ones, run by the built host. The bundled pipeline prisma-cli with a stand-in for npx, and with
// Prisma itself where TIDEGATE_PRISMA names a folder whose node_modules has it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "project.hpp"
#include "support/wire_proxy.hpp"

namespace tidegate::test {
namespace {

namespace fs = std::filesystem;

class CommandStage : public ProjectTest {
 protected:
  void script(const std::string& path, const std::string& text) {
    project.file(path, "#!/bin/sh\n" + text);
    fs::permissions(project.dir / path, fs::perms::owner_all);
  }
  /// A pipeline of one command of a kind.
  void pipeline(const std::string& kind, const std::string& settings, const std::string& before = "") {
    project.file("tidegate.toml", "version = 1\n" + before + "[[stage]]\nid = \"it\"\nuse = \"command\"\nkind = \"" + kind +
                                      "\"\n[stage.with]\n" + settings);
  }
  std::string kept(const std::string& path) { return fs::exists(project.dir / path) ? file_text(project.dir / path) : "(no file)"; }
};

TEST_F(CommandStage, Check_ClosesTheGateWithWhatItSaid) {
  script("check", "echo looking; echo 'seven are missing' >&2; exit 3\n");
  pipeline("precheck", "argv = [\"./check\"]\n");
  const auto done = project.tidegate({"run", "--json"});
  EXPECT_CODE(done, 3);
  const auto events = parse_events(done.out);
  EXPECT_EQ(last_event(events)["outcome"], "blocked");
  const auto findings = of_type(events, "finding");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings.front()["rule"], "command-failed");
  EXPECT_NE(findings.front()["message"].get<std::string>().find("./check ended with exit code 3"), std::string::npos);
  std::vector<std::string> logged;
  for (const auto& event : of_type(events, "log"))
    if (event.value("stage", "") == "it") logged.push_back(event["message"]);
  std::sort(logged.begin(), logged.end());
  EXPECT_EQ(logged, (std::vector<std::string>{"looking", "seven are missing"}));
}

TEST_F(CommandStage, CheckThatCannotBeStarted_HasNotPassed) {
  pipeline("precheck", "argv = [\"./nothing-here\"]\n");
  const auto done = project.tidegate({"run", "--json"});
  EXPECT_CODE(done, 3);
  const auto findings = of_type(parse_events(done.out), "finding");
  ASSERT_EQ(findings.size(), 1U) << all_output(done);
  EXPECT_EQ(findings.front()["rule"], "check-could-not-run");
}

TEST_F(CommandStage, Detected_SteersLaterStages) {
  project.migration("1_a", "CREATE TABLE a (id int);\n");
  script("look", "echo blue\n");
  pipeline("detect", "argv = [\"./look\"]\n");
  const auto with = [&](const std::string& colour) {
    project.file("tidegate.toml", kept("tidegate.toml") + "[[stage]]\nid = \"" + colour +
                                      "\"\nuse = \"apply.prisma\"\nwhen = { \"it.stdout\" = \"" + colour +
                                      "\", \"it.exit_code\" = \"0\" }\n");
  };
  with("green");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_TRUE(project.applied().empty());
  pipeline("detect", "argv = [\"./look\"]\n");
  with("blue");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(CommandStage, Environment_IsTheListedOneAlone) {
  script("show", "env > seen\n");
  pipeline("verify",
           "argv = [\"./show\"]\npass_env = [\"GIVEN\"]\nenv = { MODE = \"deploy\" }\nsecret_env = [{ name = \"TOKEN\", value = "
           "\"${MY_TOKEN}\" }]\n");
  ASSERT_CODE(project.tidegate({"run"}, {{"GIVEN", "yes"}, {"WITHHELD", "no"}, {"MY_TOKEN", "t0k3n-value"}}), 0);
  std::istringstream lines(kept("seen"));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);)
    if (const auto name = line.substr(0, line.find('=')); name != "PWD" && name != "_" && name != "OLDPWD" && name != "SHLVL")
      names.push_back(name);
  std::sort(names.begin(), names.end());
  for (const char* name : {"GIVEN", "MODE", "PATH", "TOKEN"}) EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  for (const char* name : {"WITHHELD", "DATABASE_URL", "MY_TOKEN"}) EXPECT_EQ(std::count(names.begin(), names.end(), name), 0) << name;
  EXPECT_NE(kept("seen").find("TOKEN=t0k3n-value\n"), std::string::npos);
}

TEST_F(CommandStage, Secrets_AreTakenOutOfWhatItPrints) {
  script("leak", "echo \"url: $DATABASE_URL\"; echo \"token: $TOKEN\" >&2; exit 1\n");
  pipeline("verify", "argv = [\"./leak\"]\npass_connection = true\nsecret_env = [{ name = \"TOKEN\", value = \"${MY_TOKEN}\" }]\n");
  const auto done = project.tidegate({"run", "--json"}, {{"MY_TOKEN", "t0k3n-value"}});  // looks for the password itself
  EXPECT_CODE(done, 4);
  EXPECT_DOES_NOT_SAY(done, "t0k3n-value");
  EXPECT_SAYS(done, "token: ***");
  EXPECT_SAYS(done, "url: postgresql://postgres:***@");
}

TEST_F(CommandStage, Connection_IsInTheEnvironmentAndOnNoCommandLine) {
  script("use", "tr '\\0' ' ' < /proc/$$/cmdline > line; psql \"$MY_DB\" -Xqc 'create table by_command (id int)'\n");
  pipeline("apply", "argv = [\"./use\"]\npass_connection = true\nconnection_env = \"MY_DB\"\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.db.value("select to_regclass('by_command') is not null"), "t");
  EXPECT_EQ(kept("line").find("postgresql://"), std::string::npos) << kept("line");
}

TEST_F(CommandStage, FailedChange_MayStand) {
  script("change", "exit 1\n");
  pipeline("apply", "argv = [\"./change\"]\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 5);
  EXPECT_SAYS(done, "look at the database");
}

TEST_F(CommandStage, RollbackThatRestores_MakesItAFailureThatLeftNothing) {
  script("change", "exit 1\n");
  script("restore", "echo put back > restored\n");
  const auto with = [&](const std::string& restores) {
    pipeline("apply", "argv = [\"./change\"]\n[[rollback]]\nid = \"back\"\nuse = \"command\"\nkind = \"rollback\"\nwith = { argv = [\"./restore\"]" +
                          restores + " }\n");
    return project.tidegate({"run"});
  };
  EXPECT_CODE(with(""), 5);
  EXPECT_EQ(kept("restored"), "put back\n") << "it ran, and nobody said that this restores anything";
  EXPECT_CODE(with(", restores = true"), 4);
}

TEST_F(CommandStage, ChangeThatCannotStart_HasTouchedNothing) {
  pipeline("apply", "argv = [\"./nothing-here\"]\n");
  const auto done = project.tidegate({"run", "--json"});
  EXPECT_CODE(done, 4);
  EXPECT_EQ(last_event(parse_events(done.out))["outcome"], "failed");
  EXPECT_SAYS(done, "is not there");
}

TEST_F(CommandStage, DryRun_SaysWhatItWouldRun) {
  script("change", "touch changed\n");
  pipeline("apply", "argv = [\"./change\", \"the world\"]\n");
  const auto done = project.tidegate({"run", "--dry-run"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "would run: ./change 'the world'");
  EXPECT_EQ(kept("changed"), "(no file)");
}

TEST_F(CommandStage, Timeout_EndsTheProgram) {
  script("hang", "echo started; exec sleep 600\n");
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"command\"\nkind = \"verify\"\ntimeout = \"500ms\"\nwith = { argv = [\"./hang\"] }\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "deadline");
}

TEST_F(CommandStage, Folder_IsWhereItRuns) {
  project.file("sub/file", "here\n");
  pipeline("verify", "argv = [\"cat\", \"file\"]\nfolder = \"sub\"\n");
  const auto done = project.tidegate({"run", "-v"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "here");
}

TEST_F(CommandStage, Notification_HasTheEventOnItsInput) {
  script("tell", "cat >> told\n");
  project.migration("1_a", "CREATE TABLE a (id int);\n");
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n[[notify]]\nuse = \"command\"\nkind = \"notify\"\non = "
               "[\"succeeded\"]\nwith = { argv = [\"./tell\"] }\n");
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto event = Json::parse(kept("told"), nullptr, false);
  ASSERT_TRUE(event.is_object()) << kept("told");
  EXPECT_EQ(event["event"]["name"], "succeeded");
  EXPECT_EQ(event["event"]["applied"], Json::array({"1_a"}));
}

TEST_F(CommandStage, SeveralAttempts_RideOutAFailure) {
  script("second", "test -e tried && exit 0; touch tried; exit 1\n");
  pipeline("apply", "argv = [\"./second\"]\nattempts = 2\nattempt_delay = \"1ms\"\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
}

/// The bundled pipeline, with an npx that records what it was given.
class PrismaCli : public CommandStage {
 protected:
  PrismaCli() {
    script(
        "bin/npx",
        "echo \"$*|${DATABASE_URL:-none}|${SECRET_OF_OTHERS:-none}\" >> calls\n"
        "case \"$*\" in\n"
        "  *'migrate status') test -e deployed && echo 'Database schema is up to date!' && exit 0; echo 'not yet been applied'; exit 1 ;;\n"
        "  *'migrate deploy') test -e fails && echo 'Error: P3009' >&2 && exit 1; touch deployed ;;\n"
        "esac\n");
  }
  Variables path() const {
    return {{"PATH", (project.dir / "bin") + ":" + std::getenv("PATH")},
            {"SECRET_OF_OTHERS", "s"},
            {"VERCEL", "1"},
            {"VERCEL_ENV", "production"}};
  }
  std::vector<std::string> calls() {
    std::vector<std::string> out;
    std::istringstream lines(kept("calls"));
    for (std::string line; std::getline(lines, line);) out.push_back(line);
    return out;
  }
  static std::string with_url(const std::string& args, const std::string& url) { return args + "|" + url + "|none"; }
};

TEST_F(PrismaCli, PendingMigrations_AreDeployedAndSeenDone) {
  EXPECT_CODE(project.tidegate({"run", "prisma-cli"}, path()), 0);
  const auto status = with_url("prisma migrate status", project.url());
  EXPECT_EQ(calls(), (std::vector<std::string>{status, with_url("prisma migrate deploy", project.url()), status}));
}

TEST_F(PrismaCli, NothingPending_DeploysNothing) {
  project.file("deployed", "");
  EXPECT_CODE(project.tidegate({"run", "prisma-cli"}, path()), 0);
  for (const auto& call : calls()) EXPECT_EQ(call.find("deploy"), std::string::npos) << call;
}

TEST_F(PrismaCli, DryRun_AsksAndDeploysNothing) {
  const auto done = project.tidegate({"run", "prisma-cli", "--dry-run"}, path());
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "would run: npx prisma migrate deploy");
  EXPECT_EQ(calls().size(), 1U);
}

TEST_F(PrismaCli, FailedDeploy_MayStand) {
  project.file("fails", "");
  const auto done = project.tidegate({"run", "prisma-cli", "--set", "prisma-deploy.attempt_delay=1ms"}, path());
  EXPECT_CODE(done, 5);
  EXPECT_SAYS(done, "P3009");
  EXPECT_EQ(calls().size(), 4U) << "asked once, tried three times";
}

TEST_F(PrismaCli, Development_RunsNothing) {
  auto variables = path();
  variables.back() = {"VERCEL_ENV", "development"};
  EXPECT_CODE(project.tidegate({"run", "prisma-cli"}, variables), 0);
  for (const auto& call : calls()) EXPECT_EQ(call.find("deploy"), std::string::npos) << call;
}

TEST_F(PrismaCli, PrismaItself_DeploysWhatIsPending) {
  const char* folder = std::getenv("TIDEGATE_PRISMA");
  if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "TIDEGATE_PRISMA is not set: no Prisma to run";
  const std::string cli = std::string(folder) + "/node_modules/prisma/build/index.js";
  ASSERT_TRUE(fs::is_regular_file(cli)) << cli;
  fs::create_directory_symlink(std::string(folder) + "/node_modules", project.dir / "node_modules");
  // What npx would do with it, and with engines named, so that none is looked for elsewhere.
  script("bin/npx", "shift\nexport CHECKPOINT_DISABLE=1 NO_COLOR=1 PRISMA_QUERY_ENGINE_LIBRARY=" + cli +
                        " PRISMA_SCHEMA_ENGINE_BINARY=" + cli + "\nexec node " + cli + " \"$@\"\n");
  project.file("prisma/schema.prisma", "datasource db {\n  provider = \"postgresql\"\n  url      = env(\"DATABASE_URL\")\n}\n");
  project.file("prisma.config.ts", prisma_config());
  project.file("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
  const WireProxy proxy;  // a TCP port in front of the server's socket
  auto variables = path();
  variables.emplace_back("DATABASE_URL", proxy.url(project.db.name()));
  const auto done = project.tidegate({"run", "prisma-cli"}, variables);
  EXPECT_CODE(done, 0);
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"20240101000000_users"}));
  const auto again = project.tidegate({"run", "prisma-cli"}, variables);
  EXPECT_CODE(again, 0);
  EXPECT_SAYS(again, "up to date");
}

}  // namespace
}  // namespace tidegate::test
