// SPDX-License-Identifier: Apache-2.0
// Everything that a user, a network or another session can do wrong: the message, the exit code, the untouched database.
#include "project.hpp"
#include "scratch/server.hpp"
#include "support/http_server.hpp"
#include "support/silent_server.hpp"

namespace tidegate::test {
namespace {

class BadInput : public ProjectTest {
 protected:
  BadInput() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n"); }

  /// Runs and checks that the database is as it was.
  Finished untouched(std::vector<std::string> args, Variables env = {}) {
    const auto before = project.snapshot();
    auto done = project.tidegate(std::move(args), std::move(env));
    EXPECT_EQ(project.snapshot(), before);
    EXPECT_TRUE(project.applied().empty());
    return done;
  }
  static std::string tcp(int port, const std::string& rest = "/shop") {
    return "postgresql://alice:" + std::string(kPasswordInUrl) + "@127.0.0.1:" + std::to_string(port) + rest;
  }
};

TEST_F(BadInput, UnreachableHost_IsNamed) {
  const auto done = untouched({"run", "--url", "postgresql://alice:" + std::string(kPasswordInUrl) + "@no-such-host.invalid:5999/shop"});
  EXPECT_CODE(done, 6);
  EXPECT_SAYS(done, "no-such-host.invalid");
  EXPECT_SAYS(done, "nothing was touched");
}

TEST_F(BadInput, ServerThatNeverAnswers_IsGivenUp) {
  const SilentServer silent;
  const auto done = untouched({"run", "--url", tcp(silent.port(), "/shop?connect_timeout=1")});
  EXPECT_CODE(done, 6);
  EXPECT_SAYS(done, "127.0.0.1:" + std::to_string(silent.port()));
}

TEST_F(BadInput, ServerThatNeverAnswers_IsGivenUpWithoutATimeoutInTheUrl) {
  const SilentServer silent;
  auto command = project.command({"run", "--url", tcp(silent.port())});
  command.timeout = std::chrono::seconds(60);
  const auto done = run(command);
  EXPECT_FALSE(done.timed_out);
  EXPECT_CODE(done, 6);
  EXPECT_SAYS(done, "10");
  expect_no_secret(done);
}

TEST_F(BadInput, WrongPassword_IsToldFromAnUnreachableServer) {
  auto server = scratch::Server::start({.hba = {"local all alice scram-sha-256"}}, base::Deadline::in(std::chrono::seconds(60)));
  ASSERT_TRUE(server) << server.error().message;
  Connection((*server)->url()).sql("create role alice login password 'the-real-one'");
  const auto done = project.tidegate({"run", "--url", url_with_password((*server)->socket_dir(), "postgres", "alice")});
  EXPECT_CODE(done, 6);
  EXPECT_SAYS(done, "password");
  EXPECT_SAYS(done, "alice");
  EXPECT_SAYS(done, "hint");
  EXPECT_DOES_NOT_SAY(done, "the-real-one");
}

TEST_F(BadInput, MissingDatabase_IsNotCreated) {
  const auto done = untouched({"run", "--url", url_with_password(server_socket_dir(), "no_such_database")});
  EXPECT_CODE(done, 6);
  EXPECT_SAYS(done, "no_such_database");
  EXPECT_EQ(project.db.value("select count(*) from pg_database where datname = 'no_such_database'"), "0");
}

TEST_F(BadInput, UnknownUrlParameter_IsIgnoredWithAWarning) {
  const auto done = project.tidegate({"run", "--url", project.url() + "&frobnicate=1&connection_limit=5&pool_timeout=0"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "frobnicate");
  EXPECT_DOES_NOT_SAY(done, "connection_limit");
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(BadInput, UrlThatIsNone_IsRefusedWithoutRepeatingIt) {
  for (const std::string& url :
       {"mysql://root:" + std::string(kPasswordInUrl) + "@h/db", "postgresql//alice:" + std::string(kPasswordInUrl) + "@h/db",
        "postgresql://alice:" + std::string(kPasswordInUrl) + "@h:port/db"}) {
    EXPECT_CODE(untouched({"run", "--url", url}), 2);
    EXPECT_CODE(untouched({"status", "--url", url}), 2);
  }
}

TEST_F(BadInput, MissingFolder_IsNamed) {
  const auto done = untouched({"run", "--set", "migrations=prisma/migratoins"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "prisma/migratoins");
}

TEST_F(BadInput, MigrationWithoutAFile_IsRefusedBeforeTheFirst) {
  project.file("prisma/migrations/20240102000000_empty/README.md", "no SQL here");
  const auto done = untouched({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "20240102000000_empty");
  EXPECT_SAYS(done, "P3015");
}

TEST_F(BadInput, InvalidUtf8_IsRefusedBeforeTheFirst) {
  project.migration("20240102000000_latin", "CREATE TABLE t (a text);\nINSERT INTO t VALUES ('caf\xE9');\n");
  const auto done = untouched({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "20240102000000_latin/migration.sql:2:");
  EXPECT_SAYS(done, "UTF-8");
}

TEST_F(BadInput, UnbalancedBegin_IsRefusedBeforeTheFirst) {
  project.migration("20240102000000_open", "BEGIN;\nCREATE TABLE t (a int);\n");
  const auto done = untouched({"run"});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_SAYS(done, "20240102000000_open/migration.sql:1:");
}

TEST_F(BadInput, SyntaxError_PointsAtItsPlace) {
  project.migration("20230101000000_typo", "CREATE TABLE a (id int);\n\nCREATE TABLE b (\n  id int,\n  name txet NOT NUL\n);\n");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "42601");
  EXPECT_SAYS(done, "20230101000000_typo/migration.sql:5:17");
  EXPECT_SAYS(done, "name txet NOT NUL");
  EXPECT_SAYS(done, "^");
  EXPECT_EQ(project.snapshot(), before);
}

TEST_F(BadInput, DivisionByZeroInStatementThreeOfFive_PointsAtTheThird) {
  project.migration(
      "20230101000000_five",
      "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\nINSERT INTO a SELECT 1 / (id - id) FROM generate_series(1, 1) id;\n"
      "CREATE TABLE c (id int);\nCREATE TABLE d (id int);\n");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "22012");
  EXPECT_SAYS(done, "division by zero");
  EXPECT_SAYS(done, "20230101000000_five/migration.sql:3:");
  EXPECT_SAYS(done, "P3018");
  EXPECT_EQ(project.snapshot(), before);
}

TEST_F(BadInput, ConstraintViolation_ShowsTheServersDetail) {
  project.migration("20230101000000_twice", "CREATE TABLE t (id int PRIMARY KEY);\nINSERT INTO t VALUES (7), (7);\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "23505");
  EXPECT_SAYS(done, "Key (id)=(7)");
  EXPECT_SAYS(done, "t_pkey");
}

TEST_F(BadInput, TableLockedByAnotherSession_NamesItAndGivesUpInTime) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("20240102000000_column", "ALTER TABLE users ADD COLUMN name text;\n");
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\ntimeout = \"3s\"\n");
  Connection other(project.db.url() + "&application_name=nightly_report");
  other.sql("begin; select * from users");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "pid " + std::to_string(other.pid()));
  EXPECT_SAYS(done, "nightly_report");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(BadInput, PipelineWithFiveMistakes_NamesAllOfThem) {
  project.file("deploy/web.toml",
               "version = 1\n"
               "nam = \"web\"\n"
               "[run]\n"
               "lock_wait = \"soon\"\n"
               "[[stage]]\n"
               "use = \"environmnt\"\n"
               "[[stage]]\n"
               "use = \"apply.prisma\"\n"
               "with = { migratons = \"x\" }\n"
               "[[notify]]\n"
               "use = \"notify.webhook\"\n"
               "with = { url = \"http://127.0.0.1:9\" }\n"
               "on = [\"failled\"]\n");
  for (const char* command : {"run", "validate", "plan", "status"}) {
    const auto done = untouched({command, "deploy/web.toml"});
    EXPECT_CODE(done, 2);
    EXPECT_SAYS(done, "deploy/web.toml:2:1");
    EXPECT_SAYS(done, "deploy/web.toml:4:13");
    EXPECT_SAYS(done, "deploy/web.toml:6:7");
    EXPECT_SAYS(done, "deploy/web.toml:9:10");
    EXPECT_SAYS(done, "deploy/web.toml:13:7");
    EXPECT_SAYS(done, "did you mean 'name'?");
    EXPECT_SAYS(done, "did you mean 'environment'?");
    EXPECT_SAYS(done, "did you mean 'failed'?");
  }
}

TEST_F(BadInput, UnknownStageType_NamesTheNearest) {
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"aply.prisma\"\n");
  const auto done = untouched({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "tidegate.toml:3:7");
  EXPECT_SAYS(done, "did you mean 'apply.prisma'?");
}

TEST_F(BadInput, MissingPipelineFile_NamesTheBundledOnes) {
  const auto done = untouched({"run", "defualt"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "defualt");
  EXPECT_SAYS(done, "minimal");
}

TEST_F(BadInput, UndefinedVariableInTheUrl_IsNamed) {
  project.file("tidegate.toml", "version = 1\n[connection.main]\nurl = \"${SHOP_URL}\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  const auto done = untouched({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "SHOP_URL");
  EXPECT_SAYS(done, "tidegate.toml:3:7");
}

TEST_F(BadInput, WebhookThatHangs_IsAWarningAndNotTheResult) {
  HttpServer server;
  server.hang();
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n[[notify]]\nuse = \"notify.webhook\"\non = [\"succeeded\"]\n"
               "with = { url = \"${HOOK}\", secret = \"${HOOK_SECRET}\" }\n");
  const auto done = project.tidegate({"run"}, {{"HOOK", server.url("/hook")}, {"HOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "notify.webhook");
  EXPECT_SAYS(done, "1 migration applied");
  EXPECT_DOES_NOT_SAY(done, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_GE(server.requests().size(), 1U);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(BadInput, WebhookThatRefuses_IsAWarningAndNotTheResult) {
  HttpServer server;
  server.answer_with(std::vector<HttpAnswer>(20, HttpAnswer{403, "go away"}));
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n[[notify]]\nuse = \"notify.webhook\"\non = [\"succeeded\"]\nwith = { url = "
               "\"${HOOK}\" }\n");
  const auto done = project.tidegate({"run"}, {{"HOOK", server.url("/hook")}});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "403");
}

}  // namespace
}  // namespace tidegate::test
