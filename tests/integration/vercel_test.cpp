// SPDX-License-Identifier: Apache-2.0
// The bundled pipeline vercel-postdeploy of real runs: an application that answers, or does not, and a server that answers
// like Vercel's API.
#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kToken = "vercel-17-s3cret-token";

Json vercel_project(const std::string& live, const Json& job = nullptr) {
  return {{"id", "prj_1"},
          {"targets", {{"production", {{"id", live}, {"url", live + ".vercel.app"}, {"createdAt", 3000}}}}},
          {"lastAliasRequest", job}};
}
Json rollback_job(const std::string& status) {
  return {{"fromDeploymentId", "dpl-3"}, {"toDeploymentId", "dpl-2"}, {"type", "rollback"}, {"jobStatus", status}, {"requestedAt", 5000}};
}
Json one_before() {
  const auto row = [](const char* id, int created) {
    return Json{{"uid", id},
                {"url", std::string(id) + ".vercel.app"},
                {"created", created},
                {"state", "READY"},
                {"readySubstate", "PROMOTED"},
                {"isRollbackCandidate", true}};
  };
  return {{"deployments", {row("dpl-3", 3000), row("dpl-2", 2000)}}, {"pagination", {{"next", nullptr}}}};
}

class VercelPostdeploy : public ProjectTest {
 protected:
  VercelPostdeploy() { application.answer_with({{500, "oops"}}); }
  Variables variables() const {
    return {{"HEALTH_URL", application.url("/healthz")},
            {"VERCEL_TOKEN", kToken},
            {"VERCEL_PROJECT_ID", "prj_1"},
            {"VERCEL_ORG_ID", "team_9"},
            {"DEPLOYMENT_URL", "https://dpl-3.vercel.app"}};
  }
  std::vector<Json> postdeploy(std::vector<std::string> more = {}) {
    std::vector<std::string> args{"run",   "vercel-postdeploy",         "--json", "--set", "rollback.vercel.base_url=" + api.url("/"),
                                  "--set", "rollback.vercel.every=10ms"};
    args.insert(args.end(), more.begin(), more.end());
    last = project.tidegate(args, variables());
    EXPECT_DOES_NOT_SAY(last, kToken);
    return parse_events(last.out);
  }
  /// Vercel up to the point where the rollback is asked for.
  void live_with_one_before(std::vector<HttpAnswer> then) {
    std::vector<HttpAnswer> answers{{200, vercel_project("dpl-3").dump()}, {200, one_before().dump()}};
    answers.insert(answers.end(), then.begin(), then.end());
    api.answer_with(answers);
  }
  static std::string verdict(const std::vector<Json>& events, const std::string& stage) {
    std::string out;
    for (const auto& event : of_type(events, "stage.finished"))
      if (event["stage"] == stage) out = event["verdict"];
    return out;
  }
  static std::string hint(const std::vector<Json>& events) { return last_event(events)["error"].value("hint", ""); }

  HttpServer application, api;
  Finished last;
};

TEST_F(VercelPostdeploy, ApplicationIsSick_ThePreviousDeploymentIsServedAgain) {
  live_with_one_before({{201, ""},
                        {200, vercel_project("dpl-3", rollback_job("in-progress")).dump()},
                        {200, vercel_project("dpl-2", rollback_job("succeeded")).dump()}});
  const auto events = postdeploy();
  const auto end = last_event(events);
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_EQ(end["exit"], 4);
  EXPECT_EQ(verdict(events, "rollback.vercel"), "warn");
  const auto requests = api.requests();
  ASSERT_EQ(requests.size(), 5U);
  EXPECT_EQ(requests[0].path, "/v9/projects/prj_1?rollbackInfo=true&teamId=team_9");
  EXPECT_EQ(requests[2].method, "POST");
  EXPECT_EQ(requests[2].path.substr(0, 35), "/v1/projects/prj_1/rollback/dpl-2?d");
  EXPECT_EQ(requests[2].header("authorization"), std::string("Bearer ") + kToken);
  std::string text;
  for (const auto& finding : end["findings"])
    if (finding["rule"] == "deployment-rolled-back") text = finding["message"].get<std::string>() + " " + finding["fix"].get<std::string>();
  EXPECT_NE(text.find("serves dpl-2 (dpl-2.vercel.app) again"), std::string::npos) << end;
  EXPECT_NE(text.find("does not assign the production domains"), std::string::npos) << text;
  EXPECT_NE(text.find("vercel promote"), std::string::npos) << text;
}

TEST_F(VercelPostdeploy, ApplicationIsHealthy_VercelIsNotEvenAsked) {
  application.answer_with({});
  EXPECT_EQ(last_event(postdeploy({"--set", "health.for=0s"}))["outcome"], "succeeded");
  EXPECT_TRUE(api.requests().empty());
}

TEST_F(VercelPostdeploy, DeploymentNeverWentLive_NothingIsTouched) {
  api.answer_with({{200, vercel_project("dpl-2").dump()}});
  const auto events = postdeploy();
  EXPECT_EQ(last_event(events)["outcome"], "failed");
  EXPECT_EQ(last_event(events)["exit"], 4);
  EXPECT_EQ(verdict(events, "rollback.vercel"), "skipped");
  EXPECT_SAYS(last, "never went live");
  EXPECT_EQ(api.requests().size(), 1U);
}

TEST_F(VercelPostdeploy, Refusals_AreFailedRollbacksWithARemedy) {
  const std::pair<int, const char*> kinds[] = {
      {401, "Tokens"}, {402, "Hobby"}, {403, "`team`"}, {404, "`project`"}, {409, "vercel rollback status"}, {422, "promote another one"}};
  for (const auto& [code, remedy] : kinds) {
    application.answer_with({{500, ""}});
    const HttpAnswer same{200, vercel_project("dpl-3").dump()};
    live_with_one_before({{code, R"({"error":{"code":"word","message":"words"}})"}, same, same, same});
    const auto events = postdeploy();
    EXPECT_EQ(last_event(events)["outcome"], "rollback_failed") << code;
    EXPECT_EQ(last_event(events)["exit"], 5);
    EXPECT_NE(hint(events).find("the rollback failed: "), std::string::npos) << hint(events);
    EXPECT_NE(hint(events).find("HTTP status " + std::to_string(code) + ", word): words"), std::string::npos) << hint(events);
    EXPECT_NE(hint(events).find(remedy), std::string::npos) << hint(events);
  }
}

TEST_F(VercelPostdeploy, TooManyRequests_AreAskedAgainAsLateAsVercelWants) {
  api.answer_with({{429, R"({"error":{"code":"rate_limited"}})", {{"Retry-After", "1"}}},
                   {200, vercel_project("dpl-3").dump()},
                   {503, ""},
                   {200, one_before().dump()},
                   {429, R"({"error":{"code":"rate_limited"}})", {{"Retry-After", "0"}}},
                   {200, vercel_project("dpl-3").dump()},  // is it still what is live?
                   {201, ""},
                   {500, "while it polls"},
                   {200, vercel_project("dpl-2", rollback_job("succeeded")).dump()}});
  EXPECT_EQ(last_event(postdeploy())["outcome"], "rolled_back") << all_output(last);
  EXPECT_EQ(api.requests().size(), 9U);
}

TEST_F(VercelPostdeploy, VercelHangs_IsGivenUp) {
  api.hang();
  const auto events = postdeploy({"--set", "rollback.vercel.request_timeout=200ms", "--set", "rollback.vercel.attempts=2"});
  EXPECT_EQ(last_event(events)["outcome"], "rollback_failed");
  EXPECT_NE(hint(events).find("Vercel could not be asked"), std::string::npos) << hint(events);
  EXPECT_EQ(api.requests().size(), 2U);
}

TEST_F(VercelPostdeploy, JobThatNeverEnds_IsGivenUp) {
  std::vector<HttpAnswer> answers{{201, ""}};
  for (int i = 0; i < 500; ++i) answers.push_back({200, vercel_project("dpl-3", rollback_job("pending")).dump()});
  live_with_one_before(answers);
  const auto events = postdeploy({"--set", "rollback.vercel.wait=1s", "--set", "rollback.vercel.every=100ms"});
  EXPECT_EQ(last_event(events)["outcome"], "rollback_failed");
  EXPECT_NE(hint(events).find("(pending), and whether it does is not known"), std::string::npos) << hint(events);
}

TEST_F(VercelPostdeploy, Garbage_IsNotTakenForVercel) {
  for (const char* body : {"<html>", "{}", "[1]"}) {
    application.answer_with({{500, ""}});
    api.answer_with({{200, body}});
    const auto events = postdeploy();
    EXPECT_EQ(last_event(events)["outcome"], "rollback_failed") << body;
    EXPECT_NE(hint(events).find("is not it"), std::string::npos) << hint(events);
  }
}

TEST_F(VercelPostdeploy, TokenThatIsNotSet_StopsTheRunBeforeItBegins) {
  const auto said = project.tidegate({"run", "vercel-postdeploy"},
                                     {{"HEALTH_URL", application.url()}, {"VERCEL_PROJECT_ID", "prj_1"}, {"DEPLOYMENT_URL", "dpl-3"}});
  EXPECT_CODE(said, 2);
  EXPECT_SAYS(said, "VERCEL_TOKEN");
  EXPECT_TRUE(application.requests().empty());
}

TEST_F(VercelPostdeploy, File_IsValid) {
  const auto said = project.tidegate({"validate", "vercel-postdeploy", "--env"}, variables());
  EXPECT_CODE(said, 0);
}

TEST_F(VercelPostdeploy, PipelineThatAlsoApplies_PutsBothBack) {
  project.migration("1_a", "CREATE TABLE a (id int);").file("prisma/migrations/1_a/down.sql", "DROP TABLE a;\n");
  project.file("tidegate.toml",
               "version = 1\nname = \"both\"\nextends = \"vercel-postdeploy\"\n[[stage]]\nuse = \"apply.prisma\"\nbefore = \"health\"\n"
               "[[rollback]]\nuse = \"rollback.database\"\n[[rollback]]\nuse = \"rollback.vercel\"\n[rollback.with]\nbase_url = \"" +
                   api.url("/") + "\"\nevery = \"10ms\"\n");
  live_with_one_before({{201, ""}, {200, vercel_project("dpl-2", rollback_job("succeeded")).dump()}});
  const auto events = parse_events(project.tidegate({"run", "--json"}, variables()).out);
  const auto end = last_event(events);
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_EQ(end["undone"], Json({"1_a"}));
  EXPECT_EQ(verdict(events, "rollback.vercel"), "warn");
  EXPECT_EQ(api.requests().size(), 4U);
}

}  // namespace
}  // namespace tidegate::test
