// SPDX-License-Identifier: Apache-2.0
// HTTP probes and the soak of the health stage in real runs, against a local server that plays the application.
#include <csignal>

#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kQuery = "key=s3cret-in-the-query";

class Probes : public ProjectTest {
 protected:
  Probes() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n"); }

  void pipeline(const std::string& probe, const std::string& with = "", const std::string& stage = "") {
    project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n[[stage]]\nuse = \"health\"\n" + stage +
                                      "[stage.with]\n" + with + "[[stage.with.http]]\nurl = \"" + server.url("/healthz?") + "${KEY}\"\n" +
                                      probe);
  }
  Finished run(std::vector<std::string> args = {"run"}) {
    auto done = project.tidegate(std::move(args), env);
    EXPECT_DOES_NOT_SAY(done, "s3cret");
    return done;
  }
  static HttpAnswer healthy(const std::string& commit) { return {200, R"({"status":"ok","commit":")" + commit + R"("})"}; }

  HttpServer server;
  Variables env{{"KEY", kQuery}, {"VERCEL_GIT_COMMIT_SHA", "abc123"}};
};

TEST_F(Probes, ApplicationOfTheDeployedVersion_Passes) {
  pipeline(
      "json = [{ pointer = \"/status\", equals = \"ok\" }]\nversion = { pointer = \"/commit\", equals = \"${VERCEL_GIT_COMMIT_SHA}\" }\n"
      "headers = { X-Probe = \"deploy-gate\" }\n");
  server.answer_with({healthy("abc123")});
  EXPECT_CODE(run(), 0);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].path, std::string("/healthz?") + kQuery);
  EXPECT_EQ(requests[0].header("x-probe"), "deploy-gate");
}

TEST_F(Probes, ApplicationOfAnotherVersion_FailsTheRunNamingBoth) {
  pipeline("version = { pointer = \"/commit\", equals = \"${VERCEL_GIT_COMMIT_SHA}\" }\n");
  server.answer_with({healthy("older99")});
  const auto done = run();
  EXPECT_CODE(done, 5);
  EXPECT_SAYS(done, "older99");
  EXPECT_SAYS(done, "abc123");
}

TEST_F(Probes, ApplicationThatIsSick_FailsTheRunAndItsQueryIsNotTold) {
  ASSERT_CODE(project.tidegate({"run", "minimal"}), 0);
  pipeline("");
  server.answer_with({{503}, {503}});
  const auto done = run();
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "/healthz");
  EXPECT_SAYS(done, "503");
  EXPECT_CODE(run({"run", "--json"}), 4);
}

TEST_F(Probes, ApplicationThatHangs_IsGivenUp) {
  ASSERT_CODE(project.tidegate({"run", "minimal"}), 0);
  pipeline("timeout = \"200ms\"\n");
  server.hang();
  const auto done = run();
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "did not answer");
}

TEST_F(Probes, Soak_AsksAgainAndForgivesOneFailure) {
  ASSERT_CODE(project.tidegate({"run", "minimal"}), 0);
  pipeline("", "for = \"600ms\"\nevery = \"100ms\"\n");
  server.answer_with({{200}, {500}, {200}});
  const auto done = run({"run", "--json"});
  EXPECT_CODE(done, 0);
  EXPECT_GE(server.requests().size(), 3U);
  const auto events = parse_events(done.out);
  EXPECT_FALSE(of_type(events, "stage.progress").empty());
  const auto findings = of_type(events, "finding");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0]["rule"], "soak-unsteady");
}

TEST_F(Probes, SoakWithFailuresInARow_FailsTheRun) {
  ASSERT_CODE(project.tidegate({"run", "minimal"}), 0);
  pipeline("", "for = \"1m\"\nevery = \"100ms\"\n");
  server.answer_with({{200}, {200}, {500}, {500}});
  const auto done = run();
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "failure 2 of 2 in a row");
  EXPECT_EQ(server.requests().size(), 4U) << "it ends there";
}

TEST_F(Probes, SignalDuringASoak_EndsTheRun) {
  ASSERT_CODE(project.tidegate({"run", "minimal"}), 0);
  pipeline("", "for = \"1h\"\nevery = \"100ms\"\n");
  Process host(project.command({"run"}, env));
  ASSERT_TRUE(server.wait_for_requests(3));
  host.signal(SIGTERM);
  EXPECT_CODE(host.wait(), 143);
}

TEST_F(Probes, SoakLongerThanItsTimeout_IsRefusedBeforeAnyChange) {
  pipeline("", "for = \"2m\"\n", "timeout = \"2m\"\n");
  const auto done = run();
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "timeout");
  EXPECT_TRUE(project.applied().empty());
}

}  // namespace
}  // namespace tidegate::test
