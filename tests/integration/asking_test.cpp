// SPDX-License-Identifier: Apache-2.0
// What the commands print beside their answer: warnings, who is waited for, how they end when they are interrupted; and
// that no text, the migrations' own included, shows the connection's password.
#include <csignal>

#include "base/world.hpp"
#include "project.hpp"
#include "scratch/server.hpp"
#include "support/silent_server.hpp"

namespace tidegate::test {
namespace {

class Asking : public ProjectTest {
 protected:
  Asking() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n"); }
};

TEST_F(Asking, InterruptedWhileConnecting_EndsAsTheSignalSays) {
  for (const char* command : {"status", "plan", "resolve"})
    for (const int signal : {SIGINT, SIGTERM}) {
      const SilentServer silent;
      std::vector<std::string> args{command, "--url", "postgresql://u:" + std::string(kPasswordInUrl) + "@127.0.0.1:" + std::to_string(silent.port()) +
                                                          "/d?tide=1"};
      if (args.front() == "resolve") args.insert(args.end(), {"--applied", "20240101000000_users"});
      Process asked(project.command(args));
      ASSERT_TRUE(asked.wait_for_line("parameter tide")) << "the warning comes before the connection is tried";
      asked.signal(signal);
      const auto done = asked.wait();
      EXPECT_CODE(done, 128 + signal) << command;
      expect_no_secret(done);
    }
}

TEST_F(Asking, UnknownUrlParameter_IsWarnedOfByEachCommand) {
  const auto url = project.url() + "&frobnicate=1";
  for (const auto& args : std::vector<std::vector<std::string>>{{"status"}, {"plan"}, {"status", "--json"}, {"resolve", "--applied", "20240101000000_users"}}) {
    auto all = args;
    all.insert(all.end(), {"--url", url});
    const auto done = project.tidegate(all);
    EXPECT_CODE(done, 0);
    EXPECT_NE(done.err.find("frobnicate"), std::string::npos) << all_output(done);
    EXPECT_EQ(done.out.find("frobnicate"), std::string::npos) << all_output(done);
  }
}

TEST_F(Asking, ResolveWhileTheLockIsHeld_NamesTheHolderWhileItWaits) {
  Connection prisma(project.db.url() + "&application_name=prisma_migrate");
  prisma.sql("select pg_advisory_lock(72707369)");
  Process asked(project.command({"resolve", "--applied", "20240101000000_users"}));
  const auto line = asked.wait_for_line("pid " + std::to_string(prisma.pid()));
  ASSERT_TRUE(line) << all_output(asked.wait());
  asked.signal(SIGINT);
  EXPECT_CODE(asked.wait(), 130);
  EXPECT_TRUE(project.applied().empty());
}

TEST_F(Asking, ResolveWhoseConnectionIsLost_SaysThatTheOutcomeIsUnknown) {
  project.db.sql(
      "create table _prisma_migrations (id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, "
      "migration_name varchar(255) not null, logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), "
      "applied_steps_count integer not null default 0);"
      "create function drop_line() returns trigger language plpgsql as 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end';"
      "create constraint trigger at_commit after insert on _prisma_migrations deferrable initially deferred for each row execute function drop_line()");
  const auto done = project.tidegate({"resolve", "--applied", "20240101000000_users"});
  EXPECT_CODE(done, 5);
  EXPECT_SAYS(done, "unknown");
  EXPECT_SAYS(done, "tidegate status");
}

TEST_F(Asking, MigrationWithTheConnectionsPassword_IsShownWithoutItEverywhere) {
  const std::string secret = kPassword;
  const std::string long_line = "SELECT '" + std::string(84, 'x') + "', '" + secret + "';";  // plan cuts it amid the password
  project.migration("20240102000000_role", "COMMENT ON TABLE users IS '" + secret + "';\n" + long_line + "\n");
  project.migration("20240103000000_bad", "SELECT '" + secret + "', 1/0;\nSELECT '" + secret + "' FROM nowhere;\n");
  for (const auto& args : std::vector<std::vector<std::string>>{
           {"plan"}, {"plan", "--json"}, {"status"}, {"status", "--json"}, {"run", "--dry-run"}, {"run"}, {"run", "--json"}, {"status"}}) {
    const auto done = project.tidegate(args);
    for (std::size_t length = 6; length <= secret.size(); ++length)
      EXPECT_DOES_NOT_SAY(done, secret.substr(0, length) + (length < secret.size() ? "..." : ""));
  }
  EXPECT_SAYS(project.tidegate({"plan"}), "SELECT '***', 1/0");
  // An error's excerpt is the line of the file itself.
  project.migration("20240103000000_bad", "SELECT '" + secret + "' FROM nowhere;\n");
  const auto failed = project.tidegate({"run"});
  EXPECT_SAYS(failed, "SELECT '***' FROM nowhere");
}

TEST_F(Asking, PasswordThatIsAWordOfJson_LeavesTheAnswersWhole) {
  for (const char* word : {"true", "false", "null", "name", "hash"}) {
    const auto url = "postgresql://postgres:" + std::string(word) + "@/" + project.db.name() + "?host=" + server_socket_dir();
    const auto plan = project.json({"plan", "--json", "--url", url});
    EXPECT_TRUE(plan.at("migrations").at(0).at("transactional").get<bool>());
    EXPECT_EQ(plan.at("migrations").at(0).at("name"), "20240101000000_users");
    const auto status = project.json({"status", "--json", "--url", url});
    EXPECT_FALSE(status.at("up_to_date").get<bool>());
    EXPECT_TRUE(status.at("lock").is_null());
  }
}

TEST_F(Asking, PasswordWithASlash_IsRefusedWithoutRepeatingIt) {
  for (const char* command : {"run", "plan", "status"}) {
    const auto done = project.tidegate({command, "--url", "postgresql://u:123/secretpart@host/db"});
    EXPECT_CODE(done, 2);
    EXPECT_DOES_NOT_SAY(done, "secretpart");
    EXPECT_SAYS(done, "%2F");
  }
}

TEST_F(Asking, UrlOfAPipelineFile_IsNotShownByTheExcerptOfAMistake) {
  const std::string url = "postgresql://u:" + std::string(kPasswordInUrl) + "@${NO_SUCH_HOST}/d";
  project.file("tidegate.toml", "version = 1\n[connection.main]\nurl = \"" + url + "\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  EXPECT_SAYS(project.tidegate({"validate", "--env"}), "u:***@");
  project.file("tidegate.toml", "version = 1\n[connection.main]\nurl = \"" + url + "\n");
  EXPECT_CODE(project.tidegate({"validate"}), 2);
  EXPECT_CODE(project.tidegate({"run", url}), 2);
  EXPECT_CODE(project.tidegate({"run", "--json", url}), 2);
  EXPECT_CODE(project.tidegate({"run", "default", url}), 2);
}

TEST_F(Asking, PluginPath_IsOfTheProcessAndAbsolute) {
  project.file(".env", "TIDEGATE_PLUGIN_PATH=" + project.dir.path() + "/plugins\n");
  project.file("plugins/fake.tidegate.so", "no plugin");
  EXPECT_DOES_NOT_SAY(project.tidegate({"plugin", "list"}), "fake.tidegate.so");
  EXPECT_SAYS(project.tidegate({"plugin", "list"}, {{"TIDEGATE_PLUGIN_PATH", project.dir.path() + "/plugins"}}), "fake.tidegate.so");
  for (const char* command : {"validate", "status"}) {
    const auto relative = project.tidegate({command}, {{"TIDEGATE_PLUGIN_PATH", "plugins"}});
    EXPECT_CODE(relative, 0);
    EXPECT_SAYS(relative, "'plugins' is not an absolute path");
    EXPECT_DOES_NOT_SAY(relative, "fake.tidegate.so");
  }
}

TEST_F(Asking, PlanHash_IsOverWhatThePipelineDoesNotHowItIsWritten) {
  const auto hash = [&](const std::string& pipeline, Variables env = {}) {
    project.file("tidegate.toml", pipeline);
    return project.json({"plan", "--json"}, std::move(env))["hash"].get<std::string>();
  };
  const std::string plain = "version = 1\n[[stage]]\nuse = \"apply.prisma\"\nwith = { lock_timeout = \"1s\" }\n";
  const std::string by_variable = "version = 1\n[[stage]]\nuse = \"apply.prisma\"\nwith = { lock_timeout = \"${LIMIT}\" }\n";
  const auto first = hash(plain);
  EXPECT_EQ(hash("# a comment\n" + plain), first);
  EXPECT_EQ(hash("version = 1\n[with]\nlock_timeout = \"1000ms\"\n[[stage]]\nuse = \"apply.prisma\"\n"), first);
  EXPECT_EQ(hash(by_variable, {{"LIMIT", "1s"}}), first);
  EXPECT_NE(hash(by_variable, {{"LIMIT", "2s"}}), first);
  EXPECT_NE(hash("version = 1\n[[stage]]\nuse = \"apply.prisma\"\ntimeout = \"1m\"\nwith = { lock_timeout = \"1s\" }\n"), first);
  EXPECT_NE(hash("version = 1\n[[stage]]\nuse = \"apply.prisma\"\nid = \"other\"\nwith = { lock_timeout = \"1s\" }\n"), first);
  EXPECT_NE(hash(plain + "[[stage]]\nuse = \"health\"\n"), first);
  EXPECT_EQ(hash(plain), first);
}

TEST_F(Asking, RunOfABadPipeline_WritesAStreamThatEndsWithRunFinished) {
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"helth\"\n[[stage]]\nuse = \"apply.prisma\"\non_error = \"warn\"\n");
  const auto done = project.tidegate({"run", "--json", "--events", "events.ndjson"});
  EXPECT_CODE(done, 2);
  const auto events = parse_events(done.out);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]["type"], "run.started");
  EXPECT_EQ(events[0]["file"], "tidegate.toml");
  const auto last = last_event(events);
  EXPECT_EQ(last["seq"], 2);
  EXPECT_EQ(last["outcome"], "not_started");
  EXPECT_EQ(last["exit"], 2);
  EXPECT_EQ(last["error"]["where"]["line"], 3);
  ASSERT_GE(last["findings"].size(), 2U);
  for (const auto& finding : last["findings"]) EXPECT_EQ(finding["rule"], "pipeline");
  EXPECT_EQ(last["findings"][0]["verdict"], "block");
  EXPECT_EQ(last["findings"][0]["message"], last["error"]["message"]);
  EXPECT_EQ(parse_events(*base::read_file(project.dir.path() + "/events.ndjson")).back()["type"], "run.finished");
}

TEST_F(Asking, RunWithoutAPipeline_WritesAStreamToo) {
  const auto events = project.events({"no-such-pipeline"});
  const auto last = last_event(events);
  EXPECT_EQ(last["outcome"], "not_started");
  EXPECT_EQ(last["exit"], 2);
  EXPECT_EQ(events.front()["type"], "run.started");
}

TEST_F(Asking, WarningOfAGoodPipeline_IsALineOfTheStreamAndOfTheTerminal) {
  const Variables env{{"TIDEGATE_PLUGIN_PATH", "plugins"}};
  const auto events = project.events({}, env);
  EXPECT_EQ(events.front()["type"], "run.started");
  const auto logs = of_type(events, "log");
  ASSERT_FALSE(logs.empty());
  EXPECT_EQ(logs[0]["level"], "warn");
  EXPECT_NE(logs[0]["message"].get<std::string>().find("not an absolute path"), std::string::npos);
  const auto text = project.tidegate({"run"}, env);
  const auto at = text.err.find("not an absolute path");
  ASSERT_NE(at, std::string::npos) << all_output(text);
  EXPECT_EQ(text.err.find("not an absolute path", at + 1), std::string::npos) << "said once:\n" << text.err;
}

}  // namespace
}  // namespace tidegate::test
