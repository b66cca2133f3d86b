// SPDX-License-Identifier: Apache-2.0
// rollback.render in real runs: an application that does not answer, and a server that answers like Render's API.
#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kToken = "render-17-s3cret-token";

Json deploy(const char* id, int hour, const char* status) {
  return {{"id", id}, {"status", status}, {"createdAt", "2026-11-20T" + std::to_string(hour) + ":00:00Z"}};
}
HttpAnswer one(const char* status) {
  return {200, deploy("dep-4", 14, status).dump()};
}
HttpAnswer deploys(const char* newest, const char* older) {
  return {200, Json::array(
                   {{{"cursor", "b"}, {"deploy", deploy("dep-3", 13, newest)}}, {{"cursor", "a"}, {"deploy", deploy("dep-2", 12, older)}}})
                   .dump()};
}

class RenderPostdeploy : public ProjectTest {
 protected:
  RenderPostdeploy() {
    application.answer_with({{500, "oops"}});
    project.file("tidegate.toml",
                 "version = 1\nname = \"render\"\n[[stage]]\nuse = \"health\"\n[stage.with]\nfor = \"0s\"\n[[stage.with.http]]\nurl = \"" +
                     application.url() +
                     "\"\n[[rollback]]\nuse = \"rollback.render\"\ntimeout = \"3s\"\n[rollback.with]\ntoken = \"${RENDER_API_KEY}\"\n"
                     "service = \"srv-1\"\ndeployment = \"dep-3\"\nevery = \"10ms\"\nbase_url = \"" +
                     api.url("/") + "\"\n");
  }
  Json end_of_run() {
    last = project.tidegate({"run", "--json"}, {{"RENDER_API_KEY", kToken}});
    EXPECT_DOES_NOT_SAY(last, kToken);
    return last_event(parse_events(last.out));
  }

  HttpServer application, api;
  Finished last;
};

TEST_F(RenderPostdeploy, ApplicationIsSick_ThePreviousDeployIsDeployedAgain) {
  const auto all = deploys("live", "deactivated");
  api.answer_with(
      {{429, "", {{"Retry-After", "0"}}}, all, all, {201, deploy("dep-4", 14, "created").dump()}, one("update_in_progress"), one("live")});
  const auto end = end_of_run();
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_SAYS(last, "Render serves dep-2 again instead of dep-3");
  const auto requests = api.requests();
  ASSERT_EQ(requests.size(), 6U);
  EXPECT_EQ(requests[3].path, "/v1/services/srv-1/rollback");
  EXPECT_EQ(requests[3].body, R"({"deployId":"dep-2"})");
  EXPECT_EQ(requests[3].header("authorization"), std::string("Bearer ") + kToken);
}

TEST_F(RenderPostdeploy, OtherDeployIsLive_NothingIsTouched) {
  api.answer_with({deploys("update_failed", "live")});
  EXPECT_EQ(end_of_run()["outcome"], "failed");
  EXPECT_SAYS(last, "never went live");
  EXPECT_EQ(api.requests().size(), 1U);
}

TEST_F(RenderPostdeploy, Refusals_AreFailedRollbacksWithARemedy) {
  const std::pair<HttpAnswer, const char*> cases[] = {
      {{401, R"({"code":401,"message":"Access Denied"})"}, "HTTP status 401): Access Denied"},
      {{404, ""}, "knows no such thing"},
      {{200, "<html>"}, "is not it"}};
  for (const auto& [answer, words] : cases) {
    application.answer_with({{500, ""}});
    api.answer_with({answer});
    EXPECT_EQ(end_of_run()["outcome"], "rollback_failed") << words;
    EXPECT_SAYS(last, words);
  }
}

TEST_F(RenderPostdeploy, RenderHangs_IsGivenUpAtTheStagesTimeout) {
  api.hang();
  EXPECT_EQ(end_of_run()["outcome"], "rollback_failed");
  EXPECT_SAYS(last, "Render could not be asked");
}

}  // namespace
}  // namespace tidegate::test
