// SPDX-License-Identifier: Apache-2.0
// rollback.netlify in real runs: an application that does not answer, and a server that answers like Netlify's API.
#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kToken = "netlify-17-s3cret-token";

Json deploy(const char* id, int hour) {
  const auto time = "2026-11-20T" + std::to_string(hour) + ":00:00.000Z";
  return {{"id", id}, {"state", "ready"}, {"context", "production"}, {"created_at", time}, {"published_at", time}};
}
HttpAnswer site(const char* id, int hour) {
  return {200, Json{{"id", "site-1"}, {"published_deploy", deploy(id, hour)}}.dump()};
}
HttpAnswer deploys() {
  return {200, Json::array({deploy("d3", 13), deploy("d2", 12)}).dump()};
}

class NetlifyPostdeploy : public ProjectTest {
 protected:
  NetlifyPostdeploy() {
    application.answer_with({{500, "oops"}});
    project.file("tidegate.toml",
                 "version = 1\nname = \"netlify\"\n[[stage]]\nuse = \"health\"\n[stage.with]\nfor = \"0s\"\n[[stage.with.http]]\nurl = \"" +
                     application.url() +
                     "\"\n[[rollback]]\nuse = \"rollback.netlify\"\ntimeout = \"3s\"\n[rollback.with]\ntoken = \"${NETLIFY_AUTH_TOKEN}\"\n"
                     "site = \"site-1\"\ndeployment = \"d3\"\nevery = \"10ms\"\nbase_url = \"" +
                     api.url("/") + "\"\n");
  }
  Json end_of_run() {
    last = project.tidegate({"run", "--json"}, {{"NETLIFY_AUTH_TOKEN", kToken}});
    EXPECT_DOES_NOT_SAY(last, kToken);
    return last_event(parse_events(last.out));
  }

  HttpServer application, api;
  Finished last;
};

TEST_F(NetlifyPostdeploy, ApplicationIsSick_ThePreviousDeployIsPublishedAgain) {
  api.answer_with(
      {{429, "", {{"Retry-After", "0"}}}, site("d3", 13), deploys(), {201, deploy("d2", 12).dump()}, site("d3", 13), site("d2", 12)});
  const auto end = end_of_run();
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_SAYS(last, "Netlify serves d2 again instead of d3");
  const auto requests = api.requests();
  ASSERT_EQ(requests.size(), 6U);
  EXPECT_EQ(requests[3].method, "POST");
  EXPECT_EQ(requests[3].path, "/api/v1/sites/site-1/deploys/d2/restore");
  EXPECT_EQ(requests[3].header("authorization"), std::string("Bearer ") + kToken);
}

TEST_F(NetlifyPostdeploy, OtherDeployIsPublished_NothingIsTouched) {
  api.answer_with({site("d2", 12)});
  EXPECT_EQ(end_of_run()["outcome"], "failed");
  EXPECT_SAYS(last, "never went live");
  EXPECT_EQ(api.requests().size(), 1U);
}

TEST_F(NetlifyPostdeploy, Refusals_AreFailedRollbacksWithARemedy) {
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

TEST_F(NetlifyPostdeploy, NetlifyHangs_IsGivenUpAtTheStagesTimeout) {
  api.hang();
  EXPECT_EQ(end_of_run()["outcome"], "rollback_failed");
  EXPECT_SAYS(last, "Netlify could not be asked");
}

}  // namespace
}  // namespace tidegate::test
